//! `POST /api/v1/tasks`

use crate::errors::{ApiResult, misfit};
use crate::extract::{Asker, Body};
use crate::state::AppState;
use crate::ticket::{Checked, Draft};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use commands::{Context, submit_ticket};
use domain::task::{ConfirmPolicy, Submission, Task};
use domain::{TaskId, UserId};
use kit::problem::Refusal;
use schemas::FieldProblem;
use schemas::rest::CommandAnswer;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// As `schemas::rest::CreateTask`; what is absent is empty, so that all that is missing is named
/// at once.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CreateTask {
    portal: String,
    profile: String,
    fields: BTreeMap<String, Value>,
    uso_cfdi: Option<String>,
    forma_pago: Option<String>,
    confirm: Option<String>,
    confirmed: bool,
}

/// Hands a ticket in. The same ticket, or the same key, answers the task there is.
///
/// # Errors
/// 422 with every misfit field; 409 when the key was used for another body.
pub async fn create(
    State(state): State<AppState>,
    asker: Asker,
    body: Body<CreateTask>,
) -> ApiResult<Response> {
    let context = asker.context(&body.hash);
    // A repeat proposes the same id.
    let proposed = TaskId(context.command_id.0);
    let submission = match asker.is_repeatable() {
        true => submitted_before(&state, proposed).await?,
        false => None,
    };
    let submission = match submission {
        Some(submission) => submission,
        None => submission_of(&state, asker.user, body.value).await?,
    };
    submit(&state, submission, proposed, &context).await
}

/// What this key led to: it is not judged again, since portals and profiles change.
async fn submitted_before(state: &AppState, proposed: TaskId) -> ApiResult<Option<Submission>> {
    let loaded = state.bus.load::<Task>(&proposed.to_string()).await?;
    Ok(loaded.and_then(|l| l.state.submission))
}

impl CreateTask {
    /// Parses everything: what handing in and [`super::validate`] both do. Inside, every misfit.
    ///
    /// # Errors
    /// While the database does not answer, or when the profile can't be opened.
    pub async fn check(
        self,
        state: &AppState,
        owner: UserId,
    ) -> ApiResult<Result<(Checked, ConfirmPolicy), Vec<FieldProblem>>> {
        let mut errors = Vec::new();
        let confirm = match self.confirm.as_deref() {
            None | Some("ask") => ConfirmPolicy::Ask,
            Some("auto") => ConfirmPolicy::Auto,
            Some(_) => {
                let message = "di ask (preguntar) o auto (sin preguntar)";
                errors.push(misfit("confirm", "confirm-unknown", message));
                ConfirmPolicy::Ask
            }
        };
        let draft = Draft {
            portal: self.portal,
            profile: self.profile,
            fields: self.fields,
            uso_cfdi: self.uso_cfdi,
            forma_pago: self.forma_pago,
        };
        let checked = draft.parse(state, owner, errors).await?;
        Ok(checked.map(|checked| (checked, confirm)))
    }
}

async fn submission_of(state: &AppState, owner: UserId, body: CreateTask) -> ApiResult<Submission> {
    let confirmed = body.confirmed;
    let checked = body.check(state, owner).await?;
    let (checked, confirm) = checked.map_err(Refusal::invalid)?;
    let confirmed = confirmed.then(|| checked.values_hash(&state.vault, owner));
    Ok(Submission {
        owner,
        ticket: checked.seal(&state.vault, owner).await?,
        profile: checked.profile_id(),
        uso_cfdi: checked.uso_cfdi,
        forma_pago: checked.forma_pago,
        window: checked.window(),
        not_before: checked.not_before(state.bus.now()),
        confirm,
        confirmed_values: confirmed,
        needs_human: checked.needs_human(),
    })
}

async fn submit(
    state: &AppState,
    submission: Submission,
    proposed: TaskId,
    context: &Context,
) -> ApiResult<Response> {
    let submitted = submit_ticket(&state.bus, submission, proposed, context).await?;
    kit::reader::hint(&state.nats);
    let id = submitted.task;
    let sequence = match submitted.created {
        true => 1,
        false => sequence_of(state, id).await?,
    };
    let task = &submitted.state;
    let answer = CommandAnswer {
        task_id: id,
        status: task.status.as_str().to_owned(),
        waiting_for: task.waiting_for.as_str().to_owned(),
        sequence,
        position: submitted.position,
        created: submitted.created,
        can_retry: task.can_retry(),
        control_epoch: None,
    };
    let status = match submitted.created {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let location = format!("/api/v1/tasks/{id}");
    Ok((status, [(header::LOCATION, location)], Json(answer)).into_response())
}

async fn sequence_of(state: &AppState, id: TaskId) -> ApiResult<u64> {
    let loaded = state.bus.load::<Task>(&id.to_string()).await?;
    Ok(loaded.map_or(0, |l| l.sequence))
}
