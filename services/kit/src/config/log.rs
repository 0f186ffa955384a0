//! How the log is written.

use commands::FlushMode;
use serde::Deserialize;

/// The writing side of the log; the same for every process that writes.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Where a batch waits for the disk: `inside` the log's lock or `outside` it.
    pub flush: FlushMode,
}
