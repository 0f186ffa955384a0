//! `POST /api/v1/tasks/{task_id}/pause`

use crate::access::OwnedTask;
use crate::errors::ApiResult;
use crate::extract::{MaybeBody, Nothing};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::task::TaskCommand;
use schemas::rest::CommandAnswer;

/// Pauses the task; while the irreversible step has no outcome the wish is kept.
///
/// # Errors
/// 409 with the refusal's name.
pub async fn pause(
    State(state): State<AppState>,
    task: OwnedTask,
    MaybeBody(body): MaybeBody<Nothing>,
) -> ApiResult<Json<CommandAnswer>> {
    let answer = task
        .execute(&state, TaskCommand::PauseTask, &body.hash)
        .await?;
    Ok(Json(answer))
}
