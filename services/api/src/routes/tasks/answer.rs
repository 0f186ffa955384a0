//! `POST /api/v1/tasks/{task_id}/interventions/{intervention_id}/answer`

use crate::access::OwnedTask;
use crate::answers;
use crate::errors::ApiResult;
use crate::extract::{Body, Param};
use crate::sealing;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::InterventionId;
use domain::task::TaskCommand;
use schemas::rest::{AnswerIntervention, CommandAnswer};
use serde::Deserialize;

/// The second id of the path.
#[derive(Debug, Deserialize)]
pub struct Question {
    pub intervention_id: InterventionId,
}

/// Answers the open question; the answer is sealed before it is recorded.
///
/// # Errors
/// 422 when it has not the shape the question asks for; 409 with the refusal's name.
pub async fn answer(
    State(state): State<AppState>,
    task: OwnedTask,
    Param(Question {
        intervention_id: id,
    }): Param<Question>,
    body: Body<AnswerIntervention>,
) -> ApiResult<Json<CommandAnswer>> {
    let mut answer = body.value.answer;
    // A question that is not open any more is refused by the task, or answered as before.
    if let Some(open) = task.task.intervention.as_ref().filter(|i| i.id == id) {
        answer = answers::check(&open.answer, answer)?;
    }
    let sealed = sealing::seal_answer(&state.vault, &task.submission, task.id, id, &answer).await?;
    let command = TaskCommand::AnswerIntervention { id, answer: sealed };
    Ok(Json(task.execute(&state, command, &body.hash).await?))
}
