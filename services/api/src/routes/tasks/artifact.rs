//! `GET /api/v1/tasks/{task_id}/artifacts/{artifact_id}`

use crate::access::OwnedTask;
use crate::errors::{ApiError, ApiResult, erased, not_found};
use crate::extract::Param;
use crate::sealing;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use commands::{OpenedArtifact, Scope, VaultError};
use domain::account::Account;
use domain::cfdi::{FileKind, sniff};
use domain::task::TaskError;
use domain::{ArtifactId, InvoiceDetails};
use futures::TryStreamExt as _;
use serde::Deserialize;

/// The second id of the path.
#[derive(Debug, Deserialize)]
pub struct File {
    artifact_id: ArtifactId,
}

/// A stored file's bytes, opened piece by piece as they go out. Of a file that turns out damaged on
/// the way the connection ends before its announced length.
///
/// # Errors
/// 404 when the task has no such file, 410 when it was erased.
pub async fn artifact(
    State(state): State<AppState>,
    task: OwnedTask,
    Param(File { artifact_id: id }): Param<File>,
) -> ApiResult<Response> {
    let known = task.task.artifacts.contains_key(&id);
    known.then_some(()).ok_or_else(not_found)?;
    if task.task.erased.contains(&id) {
        return Err(gone(id));
    }
    let file = open(&state, &task, id).await?;
    let (media_type, ending) = media(file.beginning());
    let name = format!("{}.{ending}", stem(&state, &task, id).await?);
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&name)),
        (header::CONTENT_LENGTH, file.size_bytes.to_string()),
    ];
    let pieces = file.into_stream().inspect_err(move |error| {
        let error: &(dyn std::error::Error + 'static) = error;
        tracing::error!(artifact = %id, error, "a file can't be given out whole");
    });
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// The same words as for a command that comes too late.
fn gone(id: ArtifactId) -> ApiError {
    let mut refusal = ApiError::from(TaskError::ArtifactErased { id });
    refusal.0.problem.status = StatusCode::GONE.as_u16();
    refusal
}

/// Opens the file under the task's profile, or under the one it had before it was amended.
async fn open(state: &AppState, task: &OwnedTask, id: ArtifactId) -> ApiResult<OpenedArtifact> {
    let owner = task.owner();
    let now = task.submission.profile;
    let scope = Scope::Profile(owner, now);
    let opened = state.artifacts.get_stream(scope, id).await;
    let error = match opened {
        // Sealed under a profile it had before, which was erased since.
        Err(VaultError::ArtifactMissing(_)) if !task.erased().is_empty() => return Err(erased()),
        Err(error @ (VaultError::DoesNotOpen | VaultError::Erased)) => error,
        opened => return Ok(opened?),
    };
    let account = state.bus.load::<Account>(&owner.to_string()).await?;
    let account = account.map(|l| l.state).unwrap_or_default();
    let mut gone = false;
    for before in account.profiles.keys().filter(|p| **p != now) {
        if task.erased().covers(*before) {
            gone = true;
            continue;
        }
        let scope = Scope::Profile(owner, *before);
        if let Ok(file) = state.artifacts.get_stream(scope, id).await {
            return Ok(file);
        }
    }
    Err(if gone { erased() } else { error.into() })
}

/// The invoice's files are named after who issued it and its folio, as accountants file them.
async fn stem(state: &AppState, task: &OwnedTask, id: ArtifactId) -> ApiResult<String> {
    let invoice = task.task.invoice.as_ref();
    let Some(invoice) = invoice.filter(|i| i.xml == id || i.pdf == Some(id)) else {
        return Ok(format!("relevo-{id}"));
    };
    let scope = Scope::Profile(task.owner(), task.submission.profile);
    let details = sealing::open_details(&state.vault, scope, task.id, invoice).await?;
    Ok(invoice_stem(&details))
}

/// `<RFC emisor>_<serie and folio>`, or the UUID for want of a folio. What a portal wrote may hold
/// anything: letters, digits and `-` are kept, and the RFC's `&`.
fn invoice_stem(details: &InvoiceDetails) -> String {
    let plain = |text: &str| -> String {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '&');
        text.chars().filter(kept).take(60).collect()
    };
    let parts = [&details.series, &details.folio];
    let number: String = match &details.folio {
        Some(_) => parts
            .into_iter()
            .flatten()
            .map(|part| plain(part))
            .collect(),
        None => String::new(),
    };
    let number = match number.as_str() {
        "" => plain(&details.uuid),
        _ => number,
    };
    format!("{}_{number}", plain(&details.issuer_rfc))
}

/// RFC 6266: for old clients in ASCII, and whole (`Ñ` is a letter of RFCs) in UTF-8.
fn attachment(name: &str) -> String {
    if name.is_ascii() {
        return format!("attachment; filename=\"{name}\"");
    }
    let ascii: String = name
        .chars()
        .map(|c| if c.is_ascii() { c } else { '_' })
        .collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' => whole.push(byte.into()),
            _ => whole.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{whole}")
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::{attachment, invoice_stem};
    use domain::InvoiceDetails;

    fn details(rfc: &str, series: Option<&str>, folio: Option<&str>) -> InvoiceDetails {
        InvoiceDetails {
            uuid: "5D6F0C5B-0D3C-4A0D-9C3B-1B7E1E0F2A11".to_owned(),
            issuer_rfc: rfc.to_owned(),
            issuer_name: String::new(),
            receiver_rfc: String::new(),
            series: series.map(str::to_owned),
            folio: folio.map(str::to_owned),
            receiver_regimen: String::new(),
            stamped_at: chrono::DateTime::from_timestamp(0, 0).unwrap().naive_utc(),
        }
    }

    #[test]
    fn a_file_is_named_by_issuer_and_folio_else_by_uuid() {
        let stem = |rfc, series, folio| invoice_stem(&details(rfc, series, folio));
        assert_eq!(
            stem("AAA010101AAA", Some("A"), Some("7")),
            "AAA010101AAA_A7"
        );
        assert_eq!(
            stem("A&Ñ010101AAA", Some("A"), None),
            "A&Ñ010101AAA_5D6F0C5B-0D3C-4A0D-9C3B-1B7E1E0F2A11"
        );
        assert_eq!(
            stem("AAA010101AAA", None, Some("../\"; x\r\n7")),
            "AAA010101AAA_x7"
        );
    }

    #[test]
    fn a_name_outside_ascii_comes_both_ways() {
        assert_eq!(attachment("a&b.xml"), "attachment; filename=\"a&b.xml\"");
        assert_eq!(
            attachment("Ñ&1.xml"),
            "attachment; filename=\"_&1.xml\"; filename*=UTF-8''%C3%91%261.xml"
        );
    }
}
