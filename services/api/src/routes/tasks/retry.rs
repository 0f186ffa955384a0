//! `POST /api/v1/tasks/{task_id}/retry`

use crate::access::OwnedTask;
use crate::errors::ApiResult;
use crate::extract::{MaybeBody, Nothing};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::task::TaskCommand;
use schemas::rest::CommandAnswer;

/// Reopens a failed task, when a retry makes sense.
///
/// # Errors
/// 409 with the refusal's name.
pub async fn retry(
    State(state): State<AppState>,
    task: OwnedTask,
    MaybeBody(body): MaybeBody<Nothing>,
) -> ApiResult<Json<CommandAnswer>> {
    let answer = task
        .execute(&state, TaskCommand::RetryTask, &body.hash)
        .await?;
    Ok(Json(answer))
}
