//! `GET /readyz`: everything a request needs is there.

use crate::errors::ApiResult;
use crate::state::AppState;
use async_nats::connection;
use axum::Json;
use axum::extract::State;
use domain::UserId;
use kit::problem::Refusal;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Looks at the log, the read models and the broker.
///
/// # Errors
/// 503 that names what is missing.
pub async fn ready(State(state): State<AppState>) -> ApiResult<Json<Value>> {
    let log = tokio::time::timeout(ANSWERS_WITHIN, state.bus.log().head());
    let nobody = UserId(Uuid::nil());
    let read = tokio::time::timeout(ANSWERS_WITHIN, state.read.begin(nobody));
    let (log, read) = tokio::join!(log, read);
    let mut missing = Vec::new();
    if !matches!(log, Ok(Ok(_))) || !matches!(read, Ok(Ok(_))) {
        missing.push("database");
    }
    if state.nats.connection_state() != connection::State::Connected {
        missing.push("nats");
    }
    if missing.is_empty() {
        return Ok(Json(json!({ "status": "ready" })));
    }
    Err(
        Refusal::unavailable("not-ready", "El servicio no está listo", 2)
            .with("missing", missing)
            .into(),
    )
}
