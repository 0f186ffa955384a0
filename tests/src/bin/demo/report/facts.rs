//! What the report tells, without how it looks.

use chrono::{DateTime, Utc};
use domain::cfdi::Check;
use std::time::Duration;

/// One run of the demo.
pub struct Report {
    pub made_at: DateTime<Utc>,
    pub tasks: Vec<TaskFacts>,
    pub log: LogFacts,
}

/// What the log holds of the run.
pub struct LogFacts {
    pub lost: i64,
    pub first: i64,
    pub last: i64,
}

/// One ticket, from what was handed in to what came of it.
pub struct TaskFacts {
    pub label: String,
    pub title: String,
    /// What the ticket is there to show.
    pub story: String,
    pub portal: String,
    pub expected: String,
    pub outcome: String,
    pub met: bool,
    pub took: Duration,
    /// Label and value, as the portal was given them.
    pub ticket: Vec<(String, String)>,
    pub moments: Vec<Moment>,
    /// Pictures there were; fewer are shown when they are too many.
    pub pictures_seen: usize,
    pub invoice: Option<InvoiceFacts>,
    /// Where the invoice was written.
    pub files: Vec<String>,
}

/// One event, or something that the demo did, and what the screen showed.
pub struct Moment {
    /// Since the task was handed in.
    pub after: Duration,
    pub line: String,
    pub is_step: bool,
    /// A JPEG; absent while the screen stays as it was.
    pub picture: Option<Vec<u8>>,
}

/// A delivered invoice.
pub struct InvoiceFacts {
    /// Label and value.
    pub facts: Vec<(String, String)>,
    pub checks: Vec<Check>,
}

impl Report {
    /// Every ticket came out as expected.
    pub fn all_met(&self) -> bool {
        self.tasks.iter().all(|task| task.met)
    }
}
