//! Uploaded files: one raw body, or the parts of a form.

use crate::errors::{ApiError, ApiResult};
use crate::extract::{media_type, read, unsupported};
use crate::state::AppState;
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use kit::problem::Refusal;
use sha2::{Digest as _, Sha256};

/// Largest upload, all parts together.
const UPLOAD_BYTES: usize = 20 * 1024 * 1024;

/// Parts of a form: an XML, a PDF, perhaps a ZIP.
const PARTS: usize = 8;

/// What was uploaded. What each file is, its bytes tell.
pub struct Files {
    pub bytes: Vec<Vec<u8>>,
    /// SHA-256 of the body as it came, hex. Not to be stored: see `Asker::context`.
    pub hash: String,
}

impl FromRequest<AppState> for Files {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        const TAKEN: &str =
            "application/xml, application/pdf, application/zip o multipart/form-data";
        let headers = request.headers().clone();
        let media_type = media_type(&headers).unwrap_or_default();
        let form = match media_type.as_str() {
            "application/xml"
            | "text/xml"
            | "application/pdf"
            | "application/zip"
            | "application/x-zip-compressed"
            | "application/octet-stream" => false,
            "multipart/form-data" => true,
            _ => return Err(unsupported(TAKEN)),
        };
        let bytes = read(request, UPLOAD_BYTES).await?;
        let hash = hex::encode(Sha256::digest(&bytes));
        if !form {
            let bytes = vec![bytes.to_vec()];
            return Ok(Self { bytes, hash });
        }
        // The whole body is here already, within its limits: parse it as a form.
        let mut whole = Request::new(Body::from(bytes));
        *whole.headers_mut() = headers;
        let form = Multipart::from_request(whole, state).await;
        let bytes = parts(form.map_err(|_| malformed())?).await?;
        Ok(Self { bytes, hash })
    }
}

async fn parts(mut form: Multipart) -> ApiResult<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    while let Some(part) = form.next_field().await.map_err(|_| malformed())? {
        let bytes = part.bytes().await.map_err(|_| malformed())?;
        files.push(bytes.to_vec());
        if files.len() > PARTS {
            return Err(malformed());
        }
    }
    Ok(files)
}

fn malformed() -> ApiError {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "malformed-form",
        "El formulario no es válido",
    )
    .detail("Envía cada archivo como una parte, ocho a lo más.")
    .into()
}
