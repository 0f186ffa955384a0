//! `GET /api/v1/tasks/{task_id}/artifacts/{artifact_id}`

use crate::access::OwnedTask;
use crate::errors::{ApiResult, not_found};
use crate::extract::Param;
use crate::sealing;
use crate::state::AppState;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use commands::{Scope, VaultError};
use domain::ArtifactId;
use domain::account::Account;
use domain::cfdi::{FileKind, sniff};
use serde::Deserialize;
use zeroize::Zeroizing;

/// The second id of the path.
#[derive(Debug, Deserialize)]
pub struct File {
    artifact_id: ArtifactId,
}

/// A stored file's bytes, opened.
///
/// # Errors
/// 404 when the task has no such file.
pub async fn artifact(
    State(state): State<AppState>,
    task: OwnedTask,
    Param(File { artifact_id: id }): Param<File>,
) -> ApiResult<Response> {
    let known = task.task.artifacts.contains_key(&id);
    known.then_some(()).ok_or_else(not_found)?;
    let bytes = open(&state, &task, id).await?;
    let (media_type, ending) = media(&bytes);
    let name = format!("{}.{ending}", stem(&state, &task, id).await?);
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, bytes.to_vec()).into_response())
}

/// Opens the file under the task's profile, or under the one it had before it was amended.
async fn open(state: &AppState, task: &OwnedTask, id: ArtifactId) -> ApiResult<Zeroizing<Vec<u8>>> {
    let owner = task.owner();
    let now = task.submission.profile;
    let opened = state.artifacts.get(Scope::Profile(owner, now), id).await;
    let Err(error @ (VaultError::DoesNotOpen | VaultError::Erased)) = opened else {
        return Ok(opened?);
    };
    let account = state.bus.load::<Account>(&owner.to_string()).await?;
    let account = account.map(|l| l.state).unwrap_or_default();
    for before in account.profiles.keys().filter(|p| **p != now) {
        let scope = Scope::Profile(owner, *before);
        if let Ok(bytes) = state.artifacts.get(scope, id).await {
            return Ok(bytes);
        }
    }
    Err(error.into())
}

/// The invoice's files are named after its UUID; ASCII without quotes, whatever the portal wrote.
async fn stem(state: &AppState, task: &OwnedTask, id: ArtifactId) -> ApiResult<String> {
    let invoice = task.task.invoice.as_ref();
    let Some(invoice) = invoice.filter(|i| i.xml == id || i.pdf == Some(id)) else {
        return Ok(format!("relevo-{id}"));
    };
    let scope = Scope::Profile(task.owner(), task.submission.profile);
    let details = sealing::open_details(&state.vault, scope, task.id, invoice).await?;
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let uuid: String = details.uuid.chars().filter(plain).collect();
    Ok(format!("factura-{uuid}"))
}

/// By the bytes, never by a name.
fn media(bytes: &[u8]) -> (&'static str, &'static str) {
    match sniff(bytes) {
        FileKind::Xml => ("application/xml", "xml"),
        FileKind::Pdf => ("application/pdf", "pdf"),
        FileKind::Zip => ("application/zip", "zip"),
        _ if bytes.starts_with(b"\x89PNG") => ("image/png", "png"),
        _ if bytes.starts_with(b"\xff\xd8\xff") => ("image/jpeg", "jpg"),
        _ => ("application/octet-stream", "bin"),
    }
}
