//! The log in Postgres, behind the contract: the process's writer, and the table's reading side.

use super::types::{Append, Event, Place, Verdict};
use crate::bus::SharedState;
use crate::commanded::Commanded;
use crate::error::LogError;
use crate::log::{EventLog, LeafInput, leaf_hash};
use crate::writer::{self, WriterHandle};
use cqrs_es::persist::{PersistedEventRepository as _, SerializedEvent};
use postgres_es::PostgresEventRepository;
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

pub(crate) struct PostgresStore {
    pub log: EventLog,
    pub repository: PostgresEventRepository,
    pub writer: WriterHandle,
    pub shared: Arc<SharedState>,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

impl PostgresStore {
    pub(super) async fn append(&self, append: Append) -> Verdict {
        let append = self.hashed(append);
        let ids: Vec<Uuid> = append.events.iter().map(|event| event.event_id).collect();
        match self.writer.append(append).await {
            writer::Verdict::Accepted {
                first_position,
                recorded_at,
            } => {
                let place = |(event_id, position)| Place {
                    event_id,
                    position,
                    recorded_at,
                };
                Verdict::Accepted(ids.into_iter().zip(first_position..).map(place).collect())
            }
            writer::Verdict::Conflict { current } => Verdict::Conflict { current },
            writer::Verdict::Rejected(detail) => Verdict::Rejected(detail),
            writer::Verdict::Busy(detail) => Verdict::Busy(detail),
            writer::Verdict::LookAgain => Verdict::LookAgain,
            writer::Verdict::Unreachable(detail) => Verdict::Unreachable(detail),
        }
    }

    /// The events with ids, sequences and leaves: made here, outside the log's lock.
    fn hashed(&self, append: Append) -> writer::Append {
        let log_id = self.shared.log_id();
        let aggregate_id = append.aggregate_id;
        let events = append.events.into_iter().zip(append.expected + 1..);
        let events = events.map(|(event, sequence)| {
            let event_id = Uuid::now_v7();
            let leaf = leaf_hash(LeafInput {
                log_id,
                event_id,
                aggregate_type: append.aggregate_type,
                aggregate_id: &aggregate_id,
                sequence,
                event_type: &event.event_type,
                event_version: &event.event_version,
                payload: &event.payload,
                metadata: &append.metadata,
            });
            writer::NewEvent {
                event_id,
                sequence,
                event_type: event.event_type,
                event_version: event.event_version,
                payload: event.payload,
                leaf,
            }
        });
        let events = events.collect();
        writer::Append {
            aggregate_type: append.aggregate_type,
            aggregate_id,
            expected: append.expected,
            log_id,
            metadata: append.metadata,
            events,
        }
    }

    pub(super) async fn read(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        from: u64,
        to: u64,
    ) -> Result<Vec<Event>, LogError> {
        let log = &self.log;
        let stored = log
            .read_range(aggregate_type, aggregate_id, from, to)
            .await?;
        Ok(stored.into_iter().map(Event::from).collect())
    }

    pub(super) async fn load<A: Commanded>(
        &self,
        id: &str,
        after: u64,
    ) -> Result<Vec<SerializedEvent>, LogError> {
        if after == 0 {
            return Ok(self.repository.get_events::<A>(id).await?);
        }
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(self.repository.get_last_events::<A>(id, after).await?)
    }
}
