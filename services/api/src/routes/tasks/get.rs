//! `GET /api/v1/tasks/{task_id}`

use super::view::{Names, view};
use crate::auth::Caller;
use crate::errors::{ApiResult, not_found};
use crate::extract::{AtLeast, Param, Query};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::TaskId;
use projections::tasks;
use schemas::rest::TaskView;

/// One task of the caller.
///
/// # Errors
/// 404, the same for another's task and for none; 503 when the read model is behind.
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Param(id): Param<TaskId>,
    Query(query): Query<AtLeast>,
) -> ApiResult<Json<TaskView>> {
    let mut tx = state.read.begin_at(caller.user, query.min_position).await?;
    let record = tasks::query::get(&mut tx, id).await?;
    drop(tx);
    let names = Names::read(&state.catalogue).await;
    let record = record.ok_or_else(not_found)?;
    Ok(Json(view(&state, &names, &caller.erased, &record).await?))
}
