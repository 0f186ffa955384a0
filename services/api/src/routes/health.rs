//! `GET /healthz`: the process lives.

use axum::Json;
use serde_json::{Value, json};

/// Always answers while the process does.
pub async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
