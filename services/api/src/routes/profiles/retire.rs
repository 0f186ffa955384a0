//! `DELETE /api/v1/profiles/{profile_id}`

use crate::errors::ApiResult;
use crate::extract::{Asker, MaybeBody, Nothing, Param};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::ProfileId;
use domain::account::{Account, AccountCommand};
use schemas::rest::ProfileView;

/// Retires a profile: no new ticket takes it, what there is keeps it.
///
/// # Errors
/// 404 when it is not the caller's, or retired already; 410 when it was erased.
pub async fn retire(
    State(state): State<AppState>,
    asker: Asker,
    Param(profile): Param<ProfileId>,
    MaybeBody(body): MaybeBody<Nothing>,
) -> ApiResult<Json<ProfileView>> {
    let user = asker.user;
    let context = asker.context(&body.hash);
    let command = AccountCommand::RetireProfile { profile };
    let account = user.to_string();
    let executed = state
        .bus
        .execute::<Account>(&account, command, &context)
        .await?;
    kit::reader::hint(&state.nats);
    super::view_of(&state, user, &executed.state, profile, executed.position)
        .await
        .map(Json)
}
