//! `POST /api/v1/tasks/{task_id}/return-control`

use crate::access::OwnedTask;
use crate::errors::{ApiError, ApiResult, misfit};
use crate::extract::Body;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::task::{ReturnOutcome, TaskCommand};
use kit::problem::Refusal;
use schemas::rest::{CommandAnswer, ReturnControl};

/// Hands the browser back to the agent.
///
/// # Errors
/// 409 with the refusal's name, 422 for an unknown outcome.
pub async fn return_control(
    State(state): State<AppState>,
    task: OwnedTask,
    body: Body<ReturnControl>,
) -> ApiResult<Json<CommandAnswer>> {
    let outcome = match body.value.outcome.as_str() {
        "done" => ReturnOutcome::Done,
        "could_not" => ReturnOutcome::CouldNot,
        _ => return Err(unknown_outcome()),
    };
    let command = TaskCommand::ReturnControl {
        control_epoch: body.value.control_epoch,
        outcome,
    };
    Ok(Json(task.execute(&state, command, &body.hash).await?))
}

fn unknown_outcome() -> ApiError {
    let message = "di done (hecho) o could_not (no se pudo)";
    Refusal::invalid(vec![misfit("outcome", "outcome-unknown", message)]).into()
}
