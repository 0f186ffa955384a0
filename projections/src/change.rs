//! An event as the read models take it: decoded, with its place.

use chrono::{DateTime, Utc};
use domain::account::AccountEvent;
use domain::task::TaskEvent;
use domain::{TaskId, UserId};

/// One event of the log.
#[derive(Clone, Debug)]
pub struct Change {
    /// Place in the log.
    pub position: u64,
    pub recorded_at: DateTime<Utc>,
    /// Place in the aggregate's history, from 1.
    pub sequence: u64,
    pub body: Body,
}

/// Whose event it is. An account's id is its user's.
#[derive(Clone, Debug)]
pub enum Body {
    Task(TaskId, Box<TaskEvent>),
    Account(UserId, AccountEvent),
    /// Of an aggregate no read model looks at.
    Other,
}
