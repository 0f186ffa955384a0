//! `POST /api/v1/profiles`

use super::ProfileBody;
use crate::errors::ApiResult;
use crate::extract::{Asker, Body};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use commands::Context;
use domain::ProfileId;
use domain::account::{Account, AccountCommand};

/// Adds a profile; the first one opens the account.
///
/// # Errors
/// 422 with every misfit field; 409 when another profile has that RFC.
pub async fn create(
    State(state): State<AppState>,
    asker: Asker,
    body: Body<ProfileBody>,
) -> ApiResult<Response> {
    let user = asker.user;
    let context = asker.context(&body.hash);
    // A repeat proposes the same id.
    let id = ProfileId(context.command_id.0);
    let (_, data) = body.value.seal(&state.vault, user, id).await?;
    let account = user.to_string();
    let opening = Context::user(user).caused_by(context.command_id.0);
    let open = AccountCommand::OpenAccount { user };
    state
        .bus
        .execute::<Account>(&account, open, &opening)
        .await?;
    let command = AccountCommand::AddProfile { profile: id, data };
    let executed = state
        .bus
        .execute::<Account>(&account, command, &context)
        .await?;
    kit::reader::hint(&state.nats);
    let view = super::view_of(&state, user, &executed.state, id, executed.position).await?;
    let status = match executed.repeated {
        true => StatusCode::OK,
        false => StatusCode::CREATED,
    };
    let location = format!("/api/v1/profiles/{id}");
    Ok((status, [(header::LOCATION, location)], Json(view)).into_response())
}
