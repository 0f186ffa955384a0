//! `POST /api/v1/tasks/{task_id}/resume`

use crate::access::OwnedTask;
use crate::errors::ApiResult;
use crate::extract::{MaybeBody, Nothing};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::task::TaskCommand;
use schemas::rest::CommandAnswer;

/// Goes on with a paused, parked or waiting task.
///
/// # Errors
/// 409 with the refusal's name.
pub async fn resume(
    State(state): State<AppState>,
    task: OwnedTask,
    MaybeBody(body): MaybeBody<Nothing>,
) -> ApiResult<Json<CommandAnswer>> {
    let answer = task
        .execute(&state, TaskCommand::ResumeTask, &body.hash)
        .await?;
    Ok(Json(answer))
}
