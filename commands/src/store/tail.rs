//! Following a log.

#[cfg(feature = "eventstore")]
use super::eventstore::Follow;
use super::types::Event;
use crate::error::LogError;
use crate::log::EventLog;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// How many events of the table are read at once.
const PAGE: u32 = 500;
/// How often the table is looked at when it has nothing new.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A place in the tail: grows from event to event, and means nothing but "behind this one".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Cursor(u64, u64);

impl Cursor {
    /// Before the first event.
    pub const START: Self = Self(0, 0);

    /// The cursor of a position in Postgres.
    pub(super) const fn at(position: u64) -> Self {
        Self(position, 0)
    }

    #[cfg(feature = "eventstore")]
    pub(super) const fn of(commit: u64, prepare: u64) -> Self {
        Self(commit, prepare)
    }

    #[cfg(feature = "eventstore")]
    pub(super) const fn parts(self) -> (u64, u64) {
        (self.0, self.1)
    }
}

/// An event of the tail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tailed {
    pub cursor: Cursor,
    /// The cursor of the event before it; of the first one returned, the cursor that was asked for.
    pub previous: Cursor,
    pub event: Event,
}

/// A log being followed, from [`super::Store::tail`].
#[derive(Debug)]
pub struct Tail(Source);

#[derive(Debug)]
enum Source {
    Postgres {
        log: EventLog,
        last: Cursor,
        ready: VecDeque<Event>,
    },
    #[cfg(feature = "eventstore")]
    EventStore(Box<Follow>),
}

impl Tail {
    pub(super) fn postgres(log: EventLog, last: Cursor) -> Self {
        let ready = VecDeque::new();
        Self(Source::Postgres { log, last, ready })
    }

    #[cfg(feature = "eventstore")]
    pub(super) fn eventstore(follow: Follow) -> Self {
        Self(Source::EventStore(Box::new(follow)))
    }

    /// The next event, waited for. The future may be dropped: nothing is left out by that.
    ///
    /// # Errors
    /// When the store does not answer, or holds what no program of ours wrote. It may be called
    /// again, and goes on where it was.
    pub async fn next(&mut self) -> Result<Tailed, LogError> {
        match &mut self.0 {
            Source::Postgres { log, last, ready } => loop {
                if let Some(event) = ready.pop_front() {
                    let cursor = Cursor::at(event.position);
                    let previous = std::mem::replace(last, cursor);
                    return Ok(Tailed {
                        cursor,
                        previous,
                        event,
                    });
                }
                let page = log.read_after(last.0, PAGE).await?;
                if page.is_empty() {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                ready.extend(page.into_iter().map(Event::from));
            },
            #[cfg(feature = "eventstore")]
            Source::EventStore(follow) => follow.next().await,
        }
    }
}
