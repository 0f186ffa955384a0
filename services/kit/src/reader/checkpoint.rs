//! A place in one particular log.

use commands::log::GENESIS_CHAIN;
use commands::{EventLog, LogError, StoredEvent};
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

/// Why a checkpoint is not a place to read on from.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Foreign {
    /// The log was adopted under another id, and what the checkpoint saw is the beginning of it:
    /// go on from this one.
    #[error("the log has another id now, {}, and goes on from position {}", .0.log_id, .0.position)]
    Renewed(Checkpoint),
    /// The log was adopted under another id, and what was computed up to the checkpoint is not true
    /// of it: compute it anew.
    #[error(
        "the checkpoint is of log {wanted}, the database holds log {found}, adopted without it"
    )]
    OtherLog { wanted: Uuid, found: Uuid },
    /// The log has lost what the checkpoint saw, and nobody said that this is meant: stop.
    #[error(transparent)]
    Lost(#[from] Lost),
}

/// The log is not the one it was and has the same id: it was put back from a backup, or lost its
/// end in a failover. Nobody may go on before it has another id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Lost {
    #[error(
        "the log ends before position {position}, which was read before: it was put back, or a \
         failover lost its end. If that is meant, stop all services, run `relevo log adopt` and \
         start them again"
    )]
    BeyondTheEnd { position: u64 },
    #[error(
        "the log has another event at position {position} than the one that was read before: it \
         was put back. If that is meant, stop all services, run `relevo log adopt` and start them \
         again"
    )]
    OtherChain { position: u64 },
}

impl Checkpoint {
    /// Whether this is still a place in the log, and if not, what became of it. The chain alone
    /// proves it: it covers everything before it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn confirm(&self, log: &EventLog) -> Result<Result<(), Foreign>, LogError> {
        let found = log.log_id().await?;
        let there = match self.position {
            0 => Some(self.chain.clone()),
            position => log.at(position).await?.map(|event| event.chain),
        };
        Ok(self.judge(found, there.as_deref()))
    }

    /// What a log of the id `found`, with the chain `there` at this position, is to this.
    pub(super) fn judge(&self, found: Uuid, there: Option<&[u8]>) -> Result<(), Foreign> {
        let (wanted, position) = (self.log_id, self.position);
        let same = there == Some(&self.chain);
        match (found == wanted, same, there) {
            (true, true, _) => Ok(()),
            (false, true, _) => Err(Foreign::Renewed(Self {
                log_id: found,
                ..self.clone()
            })),
            (false, false, _) => Err(Foreign::OtherLog { wanted, found }),
            (true, false, Some(_)) => Err(Lost::OtherChain { position }.into()),
            (true, false, None) => Err(Lost::BeyondTheEnd { position }.into()),
        }
    }
}
