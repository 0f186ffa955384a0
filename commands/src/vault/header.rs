//! What a sealed value or a wrapped key says of itself, for whoever has no key.

use super::error::BlobError;
use super::value::Value;
use super::wrapped::Wrapped;
use uuid::Uuid;

/// Id and version of the data key that a sealed value names.
///
/// # Errors
/// When it is cut short, or of a form or algorithm that this program doesn't know.
pub fn sealed_under(blob: &[u8]) -> Result<(Uuid, i32), BlobError> {
    Value::parse(blob).map(|value| (value.key.id, value.key.version))
}

/// Id of the key-encryption key that a wrapped key names; the first form names none.
///
/// # Errors
/// As [`sealed_under`], and when the id is no text.
pub fn wrapped_under(blob: &[u8]) -> Result<Option<&str>, BlobError> {
    Wrapped::parse(blob).map(|wrapped| wrapped.kek)
}
