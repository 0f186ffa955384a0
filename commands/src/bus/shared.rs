//! What the writer finds out and commands need: which log this is, and what time it is.

use crate::writer::{Pending, Verdict};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::watch;
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct SharedState {
    current: RwLock<Current>,
    appended: watch::Sender<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Current {
    log_id: Uuid,
    /// Grows with each connection of the writer: kept states of an earlier one are forgotten.
    generation: u64,
    /// The database's time at an instant.
    measured: (Instant, DateTime<Utc>),
}

impl Default for SharedState {
    fn default() -> Self {
        Self {
            current: RwLock::new(Current {
                log_id: Uuid::nil(),
                generation: 0,
                measured: (Instant::now(), DateTime::UNIX_EPOCH),
            }),
            appended: watch::Sender::new(0),
        }
    }
}

impl SharedState {
    fn current(&self) -> Current {
        *self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Current)) {
        change(&mut self.current.write().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn log_id(&self) -> Uuid {
        self.current().log_id
    }

    pub(crate) fn generation(&self) -> u64 {
        self.current().generation
    }

    /// The database's time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let (instant, time) = self.current().measured;
        time + TimeDelta::from_std(instant.elapsed()).unwrap_or_default()
    }

    pub(crate) fn set_time(&self, at: Instant, time: DateTime<Utc>) {
        self.change(|current| current.measured = (at, time));
    }

    /// A new connection: this log, and nothing kept.
    pub(crate) fn renew(&self, log_id: Uuid) {
        self.change(|current| {
            current.log_id = log_id;
            current.generation += 1;
        });
    }

    /// Tells who waits for news how far the log is.
    pub(crate) fn appended(&self, verdicts: &[Verdict], batch: &[Pending]) {
        let last = verdicts.iter().zip(batch).rev().find_map(|(v, p)| match v {
            Verdict::Accepted { first_position, .. } => Some(first_position + p.events() - 1),
            _ => None,
        });
        if let Some(last) = last {
            self.appended.send_replace(last);
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.appended.subscribe()
    }
}
