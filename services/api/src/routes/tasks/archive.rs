//! `POST /api/v1/tasks/{task_id}/archive`

use crate::access::OwnedTask;
use crate::errors::ApiResult;
use crate::extract::{MaybeBody, Nothing};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::task::TaskCommand;
use schemas::rest::CommandAnswer;

/// Hides a finished task from lists.
///
/// # Errors
/// 409 with the refusal's name.
pub async fn archive(
    State(state): State<AppState>,
    task: OwnedTask,
    MaybeBody(body): MaybeBody<Nothing>,
) -> ApiResult<Json<CommandAnswer>> {
    let answer = task
        .execute(&state, TaskCommand::ArchiveTask, &body.hash)
        .await?;
    Ok(Json(answer))
}
