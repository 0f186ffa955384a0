//! Signing heads of the log.

use serde::Deserialize;
use std::path::PathBuf;

/// How the log's heads are signed. Without a key they aren't.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// The signing key: 64 hexadecimal digits, mode 0600. Only the relay reads it.
    pub key_file: Option<PathBuf>,
    /// Gets every head as a line of JSON. Meant to leave the machine.
    pub heads_file: Option<PathBuf>,
    /// A head is signed each time so many seconds have passed, if the log has grown.
    pub interval_seconds: u64,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            key_file: None,
            heads_file: None,
            interval_seconds: 60,
        }
    }
}
