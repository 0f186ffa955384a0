//! Problem documents as HTTP answers: the one place that knows status codes.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemas::{FieldProblem, Problem};

/// A refusal on its way to the client. 5xx carry no internals: the cause is logged here, once.
#[derive(Debug)]
pub struct Refusal {
    pub problem: Problem,
    /// Seconds for `Retry-After`.
    pub retry_after_s: Option<u32>,
}

impl Refusal {
    /// A refusal of that stable code.
    pub fn new(status: StatusCode, code: &str, title: impl Into<String>) -> Self {
        Self {
            problem: Problem::new(status.as_u16(), code, title),
            retry_after_s: None,
        }
    }

    /// What is not there, or belongs to somebody else: the same answer.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "No existe").detail("Revisa la dirección.")
    }

    /// Misfit fields of a body.
    pub fn invalid(errors: Vec<FieldProblem>) -> Self {
        let mut refusal = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-fields",
            "Hay datos por corregir",
        );
        refusal.problem.errors = errors;
        refusal
    }

    /// Something of ours is out of order: logged with its cause, answered without.
    pub fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = cause, "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Error interno",
        )
        .detail("Vuelve a intentarlo; si sigue, avisa a quien opera el servicio.")
    }

    /// Not now: try again after that many seconds.
    pub fn unavailable(code: &str, title: &str, retry_after_s: u32) -> Self {
        let mut refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, title);
        refusal.retry_after_s = Some(retry_after_s);
        refusal
    }

    /// What to do about it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.problem.detail = Some(detail.into());
        self
    }

    /// A further member of the document.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.problem.extra.insert(name.to_owned(), value.into());
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
