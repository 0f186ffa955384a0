//! Public events: what clients, WebSockets and analysts read. Made from stored events by one pure
//! match in the write side; they hold no sealed value.

use chrono::{DateTime, Utc};
use domain::TaskId;
use serde::{Deserialize, Serialize};

/// One public event of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublicEvent {
    /// Position in the log.
    pub position: u64,
    /// Sequence within the task, from 1.
    pub sequence: u64,
    pub task_id: TaskId,
    /// `task.submitted`, `task.started`, `task.step`, …
    pub event: String,
    pub at: DateTime<Utc>,
    pub data: serde_json::Value,
}
