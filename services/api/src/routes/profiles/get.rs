//! `GET /api/v1/profiles/{profile_id}`

use crate::auth::Caller;
use crate::errors::{ApiResult, not_found};
use crate::extract::{AtLeast, Param, Query};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::ProfileId;
use projections::profiles;
use schemas::rest::ProfileView;

/// One profile, opened.
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
    Ok(Json(super::open(&state, record).await?))
}
