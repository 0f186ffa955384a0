//! What goes into a store, and what comes out of it.

use crate::context::CommandId;
use crate::error::LogError;
use crate::log::{EventMetadata, StoredEvent};
use chrono::{DateTime, Utc};
use cqrs_es::persist::SerializedEvent;
use uuid::Uuid;

/// The events of one command on one aggregate: all of them or none.
#[derive(Clone, Debug)]
pub struct Append {
    pub aggregate_type: &'static str,
    pub aggregate_id: String,
    /// The sequence the aggregate must have; 0 when it must not exist.
    pub expected: u64,
    pub command_id: CommandId,
    /// JSON text, a flat object of strings; the same for each event.
    pub metadata: String,
    pub events: Vec<NewEvent>,
}

/// One event to append.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub event_type: String,
    pub event_version: String,
    /// JSON text.
    pub payload: String,
}

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is in the log: where, for each event.
    Accepted(Vec<Place>),
    /// The aggregate's sequence is another; nothing was recorded.
    Conflict { current: u64 },
    /// The events can't be stored; nothing was recorded.
    Rejected(String),
    /// Not recorded; may be repeated.
    Busy(String),
    /// Read again: from now on the log tells for good whether the append is in it.
    LookAgain,
    /// The store can't be reached: nobody knows.
    Unreachable(String),
}

/// Where an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub event_id: Uuid,
    /// Grows from event to event; without gaps only in Postgres.
    pub position: u64,
    pub recorded_at: DateTime<Utc>,
}

/// One event of a store, its texts as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub event_id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: String,
    /// Place in the aggregate's own history, from 1, without gaps.
    pub sequence: u64,
    /// See [`Place::position`].
    pub position: u64,
    pub recorded_at: DateTime<Utc>,
    pub event_type: String,
    pub event_version: String,
    /// JSON text.
    pub payload: String,
    /// JSON text: a flat object of strings.
    pub metadata: String,
}

impl Event {
    /// The metadata, empty where it says nothing.
    pub fn event_metadata(&self) -> EventMetadata {
        serde_json::from_str(&self.metadata).unwrap_or_default()
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        Place {
            event_id: self.event_id,
            position: self.position,
            recorded_at: self.recorded_at,
        }
    }

    /// As cqrs-es has it.
    #[cfg_attr(
        not(feature = "eventstore"),
        expect(dead_code, reason = "postgres-es makes its own")
    )]
    pub(super) fn serialized(self) -> Result<SerializedEvent, LogError> {
        let json = |text: &str| {
            serde_json::from_str(text).map_err(|error| {
                LogError::Foreign(format!("event {} is not JSON: {error}", self.event_id))
            })
        };
        Ok(SerializedEvent {
            payload: json(&self.payload)?,
            metadata: json(&self.metadata)?,
            aggregate_id: self.aggregate_id,
            sequence: usize::try_from(self.sequence).unwrap_or(usize::MAX),
            aggregate_type: self.aggregate_type,
            event_type: self.event_type,
            event_version: self.event_version,
        })
    }
}

impl From<StoredEvent> for Event {
    fn from(stored: StoredEvent) -> Self {
        Self {
            event_id: stored.event_id,
            aggregate_type: stored.aggregate_type,
            aggregate_id: stored.aggregate_id,
            sequence: stored.sequence,
            position: stored.position,
            recorded_at: stored.recorded_at,
            event_type: stored.event_type,
            event_version: stored.event_version,
            payload: stored.payload,
            metadata: stored.metadata,
        }
    }
}
