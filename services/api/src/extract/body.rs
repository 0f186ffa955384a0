//! JSON bodies, and bodies of any type.

use crate::errors::{ApiError, misfit};
use crate::state::AppState;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kit::problem::Refusal;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// Largest JSON body.
const JSON_BYTES: usize = 256 * 1024;

/// How long a client may take to send a body.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// A JSON body of that shape.
pub struct Body<T> {
    pub value: T,
    /// SHA-256 of the body as it came, hex. Not to be stored: see [`super::Asker::context`].
    pub hash: String,
}

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(unsupported("application/json"));
        }
        Self::parse(&read(request, JSON_BYTES).await?)
    }
}

impl<T: DeserializeOwned> Body<T> {
    fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        if !bytes.trim_ascii_start().starts_with(b"{") {
            // serde would take an array for an object's members in order.
            let other = serde_json::from_slice::<serde::de::IgnoredAny>(bytes);
            other.map_err(|error| malformed(&error))?;
            let problem = misfit(".", "wrong-type", "se espera un objeto JSON");
            return Err(Refusal::invalid(vec![problem]).into());
        }
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|e| {
            let path = e.path().to_string();
            let error = e.into_inner();
            match error.classify() {
                serde_json::error::Category::Data => wrong_shape(&path, &error),
                _ => malformed(&error),
            }
        })?;
        json.end().map_err(|error| malformed(&error))?;
        Ok(Self {
            value,
            hash: hex::encode(Sha256::digest(bytes)),
        })
    }
}

/// A JSON body that may be left out.
pub struct MaybeBody<T>(pub Body<T>);

impl<T: DeserializeOwned + Default> FromRequest<AppState> for MaybeBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiError> {
        let json = is_json(request.headers());
        let bytes = read(request, JSON_BYTES).await?;
        if bytes.is_empty() {
            return Ok(Self(Body {
                value: T::default(),
                hash: hex::encode(Sha256::digest([])),
            }));
        }
        if !json {
            return Err(unsupported("application/json"));
        }
        Body::parse(&bytes).map(Self)
    }
}

/// The body of commands that take none: nothing, or `{}`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Reads a whole body, of that many bytes at most, within 30 s.
///
/// # Errors
/// 413, 408, or 400 when the client went away.
pub async fn read(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let body = Limited::new(request.into_body(), limit);
    let collected = tokio::time::timeout(BODY_WITHIN, body.collect())
        .await
        .map_err(|_| {
            Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                "body-too-slow",
                "La solicitud tardó demasiado",
            )
        })?;
    Ok(collected
        .map_err(|error| {
            if error.is::<LengthLimitError>() {
                too_large(limit)
            } else {
                Refusal::new(
                    StatusCode::BAD_REQUEST,
                    "body-cut",
                    "La solicitud llegó incompleta",
                )
            }
        })?
        .to_bytes())
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body-too-large",
        "La solicitud es demasiado grande",
    )
    .with("max_bytes", limit as u64)
}

/// The content type is not one we take.
pub fn unsupported(wanted: &str) -> ApiError {
    Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "Ese tipo de contenido no se admite",
    )
    .detail(format!("Envía Content-Type: {wanted}."))
    .into()
}

/// The media type of a request, lower-case, without parameters.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default();
    Some(essence.trim().to_ascii_lowercase())
}

fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|m| m == "application/json")
}

fn malformed(error: &serde_json::Error) -> ApiError {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "malformed-json",
        "El JSON no es válido",
    )
    .detail(format!(
        "Error en la línea {}, columna {}.",
        error.line(),
        error.column()
    ))
    .into()
}

/// Names the member; serde's own words may quote values and stay here.
fn wrong_shape(path: &str, error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    let named = |prefix: &str| {
        let rest = text.strip_prefix(prefix)?;
        rest.split_once('`').map(|(name, _)| name.to_owned())
    };
    let below = |name: String| match path {
        "." | "" => name,
        path if path.ends_with(&name) => path.to_owned(),
        path => format!("{path}.{name}"),
    };
    let problem = if let Some(name) = named("unknown field `") {
        misfit(&below(name), "unknown-field", "este campo no existe")
    } else if let Some(name) = named("missing field `") {
        misfit(&below(name), "missing-field", "falta este dato")
    } else {
        misfit(path, "wrong-type", "el tipo o el formato no es el esperado")
    };
    Refusal::invalid(vec![problem]).into()
}
