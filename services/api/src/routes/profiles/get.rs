//! `GET /api/v1/profiles/{profile_id}`

use crate::auth::Caller;
use crate::errors::{ApiResult, erased, not_found};
use crate::extract::{AtLeast, Param, Query};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::ProfileId;
use projections::profiles;
use schemas::rest::ProfileView;

/// One profile, opened.
///
/// # Errors
/// 404; 410 when it was erased; 503 when the read model is behind.
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Param(id): Param<ProfileId>,
    Query(query): Query<AtLeast>,
) -> ApiResult<Json<ProfileView>> {
    let mut tx = state.read.begin_at(caller.user, query.min_position).await?;
    let record = profiles::query::get(&mut tx, id).await?;
    drop(tx);
    let record = record.ok_or_else(not_found)?;
    if record.erased || caller.erased.covers(id) {
        return Err(erased());
    }
    Ok(Json(super::open(&state, record).await?))
}
