//! A task's state at any place or time of the log, by folding its events again.

use super::{EventLog, StoredEvent};
use crate::error::{DecodeError, LogError};
use chrono::{DateTime, Utc};
use domain::TaskId;
use domain::task::Task;
use sqlx::Row as _;
use std::collections::VecDeque;
use thiserror::Error;

/// Events read at once: at 64 KiB each, no more than 32 MiB.
const PAGE: u64 = 500;

/// Until where a task is folded, that place included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// A position of the log, be it this task's or another's.
    Position(u64),
    /// A time of the database's clock.
    Time(DateTime<Utc>),
    /// Where the log ends now.
    End,
}

/// Why there is no such state.
#[derive(Debug, Error)]
pub enum AsOfError {
    #[error("the log can't be read")]
    Log(#[from] LogError),
    #[error("the log has no task {0}")]
    Unknown(TaskId),
    #[error("the task began later: at position {position}, {}", .recorded_at.to_rfc3339())]
    NotYet {
        position: u64,
        recorded_at: DateTime<Utc>,
    },
    #[error("the log ends at position {end}, there is no position {position} yet")]
    BeyondEnd { position: u64, end: u64 },
    #[error("it is {} by the database's clock: that time is still to come", .now.to_rfc3339())]
    NotNow { now: DateTime<Utc> },
    /// An event of the task can't be read, so neither can what follows it.
    #[error("the event at position {position} can't be read")]
    Decode {
        position: u64,
        #[source]
        source: DecodeError,
    },
}

impl From<sqlx::Error> for AsOfError {
    fn from(error: sqlx::Error) -> Self {
        Self::Log(error.into())
    }
}

/// A task as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct AsOf {
    pub state: Task,
    /// The last event that counts.
    pub last: StoredEvent,
}

/// A task's history, folded event by event. It is read page by page and in no transaction: what is
/// in a log stays as it is.
#[derive(Debug)]
pub struct Replay {
    log: EventLog,
    id: TaskId,
    state: Task,
    page: VecDeque<StoredEvent>,
    /// The last sequence read.
    read: u64,
    until: Until,
}

/// The end of a replay: no event is beyond the log's end of that moment.
#[derive(Clone, Copy, Debug)]
struct Until {
    position: u64,
    time: Option<DateTime<Utc>>,
}

impl Until {
    fn covers(self, event: &StoredEvent) -> bool {
        event.position <= self.position && self.time.is_none_or(|time| event.recorded_at <= time)
    }
}

impl Replay {
    /// The next event, which [`Self::state`] then has; `None` behind the last.
    ///
    /// # Errors
    /// When the database does not answer, or the event can't be read: then nothing of it is in the
    /// state.
    pub async fn next(&mut self) -> Result<Option<StoredEvent>, AsOfError> {
        if self.page.is_empty() {
            self.fill().await?;
        }
        let Some(event) = self.page.pop_front() else {
            return Ok(None);
        };
        let decoded = event.task_event().map_err(|source| AsOfError::Decode {
            position: event.position,
            source,
        })?;
        self.state.fold(&decoded);
        Ok(Some(event))
    }

    /// The task as of the last event.
    pub fn state(&self) -> &Task {
        &self.state
    }

    async fn fill(&mut self) -> Result<(), AsOfError> {
        let (id, from) = (self.id.to_string(), self.read + 1);
        let to = self.read + PAGE;
        let page = self.log.read_range("task", &id, from, to).await?;
        self.read = page.last().map_or(self.read, |event| event.sequence);
        let until = self.until;
        // Neither positions nor times fall, so what follows an event beyond the end is beyond it.
        self.page = page.into_iter().take_while(|e| until.covers(e)).collect();
        Ok(())
    }
}

impl EventLog {
    /// A task's history from its beginning.
    ///
    /// # Errors
    /// [`AsOfError`]: there is no such task, or it began later, or the log doesn't go so far.
    pub async fn replay(&self, id: TaskId, at: At) -> Result<Replay, AsOfError> {
        let until = self.until(at).await?;
        let first = self.read_range("task", &id.to_string(), 1, 1).await?.pop();
        let first = first.ok_or(AsOfError::Unknown(id))?;
        if !until.covers(&first) {
            return Err(AsOfError::NotYet {
                position: first.position,
                recorded_at: first.recorded_at,
            });
        }
        Ok(Replay {
            log: self.clone(),
            id,
            state: Task::default(),
            page: VecDeque::new(),
            read: 0,
            until,
        })
    }

    /// A task as it was at a place or time.
    ///
    /// # Errors
    /// As [`Self::replay`], and when an event on the way there can't be read.
    pub async fn as_of(&self, id: TaskId, at: At) -> Result<AsOf, AsOfError> {
        let mut replay = self.replay(id, at).await?;
        let mut last = None;
        while let Some(event) = replay.next().await? {
            last = Some(event);
        }
        let last = last.ok_or(AsOfError::Unknown(id))?;
        let state = replay.state;
        Ok(AsOf { state, last })
    }

    async fn until(&self, at: At) -> Result<Until, AsOfError> {
        // The clock first: whatever was recorded by then is in the log by now.
        let now = sqlx::query("select clock_timestamp() as now, false as young");
        let now = self.pool.rows(now).await?;
        let now = now.first().ok_or(sqlx::Error::RowNotFound)?;
        let now: DateTime<Utc> = now.try_get("now")?;
        let head = self.head().await?;
        let end = head.position;
        // A clock that was set back doesn't take back the times it gave.
        let now = head.recorded_at.map_or(now, |last| last.max(now));
        match at {
            At::Position(position) if position > end => Err(AsOfError::BeyondEnd { position, end }),
            At::Time(time) if time > now => Err(AsOfError::NotNow { now }),
            At::Position(position) => Ok(Until {
                position,
                time: None,
            }),
            At::Time(time) => Ok(Until {
                position: end,
                time: Some(time),
            }),
            At::End => Ok(Until {
                position: end,
                time: None,
            }),
        }
    }
}
