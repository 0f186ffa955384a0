//! The public API, as the page calls it: same origin, the session's cookie, JSON.
//!
//! Whoever has just changed something reads it back with [`min_position`] and the position of the
//! answer. A read model that is behind is asked again here; a 401 ends the session.

mod error;
mod send;

pub use error::ApiError;
pub use send::{on_link, on_signed_out, probe};

use gloo_net::http::{Method, RequestBuilder};
use send::{Body, send};
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::FormData;

const BASE: &str = "/api/v1";

/// What a call answers.
pub type Answer<T> = Result<T, ApiError>;

/// Reads `path` below `/api/v1`.
pub async fn get<T: DeserializeOwned>(path: &str) -> Answer<T> {
    send(Method::GET, path, Body::None, None).await
}

/// Sends a body.
pub async fn post<B: Serialize, T: DeserializeOwned>(path: &str, body: &B) -> Answer<T> {
    send(Method::POST, path, Body::json(body), None).await
}

/// Sends a body that may be sent again under the same key without being done twice.
pub async fn post_once<B: Serialize, T: DeserializeOwned>(
    path: &str,
    key: &str,
    body: &B,
) -> Answer<T> {
    send(Method::POST, path, Body::json(body), Some(key)).await
}

/// A command without a body.
pub async fn post_empty<T: DeserializeOwned>(path: &str) -> Answer<T> {
    send(Method::POST, path, Body::None, None).await
}

/// Replaces what is there.
pub async fn put<B: Serialize, T: DeserializeOwned>(path: &str, body: &B) -> Answer<T> {
    send(Method::PUT, path, Body::json(body), None).await
}

/// Changes what the body names.
pub async fn patch<B: Serialize, T: DeserializeOwned>(path: &str, body: &B) -> Answer<T> {
    send(Method::PATCH, path, Body::json(body), None).await
}

/// Ends or retires what is there. `()` where nothing is answered.
pub async fn delete<T: DeserializeOwned>(path: &str) -> Answer<T> {
    send(Method::DELETE, path, Body::None, None).await
}

/// Sends files, as `multipart/form-data`.
pub async fn upload<T: DeserializeOwned>(path: &str, form: FormData) -> Answer<T> {
    send(Method::POST, path, Body::Form(form), None).await
}

/// The path, asking for what the log held at that position or later.
pub fn min_position(path: &str, position: u64) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}min_position={position}")
}

/// The address of a stored file, for a link.
pub fn artifact(task: domain::TaskId, file: domain::ArtifactId) -> String {
    format!("{BASE}/tasks/{task}/artifacts/{file}")
}

/// Where signing in begins, and comes back to `return_to`.
pub fn login(return_to: &str) -> String {
    format!(
        "{BASE}/auth/login?return={}",
        crate::browser::encoded(return_to)
    )
}

fn request(method: Method, path: &str, key: Option<&str>) -> RequestBuilder {
    let request = RequestBuilder::new(&format!("{BASE}{path}"))
        .method(method)
        .header("Accept", "application/json")
        .header("X-Relevo-Request", "1");
    match key {
        Some(key) => request.header("Idempotency-Key", key),
        None => request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_joins_what_is_asked_already() {
        assert_eq!(min_position("/tasks", 7), "/tasks?min_position=7");
        assert_eq!(min_position("/tasks?a=b", 7), "/tasks?a=b&min_position=7");
    }
}
