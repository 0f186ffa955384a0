//! `PUT /api/v1/profiles/{profile_id}`

use super::ProfileBody;
use crate::errors::{ApiResult, erased, not_found};
use crate::extract::{Asker, Body, Param};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::ProfileId;
use domain::account::{Account, AccountCommand};
use schemas::rest::ProfileView;

/// Mends a profile, and with it the tasks that wait.
///
/// # Errors
/// 404 when it is not the caller's or retired; 410 when it was erased; 422; 409 when another profile has that RFC.
pub async fn update(
    State(state): State<AppState>,
    asker: Asker,
    Param(id): Param<ProfileId>,
    body: Body<ProfileBody>,
) -> ApiResult<Json<ProfileView>> {
    let user = asker.user;
    let account = user.to_string();
    // Another's profile gets no data key here, and its body is not judged.
    let known = state.bus.load::<Account>(&account).await?;
    let known = known.is_some_and(|l| l.state.profiles.contains_key(&id));
    if !known {
        return Err(not_found());
    }
    if asker.erased.covers(id) {
        return Err(erased());
    }
    let context = asker.context(&body.hash);
    let (_, data) = body.value.seal(&state.vault, user, id).await?;
    let command = AccountCommand::AmendProfile { profile: id, data };
    let executed = state
        .bus
        .execute::<Account>(&account, command, &context)
        .await?;
    kit::reader::hint(&state.nats);
    super::view_of(&state, user, &executed.state, id, executed.position)
        .await
        .map(Json)
}
