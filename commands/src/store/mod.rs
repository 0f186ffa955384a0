//! Where the log is kept: one contract, two backends.
//!
//! Whatever keeps it, this holds (`tests/contract` tries it on each):
//!
//! - An append is all or nothing: accepted, or a conflict that tells the current sequence.
//! - An aggregate's sequences start at 1 and have no gap; its history reads from any of them.
//! - The tail has one order and each event once, from an opaque cursor that grows; each event names
//!   the cursor before its own. What the tail returned never vanishes.
//! - A repeated command gets its first result, and a connection cut before the answer is settled by
//!   a repeat.
//!
//! Postgres does more: positions without gaps, batches, the hash chain, grants, signed heads. The log
//! is in one place only: no backend is ever written beside another.

#[cfg(feature = "eventstore")]
pub(crate) mod eventstore;
mod postgres;
mod tail;
mod types;

pub(crate) use postgres::PostgresStore;
pub use tail::{Cursor, Tail, Tailed};
pub use types::{Append, Event, NewEvent, Place, Verdict};

use crate::commanded::Commanded;
use crate::error::LogError;
use chrono::{DateTime, Utc};
use cqrs_es::persist::SerializedEvent;

/// Which program keeps the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Our tables, and all that is built on them.
    #[default]
    Postgres,
    /// EventStoreDB or KurrentDB, through a program built with the feature `eventstore`.
    EventStore,
}

/// A log that can be appended to, read and followed.
#[derive(Debug)]
pub struct Store(Kind);

#[derive(Debug)]
enum Kind {
    Postgres(PostgresStore),
    #[cfg(feature = "eventstore")]
    EventStore(eventstore::EventStore),
}

impl From<PostgresStore> for Store {
    fn from(store: PostgresStore) -> Self {
        Self(Kind::Postgres(store))
    }
}

#[cfg(feature = "eventstore")]
impl From<eventstore::EventStore> for Store {
    fn from(store: eventstore::EventStore) -> Self {
        Self(Kind::EventStore(store))
    }
}

impl Store {
    /// Appends a command's events, and tells what became of them. Dropping the future does not take
    /// them back.
    pub async fn append(&self, append: Append) -> Verdict {
        match &self.0 {
            Kind::Postgres(store) => store.append(append).await,
            #[cfg(feature = "eventstore")]
            Kind::EventStore(store) => store.append(append).await,
        }
    }

    /// The events of one aggregate from one sequence to another, both included, in order.
    ///
    /// # Errors
    /// When the store does not answer, or holds what no program of ours wrote.
    pub async fn read(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        from: u64,
        to: u64,
    ) -> Result<Vec<Event>, LogError> {
        match &self.0 {
            Kind::Postgres(store) => store.read(aggregate_type, aggregate_id, from, to).await,
            #[cfg(feature = "eventstore")]
            Kind::EventStore(store) => store.read(aggregate_type, aggregate_id, from, to).await,
        }
    }

    /// Follows the log from behind a cursor.
    pub fn tail(&self, after: Cursor) -> Tail {
        match &self.0 {
            Kind::Postgres(store) => Tail::postgres(store.log.clone(), after),
            #[cfg(feature = "eventstore")]
            Kind::EventStore(store) => Tail::eventstore(store.follow(after)),
        }
    }

    /// The cursor of the last event; [`Cursor::START`] when there is none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn head(&self) -> Result<Cursor, LogError> {
        match &self.0 {
            Kind::Postgres(store) => Ok(Cursor::at(store.log.head().await?.position)),
            #[cfg(feature = "eventstore")]
            Kind::EventStore(store) => store.head().await,
        }
    }

    /// An aggregate's events after a sequence, to be folded.
    pub(crate) async fn load<A: Commanded>(
        &self,
        id: &str,
        after: u64,
    ) -> Result<Vec<SerializedEvent>, LogError> {
        match &self.0 {
            Kind::Postgres(store) => store.load::<A>(id, after).await,
            #[cfg(feature = "eventstore")]
            Kind::EventStore(store) => store.load::<A>(id, after).await,
        }
    }

    /// The position of an aggregate's last event, 0 when it has none; with that, all of it is on disk.
    ///
    /// # Errors
    /// [`LogError::Rewound`] when it has not this sequence any more.
    pub(crate) async fn position_of(
        &self,
        aggregate_type: &str,
        id: &str,
        sequence: u64,
    ) -> Result<u64, LogError> {
        match &self.0 {
            Kind::Postgres(store) => store.log.position_of(aggregate_type, id, sequence).await,
            #[cfg(feature = "eventstore")]
            Kind::EventStore(store) => store.position_of(aggregate_type, id, sequence).await,
        }
    }

    /// The time by which commands are decided: the database's, where it can be asked.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Kind::Postgres(store) => store.shared.now(),
            #[cfg(feature = "eventstore")]
            Kind::EventStore(_) => Utc::now(),
        }
    }
}
