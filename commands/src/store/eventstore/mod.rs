//! The log in EventStoreDB (or KurrentDB), through its official client.
//!
//! An aggregate is the stream `<type>-<id>`, a sequence is the revision plus one, and the event id is
//! the UUIDv5 of the command's id and the event's number in it. The tail is `$all`, of our streams.
//!
//! - **An append that got no answer is sent again, the same**, until there is one. The server knows
//!   events by id and revision: what it has it has not twice, and once it says "conflict" no earlier
//!   request can still be carried out.
//! - **What was appended is read back**, for each event's position and time; and since the server also
//!   says yes to another process's append of the same command, which may have decided otherwise.
//! - **The first client installs the process's TLS provider** and panics if there is one; so it
//!   must be made before anything else uses TLS, and [`EventStore::connect`] refuses otherwise.
//!
//! Time is this machine's: the server's can't be asked. There is no log id, no leaf and no chain.

mod append;
mod connection;
mod follow;
mod record;

pub(super) use follow::Follow;

use super::tail::Cursor;
use super::types::Event;
use crate::bus::SharedState;
use crate::commanded::Commanded;
use crate::error::LogError;
use ::eventstore::{
    Error, Position, ReadAllOptions, ReadStreamOptions, RecordedEvent, StreamPosition,
};
use connection::Connection;
use cqrs_es::persist::SerializedEvent;
use std::fmt;
use std::sync::Arc;

/// A log in EventStoreDB.
pub(crate) struct EventStore {
    connection: Arc<Connection>,
    shared: Arc<SharedState>,
}

impl fmt::Debug for EventStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStore").finish_non_exhaustive()
    }
}

impl EventStore {
    /// Connects by a connection string such as `esdb://host:2113?tls=false`.
    ///
    /// # Errors
    /// When the string is wrong, the server does not answer, or a TLS provider is installed.
    pub(crate) async fn connect(url: &str, shared: &Arc<SharedState>) -> Result<Self, LogError> {
        Ok(Self {
            connection: Arc::new(Connection::open(url).await?),
            shared: Arc::clone(shared),
        })
    }

    pub(super) async fn read(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        from: u64,
        to: u64,
    ) -> Result<Vec<Event>, LogError> {
        let stream = record::stream(aggregate_type, aggregate_id);
        let first = from.saturating_sub(1);
        let count = usize::try_from(to.saturating_sub(first)).unwrap_or(usize::MAX);
        if count == 0 {
            return Ok(vec![]);
        }
        let options = ReadStreamOptions::default()
            .forwards()
            .position(StreamPosition::Position(first))
            .max_count(count)
            .requires_leader(true);
        let recorded = self.read_stream(&stream, &options).await?;
        let mut events = Vec::with_capacity(recorded.len());
        for (recorded, revision) in recorded.iter().zip(first..) {
            if recorded.revision != revision {
                return Err(LogError::Foreign(format!(
                    "{stream} lacks its revision {revision}"
                )));
            }
            events.push(record::event(recorded)?);
        }
        Ok(events)
    }

    /// The events of a stream; none when there is no such stream.
    async fn read_stream(
        &self,
        stream: &str,
        options: &ReadStreamOptions,
    ) -> Result<Vec<RecordedEvent>, LogError> {
        let read = async |client: ::eventstore::Client| {
            let mut events = Vec::new();
            let mut found = match client.read_stream(stream, options).await {
                Err(Error::ResourceNotFound) => return Ok(events),
                found => found?,
            };
            loop {
                match found.next().await {
                    Ok(Some(resolved)) => events.extend(resolved.event),
                    Ok(None) | Err(Error::ResourceNotFound) => return Ok(events),
                    Err(error) => return Err(error),
                }
            }
        };
        self.connection.read(read).await
    }

    pub(super) async fn load<A: Commanded>(
        &self,
        id: &str,
        after: u64,
    ) -> Result<Vec<SerializedEvent>, LogError> {
        let events = self
            .read(A::TYPE, id, after.saturating_add(1), u64::MAX)
            .await?;
        events.into_iter().map(Event::serialized).collect()
    }

    pub(super) async fn position_of(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        sequence: u64,
    ) -> Result<u64, LogError> {
        let stream = record::stream(aggregate_type, aggregate_id);
        let options = ReadStreamOptions::default()
            .position(StreamPosition::End)
            .max_count(1)
            .requires_leader(true);
        let last = self.read_stream(&stream, &options).await?;
        let last = last.first();
        if last.map_or(0, |event| event.revision + 1) < sequence {
            return Err(LogError::Rewound);
        }
        Ok(last.map_or(0, |event| event.position.commit))
    }

    pub(super) async fn head(&self) -> Result<Cursor, LogError> {
        let options = ReadAllOptions::default()
            .position(StreamPosition::<Position>::End)
            .requires_leader(true);
        let last = async |client: ::eventstore::Client| {
            let mut all = client.read_all(&options).await?;
            while let Some(resolved) = all.next().await? {
                let event = resolved.get_original_event();
                if record::is_ours(&event.stream_id) {
                    return Ok(record::cursor(event));
                }
            }
            Ok(Cursor::START)
        };
        self.connection.read(last).await
    }

    pub(super) fn follow(&self, after: Cursor) -> Follow {
        Follow::new(Arc::clone(&self.connection), after)
    }
}
