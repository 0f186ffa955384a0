//! What needs its owner, as the read model holds it.

use chrono::{DateTime, Utc};
use domain::{InterventionId, TaskId};
use serde::Serialize;

/// One thing that waits for its owner.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InboxItem {
    pub task_id: TaskId,
    pub portal: String,
    pub status: String,
    /// The intervention's kind, or `start`, `paused`, `control`.
    pub reason: String,
    pub intervention: Option<InterventionId>,
    pub guide: Option<String>,
    pub answer_by: Option<DateTime<Utc>>,
    pub window_until: Option<DateTime<Utc>>,
    /// A browser waits: answering goes on at once.
    pub session_lives: bool,
    pub since: DateTime<Utc>,
}
