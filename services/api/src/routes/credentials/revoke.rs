//! `DELETE /api/v1/credentials/{portal}`

use crate::errors::ApiResult;
use crate::extract::{Asker, MaybeBody, Nothing, Param};
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::{Account, AccountCommand};

/// Forgets the caller's account at a portal: from now on the agent asks.
///
/// # Errors
/// 404 when none is stored.
pub async fn revoke(
    State(state): State<AppState>,
    asker: Asker,
    Param(portal): Param<String>,
    MaybeBody(body): MaybeBody<Nothing>,
) -> ApiResult<StatusCode> {
    let context = asker.context(&body.hash);
    let command = AccountCommand::RevokeCredential { portal };
    let account = asker.user.to_string();
    state
        .bus
        .execute::<Account>(&account, command, &context)
        .await?;
    kit::reader::hint(&state.nats);
    Ok(StatusCode::NO_CONTENT)
}
