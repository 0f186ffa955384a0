//! `POST /api/v1/profiles/validate`

use super::ProfileBody;
use crate::auth::Caller;
use crate::extract::Body;
use axum::Json;
use serde_json::{Value, json};

/// What is wrong and what is doubtful, as one types. Stores nothing.
pub async fn validate(_: Caller, body: Body<ProfileBody>) -> Json<Value> {
    Json(match body.value.check() {
        Ok(fiscal) => json!({
            "valid": true,
            "errors": [],
            "warnings": super::warnings(&fiscal),
            "default_use": fiscal.default_use,
        }),
        Err(errors) => json!({ "valid": false, "errors": errors, "warnings": [] }),
    })
}
