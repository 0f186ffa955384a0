//! `GET /api/v1/schemas`

use super::kept;
use axum::Json;
use axum::response::{IntoResponse, Response};
use schemas::events::EVENT_SCHEMAS;
use schemas::rest::SchemaView;

/// Every event type and version that was ever written, by name.
pub async fn list() -> Response {
    let view = |schema: &schemas::events::EventSchema| {
        let (event, version) = schema.event_and_version();
        SchemaView {
            name: schema.name.to_owned(),
            event: event.to_owned(),
            version: version.to_owned(),
            href: format!("/api/v1/schemas/{}", schema.name),
        }
    };
    let all: Vec<SchemaView> = EVENT_SCHEMAS.iter().map(view).collect();
    ([kept()], Json(all)).into_response()
}
