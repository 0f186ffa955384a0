//! `GET /api/v1/schemas/{name}`

use super::kept;
use crate::errors::{ApiResult, not_found};
use crate::extract::Param;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use schemas::events::find;

/// The JSON Schema of an event's payload, such as `TaskSubmitted.v1`.
pub async fn get(Param(name): Param<String>) -> ApiResult<Response> {
    let schema = find(&name).ok_or_else(not_found)?;
    let kind = (header::CONTENT_TYPE, "application/schema+json");
    Ok(([kind], [kept()], schema.text).into_response())
}
