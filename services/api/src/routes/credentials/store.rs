//! `PUT /api/v1/credentials/{portal}`

use super::CredentialBody;
use crate::errors::{ApiResult, internal};
use crate::extract::{Asker, Body, Param};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use commands::Context;
use domain::CredentialId;
use domain::account::{Account, AccountCommand};
use kit::credentials::{self, Place};
use schemas::rest::CredentialView;

/// Stores the caller's account at a portal, sealed, in the place of a former one.
///
/// # Errors
/// 404 when there is no such portal; 409 when one doesn't sign in there; 422 with every misfit field.
pub async fn store(
    State(state): State<AppState>,
    asker: Asker,
    Param(portal): Param<String>,
    body: Body<CredentialBody>,
) -> ApiResult<Json<CredentialView>> {
    let (adapter, origin) = super::with_login(&state, &portal).await?;
    let typed = &body.value;
    let totp = typed.check()?;
    let user = asker.user;
    let context = asker.secret_context(&body.hash);
    let place = Place {
        user,
        portal: &portal,
        origin: &origin,
        // A repeat proposes the same id.
        credential: CredentialId(context.command_id.0),
    };
    let (username, password) = (typed.username(), typed.password());
    let data = credentials::seal(&state.vault, place, username, password, totp.as_ref()).await?;
    let credential = place.credential;
    let account = user.to_string();
    let opening = Context::user(user).caused_by(context.command_id.0);
    let open = AccountCommand::OpenAccount { user };
    state
        .bus
        .execute::<Account>(&account, open, &opening)
        .await?;
    let command = AccountCommand::StoreCredential {
        portal: portal.clone(),
        credential,
        data,
    };
    let executed = state
        .bus
        .execute::<Account>(&account, command, &context)
        .await?;
    kit::reader::hint(&state.nats);
    let stored = executed.events.first();
    let stored = stored.ok_or_else(|| internal(&std::io::Error::other("nothing was stored")))?;
    Ok(Json(CredentialView {
        portal,
        portal_name: adapter.name.clone(),
        origin,
        stored_at: stored.recorded_at,
        totp: totp.is_some(),
        refused: false,
    }))
}
