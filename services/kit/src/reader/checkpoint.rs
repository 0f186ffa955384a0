//! A place in one particular log.

use commands::StoredEvent;
use commands::log::GENESIS_CHAIN;
use thiserror::Error;
use uuid::Uuid;

/// How far a reader is. A position alone is not for ever: a log that was restored has another id,
/// and its events other chains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub log_id: Uuid,
    /// Of the last event applied; 0 before the first.
    pub position: u64,
    /// Of that event; 32 bytes.
    pub chain: Vec<u8>,
}

impl Checkpoint {
    /// Before the first event of a log.
    pub fn start(log_id: Uuid) -> Self {
        Self {
            log_id,
            position: 0,
            chain: GENESIS_CHAIN.to_vec(),
        }
    }

    /// After that event of the same log.
    #[must_use]
    pub fn moved_to(&self, event: &StoredEvent) -> Self {
        Self {
            log_id: self.log_id,
            position: event.position,
            chain: event.chain.clone(),
        }
    }
}

/// The checkpoint belongs to another log, or to a part that this one has lost. What was computed up
/// to there is not true of this log.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Foreign {
    #[error("the checkpoint is of log {wanted}, the database holds log {found}")]
    OtherLog { wanted: Uuid, found: Uuid },
    #[error("the log ends before position {position}, where the checkpoint is")]
    BeyondTheEnd { position: u64 },
    #[error("the log has another event at position {position} than the one the checkpoint saw")]
    OtherChain { position: u64 },
}
