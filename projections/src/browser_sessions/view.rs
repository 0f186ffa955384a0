//! A browser session as the read model holds it.

use chrono::{DateTime, Utc};
use domain::{SessionId, TaskId};

/// One browser that was opened for a task.
#[derive(Clone, Debug, PartialEq)]
pub struct BrowserSession {
    pub session_id: SessionId,
    pub task_id: TaskId,
    /// The lease epoch it was opened under.
    pub epoch: u64,
    pub provider: String,
    /// `open` or `closed`.
    pub status: String,
    pub opened_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub close_reason: Option<String>,
}
