//! `POST /api/v1/tasks/{task_id}/artifacts`: the invoice got in the user's own browser.

use crate::access::OwnedTask;
use crate::errors::{ApiError, ApiResult};
use crate::extract::Query;
use crate::state::AppState;
use crate::ticket;
use crate::uploads::Files;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::fiscal::Rfc;
use domain::task::{DeliveredBy, FactSource, Task};
use kit::delivery::{Accepted, Desk, Handover, Refused, accept_files};
use kit::problem::Refusal;
use schemas::rest::CommandAnswer;
use serde::Deserialize;

/// Query of the upload.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Upload {
    /// The user has seen what speaks against the invoice and takes it all the same.
    accept_doubts: bool,
}

/// Verifies the XML, keeps it with its PDF, and completes the task.
///
/// # Errors
/// 422 `not-an-invoice` and why; 409 `invoice-doubtful` with the reasons (the file is kept), or
/// the task's refusal by name.
pub async fn upload(
    State(state): State<AppState>,
    task: OwnedTask,
    Query(query): Query<Upload>,
    files: Files,
) -> ApiResult<Json<CommandAnswer>> {
    let desk = Desk {
        vault: state.vault.clone(),
        artifacts: state.artifacts.clone(),
        bus: state.bus.clone(),
    };
    let handover = Handover {
        by: FactSource::User,
        delivered_by: DeliveredBy::User,
        issuer: issuer(&state, &task).await,
        doubts_accepted: query.accept_doubts,
    };
    let context = task.context(&files.hash);
    let accepted = accept_files(&desk, task.id, &task.task, files.bytes, &handover, &context).await;
    kit::reader::hint(&state.nats);
    match accepted.map_err(refusal)? {
        Accepted::Completed { position, .. } => completed(&state, &task, position).await,
        Accepted::Doubtful { xml, reasons } => Err(Refusal::new(
            StatusCode::CONFLICT,
            "invoice-doubtful",
            "La factura no coincide con la solicitud",
        )
        .detail("Se guardó. Revisa los motivos; si es la correcta, súbela con ?accept_doubts=true.")
        .with("reasons", reasons)
        .with("artifact_id", xml.to_string())
        .into()),
    }
}

async fn issuer(state: &AppState, task: &OwnedTask) -> Option<Rfc> {
    let adapter = ticket::find(state, &task.submission.ticket.portal).await?;
    Rfc::parse(adapter.issuer_rfc.as_deref()?).ok()
}

async fn completed(
    state: &AppState,
    task: &OwnedTask,
    position: u64,
) -> ApiResult<Json<CommandAnswer>> {
    let loaded = state.bus.load::<Task>(&task.id.to_string()).await?;
    let loaded = loaded.ok_or_else(crate::errors::not_found)?;
    Ok(Json(CommandAnswer {
        task_id: task.id,
        status: loaded.state.status.as_str().to_owned(),
        waiting_for: loaded.state.waiting_for.as_str().to_owned(),
        sequence: loaded.sequence,
        position,
        created: false,
        can_retry: loaded.state.can_retry(),
        control_epoch: None,
    }))
}

fn refusal(refused: Refused) -> ApiError {
    match refused {
        refused if refused.is_about_files() => Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not-an-invoice",
            "El archivo no se puede aceptar",
        )
        .detail(refused.to_string())
        .into(),
        Refused::Task(error) => error.into(),
        Refused::Claim(error) => error.into(),
        Refused::Vault(error) => error.into(),
        Refused::Log(error) => error.into(),
        Refused::TaskUnknown => Refusal::not_found().into(),
        Refused::ProfileGone => Refusal::new(
            StatusCode::CONFLICT,
            "profile-retired",
            "El perfil fiscal de la tarea está retirado",
        )
        .detail("Cambia el perfil de la tarea y vuelve a subir los archivos.")
        .into(),
        refused => crate::errors::internal(&refused),
    }
}
