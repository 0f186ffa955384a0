//! `POST /api/v1/tasks/{task_id}/interventions/{intervention_id}/decline`

use super::answer::Question;
use crate::access::OwnedTask;
use crate::errors::ApiResult;
use crate::extract::{MaybeBody, Nothing, Param};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::task::TaskCommand;
use schemas::rest::CommandAnswer;

/// The event's reason lies in the log in the clear, so it is no text of the user's.
const REASON: &str = "declined by the user";

/// Does not answer the open question; the agent goes on without.
///
/// # Errors
/// 409 with the refusal's name.
pub async fn decline(
    State(state): State<AppState>,
    task: OwnedTask,
    Param(Question {
        intervention_id: id,
    }): Param<Question>,
    MaybeBody(body): MaybeBody<Nothing>,
) -> ApiResult<Json<CommandAnswer>> {
    let reason = REASON.to_owned();
    let command = TaskCommand::DeclineIntervention { id, reason };
    Ok(Json(task.execute(&state, command, &body.hash).await?))
}
