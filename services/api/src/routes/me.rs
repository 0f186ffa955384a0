//! `GET /api/v1/me`: who the token speaks for.

use crate::auth::Caller;
use axum::Json;
use serde_json::{Value, json};

/// The caller's id and roles.
pub async fn me(caller: Caller) -> Json<Value> {
    Json(json!({ "user_id": caller.user, "roles": caller.roles }))
}
