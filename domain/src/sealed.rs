//! What the log may hold of sensitive values: ciphertext, or a keyed hash.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A sealed value: versioned ciphertext as base64 text. The domain carries it and never opens it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Sealed(pub String);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} chars)", self.0.len())
    }
}

/// A keyed hash (HMAC-SHA-256, lower-case hex) under which equal values of one owner are equal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct KeyedHash(pub String);
