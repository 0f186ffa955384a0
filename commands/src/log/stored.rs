//! An event as it stands in the log.

use super::decode::decode_payload;
use super::hash::{LeafInput, chain_hash, leaf_hash};
use crate::error::DecodeError;
use chrono::{DateTime, Utc};
use domain::account::AccountEvent;
use domain::task::TaskEvent;
use domain::ticket::TicketEvent;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One event of the log, its texts as they were written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Place in the log, from 1, without gaps.
    pub position: u64,
    pub event_id: Uuid,
    /// Set under the log's lock; never falls from one position to the next.
    pub recorded_at: DateTime<Utc>,
    /// `task`, `account` or `ticket`.
    pub aggregate_type: String,
    pub aggregate_id: String,
    /// Place in the aggregate's own history, from 1, without gaps.
    pub sequence: u64,
    pub event_type: String,
    pub event_version: String,
    /// JSON text.
    pub payload: String,
    /// JSON text: a flat object of strings.
    pub metadata: String,
    pub leaf: Vec<u8>,
    pub chain: Vec<u8>,
    /// The chain of the event before this one.
    pub previous_chain: Vec<u8>,
}

/// What the log keeps beside an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventMetadata {
    pub command_id: Option<Uuid>,
    pub command: Option<String>,
    pub body_hash: Option<String>,
    /// See [`crate::Actor`].
    pub actor: Option<String>,
    pub correlation: Option<Uuid>,
    pub causation: Option<Uuid>,
    pub traceparent: Option<String>,
}

impl StoredEvent {
    /// The event of a task.
    ///
    /// # Errors
    /// [`DecodeError`]: of another aggregate, unknown, malformed, or of a newer version.
    pub fn task_event(&self) -> Result<TaskEvent, DecodeError> {
        self.decode("task")
    }

    /// The event of an account.
    ///
    /// # Errors
    /// As [`Self::task_event`].
    pub fn account_event(&self) -> Result<AccountEvent, DecodeError> {
        self.decode("account")
    }

    /// The event of a ticket.
    ///
    /// # Errors
    /// As [`Self::task_event`].
    pub fn ticket_event(&self) -> Result<TicketEvent, DecodeError> {
        self.decode("ticket")
    }

    /// The metadata, empty where it says nothing.
    pub fn event_metadata(&self) -> EventMetadata {
        serde_json::from_str(&self.metadata).unwrap_or_default()
    }

    /// Whether leaf and chain are what the event, this log and its predecessor make them.
    pub fn hashes_hold(&self, log_id: Uuid) -> bool {
        let leaf = leaf_hash(LeafInput {
            log_id,
            event_id: self.event_id,
            aggregate_type: &self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            sequence: self.sequence,
            event_type: &self.event_type,
            event_version: &self.event_version,
            payload: &self.payload,
            metadata: &self.metadata,
        });
        let chain = chain_hash(&self.previous_chain, self.position, self.recorded_at, &leaf);
        leaf == *self.leaf && chain == *self.chain
    }

    fn decode<E: DeserializeOwned>(&self, wanted: &'static str) -> Result<E, DecodeError> {
        if self.aggregate_type != wanted {
            return Err(DecodeError::OtherAggregate {
                wanted,
                found: self.aggregate_type.clone(),
            });
        }
        decode_payload(wanted, &self.event_type, &self.event_version, || {
            serde_json::from_str(&self.payload)
        })
    }
}
