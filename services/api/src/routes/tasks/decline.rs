//! `POST /api/v1/tasks/{task_id}/interventions/{intervention_id}/decline`

use super::answer::Question;
use crate::access::OwnedTask;
use crate::errors::{ApiError, ApiResult, misfit};
use crate::extract::{MaybeBody, Param};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::task::TaskCommand;
use kit::problem::Refusal;
use schemas::rest::{CommandAnswer, DeclineIntervention};

const REASON_CHARS: usize = 200;

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
    MaybeBody(body): MaybeBody<DeclineIntervention>,
) -> ApiResult<Json<CommandAnswer>> {
    let reason = body.value.reason.unwrap_or_default();
    if reason.chars().count() > REASON_CHARS || reason.chars().any(char::is_control) {
        return Err(too_long());
    }
    let command = TaskCommand::DeclineIntervention { id, reason };
    Ok(Json(task.execute(&state, command, &body.hash).await?))
}

fn too_long() -> ApiError {
    let message = "a lo más 200 caracteres, en un renglón";
    Refusal::invalid(vec![misfit("reason", "too-long", message)]).into()
}
