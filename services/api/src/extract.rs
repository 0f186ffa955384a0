//! What handlers take in: bodies, queries, path parameters and the idempotency key, each refused
//! with a problem document that names what does not fit.

mod asker;
mod body;
mod params;

pub use asker::Asker;
pub use body::{Body, MaybeBody, Nothing, media_type, read, unsupported};
pub use params::{AtLeast, Param, Query, page_size};
