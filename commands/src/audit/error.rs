//! What keeps a check from its end, and what a check finds.

use super::key::key_id_text;
use crate::error::LogError;
use crate::objects::ObjectsError;
use std::path::PathBuf;
use thiserror::Error;
use uuid::Uuid;

/// Why a check, a signature or an export has no result, or a bad one.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The check's result: something doesn't fit.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    #[error("the log can't be read")]
    Log(#[from] LogError),
    #[error("{path} can't be used")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("an entry can't be written")]
    Write(#[source] std::io::Error),
    #[error("the signing key {path} has mode {mode:04o}, others may use it: chmod 600")]
    KeyOpenToOthers { path: PathBuf, mode: u32 },
    #[error("the signing key {path} wants 64 hexadecimal digits")]
    KeyMalformed { path: PathBuf },
    #[error("{0:?} is no public key: 64 hexadecimal digits, or a file with them")]
    PublicKeyMalformed(String),
    /// There are heads, and nothing to check them with.
    #[error("the heads can't be checked without the signer's public key")]
    NoKey,
    #[error("the log ends at {end}, there is nothing from position {from} on")]
    NothingFrom { from: u64, end: u64 },
    /// The file beside the database knows more than the database.
    #[error(
        "{path} has a head at position {position} that the log doesn't have: it was put back, or has \
         lost its end. If that is meant, `relevo log adopt`"
    )]
    HeadsFileAhead { path: PathBuf, position: u64 },
    /// The place of heads knows more than the database, or something else.
    #[error(
        "the heads' place has {name}, which the log doesn't have: it was put back, or has lost its \
         end, or the place is another installation's. If the first is meant, `relevo log adopt`"
    )]
    HeadsPlaceAhead { name: String },
    #[error("the heads' place can't be used")]
    HeadsPlace(#[from] ObjectsError),
}

impl From<sqlx::Error> for AuditError {
    fn from(error: sqlx::Error) -> Self {
        Self::Log(error.into())
    }
}

/// An event, as it is named to an auditor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub position: u64,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: u64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "position {} ({} {}, sequence {})",
            self.position, self.aggregate_type, self.aggregate_id, self.sequence
        )
    }
}

/// The first thing that doesn't fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Misfit {
    #[error("{place}: position {expected} should be here")]
    Position { place: Place, expected: u64 },
    #[error("{place}: sequence {expected} of this aggregate should be here")]
    Sequence { place: Place, expected: u64 },
    #[error("{0}: recorded before the event that precedes it")]
    Time(Place),
    #[error("{0}: the leaf is not the hash of this event (ids, type, version, payload, metadata)")]
    Leaf(Place),
    #[error(
        "{0}: the chain does not follow from the event before, the position, recorded_at and the leaf"
    )]
    Chain(Place),
    /// The chain holds in itself and is not the one that was signed.
    #[error(
        "between position {good}, which holds, and {bad} the chain was computed anew: the head at \
         position {bad} was signed over another one"
    )]
    Recomputed { good: u64, bad: u64 },
    #[error("the log ends at position {end}, but a head was signed at position {head}")]
    Shorter { end: u64, head: u64 },
    /// The log goes on under another id from before that head: what was behind it is gone.
    #[error(
        "events are lost: log {log_id} was adopted with its end at position {end}, but a head was \
         signed at position {head}"
    )]
    Lost { log_id: Uuid, end: u64, head: u64 },
    #[error("the adoption of log {log_id} at position {position}: {what}")]
    Adoption {
        log_id: Uuid,
        position: u64,
        what: &'static str,
    },
    #[error(
        "the adoption of log {log_id} at position {position} does not lead to the log's present id"
    )]
    History { log_id: Uuid, position: u64 },
    #[error("head at position {0}: the signature does not hold")]
    Signature(u64),
    #[error("head at position {position}: signed by the key {}, which was not given", key_id_text(.key_id))]
    UnknownKey { position: u64, key_id: [u8; 8] },
    #[error("head at position {position}: of another log, {log_id}")]
    OtherLog { position: u64, log_id: Uuid },
    #[error("head at position {position}: does not follow {}", last_good(*.previous))]
    Link {
        position: u64,
        previous: Option<u64>,
    },
    #[error("two heads for position {0}")]
    TwoHeads(u64),
    #[error("head at position {0}: out of order")]
    HeadOrder(u64),
    #[error("no head was signed: a chain computed anew, or a tail cut off, would not show")]
    NoHeads,
    #[error("line {line} of {path}: {detail}")]
    Line {
        path: PathBuf,
        line: u64,
        detail: String,
    },
}

fn last_good(position: Option<u64>) -> String {
    position.map_or_else(
        || "the beginning".to_owned(),
        |position| format!("the head at position {position}"),
    )
}
