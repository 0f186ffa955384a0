//! `/api/v1/schemas`: what the log's events look like. Public, as they are with the source: they say
//! nothing of anybody's data.

pub mod get;
pub mod list;

use axum::http::{HeaderName, HeaderValue, header};

/// A schema of a version changes with a release at most, and then in its words.
const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

fn kept() -> (HeaderName, HeaderValue) {
    (header::CACHE_CONTROL, FOR_AN_HOUR)
}
