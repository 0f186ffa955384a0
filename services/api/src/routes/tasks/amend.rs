//! `PATCH /api/v1/tasks/{task_id}`

use crate::access::{OwnedTask, answer};
use crate::errors::ApiResult;
use crate::extract::Body;
use crate::sealing;
use crate::state::AppState;
use crate::ticket::Draft;
use axum::Json;
use axum::extract::State;
use commands::amend_ticket;
use domain::task::Amendment;
use schemas::rest::CommandAnswer;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// As `schemas::rest::AmendTask`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AmendTask {
    profile: Option<String>,
    fields: Option<BTreeMap<String, Value>>,
    uso_cfdi: Option<String>,
    forma_pago: Option<String>,
}

/// Mends what was typed. What is absent stays; an empty optional field is taken out.
///
/// # Errors
/// 422 with every misfit field; 409 with the refusal's name, or `ticket-taken`.
pub async fn amend(
    State(state): State<AppState>,
    task: OwnedTask,
    body: Body<AmendTask>,
) -> ApiResult<Json<CommandAnswer>> {
    let context = task.context(&body.hash);
    let checked = draft(&state, &task, body.value)
        .await?
        .check(&state, task.owner())
        .await?;
    let amendment = Amendment {
        ticket: checked.seal(&state.vault, task.owner()).await?,
        profile: checked.profile_id(),
        uso_cfdi: checked.uso_cfdi,
        forma_pago: checked.forma_pago,
    };
    let amended = amend_ticket(&state.bus, task.id, amendment, &context).await?;
    kit::reader::hint(&state.nats);
    Ok(Json(answer(task.id, &amended.executed)))
}

/// The whole ticket as it would be.
async fn draft(state: &AppState, task: &OwnedTask, body: AmendTask) -> ApiResult<Draft> {
    let submission = &task.submission;
    let stored = sealing::open_fields(&state.vault, submission).await?;
    let mut fields: BTreeMap<String, Value> = stored
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    fields.extend(body.fields.unwrap_or_default());
    let uso = submission.uso_cfdi.code().to_owned();
    let forma_pago = submission.forma_pago.map(|f| f.code().to_owned());
    Ok(Draft {
        portal: submission.ticket.portal.clone(),
        profile: body
            .profile
            .unwrap_or_else(|| submission.profile.to_string()),
        fields,
        uso_cfdi: body.uso_cfdi.or(Some(uso)),
        forma_pago: body.forma_pago.or(forma_pago),
    })
}
