//! `POST /api/v1/tasks/{task_id}/take-control`

use crate::access::OwnedTask;
use crate::errors::ApiResult;
use crate::extract::{MaybeBody, Nothing};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::task::TaskCommand;
use schemas::rest::CommandAnswer;

/// Gives the caller the browser, under a new control epoch.
///
/// # Errors
/// 409 with the refusal's name.
pub async fn take_control(
    State(state): State<AppState>,
    task: OwnedTask,
    MaybeBody(body): MaybeBody<Nothing>,
) -> ApiResult<Json<CommandAnswer>> {
    let user = task.owner();
    let command = TaskCommand::TakeControl { user };
    Ok(Json(task.execute(&state, command, &body.hash).await?))
}
