//! Which ids a log had, and up to where.

use super::error::Misfit;
use super::head::NO_HEAD;
use super::hex_bytes;
use crate::error::LogError;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sqlx::postgres::PgRow;
use sqlx::{PgExecutor, Row as _};
use uuid::Uuid;

/// What every hashed text begins with.
const PURPOSE: &[u8] = b"relevo log adoption 1\0";

/// An id of the log ended and another one took its place: after a restore or a failover that lost
/// events. A link of the heads' chain: it names the last head before it, and the first head under
/// the new id names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    /// The id that ended.
    pub log_id: Uuid,
    pub successor: Uuid,
    /// Of the last event under the old id; 0 when there was none.
    pub position: u64,
    /// Of that event.
    #[serde(with = "hex_bytes")]
    pub chain: [u8; 32],
    /// The database's time, in microseconds; never before that event's.
    pub adopted_at: DateTime<Utc>,
    /// [`super::SignedHead::hash`] of the last head under the old id; when there was none, the hash
    /// of the adoption before; zeros when there was none either.
    #[serde(with = "hex_bytes")]
    pub previous: [u8; 32],
}

impl Adoption {
    /// SHA-256 of: `relevo log adoption 1`, a zero byte, old id (16 bytes), new id (16), position
    /// (8, big-endian), chain (32), time in microseconds since 1970 (8, big-endian), previous (32).
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(PURPOSE);
        hash.update(self.log_id.as_bytes());
        hash.update(self.successor.as_bytes());
        hash.update(self.position.to_be_bytes());
        hash.update(self.chain);
        hash.update(self.adopted_at.timestamp_micros().to_be_bytes());
        hash.update(self.previous);
        hash.finalize().into()
    }
}

/// A log's id and those it had before. An *era* is the time of one of them, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The id it has now.
    pub log_id: Uuid,
    /// In order; most logs have none.
    pub adoptions: Vec<Adoption>,
}

impl History {
    /// Of the log in a database.
    ///
    /// # Errors
    /// When the database does not answer or was never migrated.
    pub async fn read(db: impl PgExecutor<'_>) -> Result<Self, LogError> {
        let rows = sqlx::query(
            "select i.log_id as current, a.log_id, a.successor, a.position, a.chain, \
             a.adopted_at, a.previous from log.identity i left join log.adoptions a on true \
             where i.singleton order by a.number",
        )
        .fetch_all(db)
        .await?;
        let first = rows.first().ok_or(LogError::NoIdentity)?;
        Ok(Self {
            log_id: first.try_get("current")?,
            adoptions: rows
                .iter()
                .filter_map(|row| adoption(row).transpose())
                .collect::<Result<_, _>>()?,
        })
    }

    /// The id under which the event at a position was recorded.
    pub fn id_at(&self, position: u64) -> Uuid {
        self.id_of(self.era_at(position))
    }

    /// The era of the event at a position.
    pub(super) fn era_at(&self, position: u64) -> usize {
        self.adoptions.partition_point(|a| a.position < position)
    }

    pub(super) fn last_era(&self) -> usize {
        self.adoptions.len()
    }

    pub(super) fn id_of(&self, era: usize) -> Uuid {
        self.adoptions.get(era).map_or(self.log_id, |a| a.log_id)
    }

    /// The era of an id; `None` for an id that this log never had.
    pub(super) fn era_of(&self, log_id: Uuid) -> Option<usize> {
        (0..=self.last_era()).find(|era| self.id_of(*era) == log_id)
    }

    /// What the first head under the present id names.
    pub(super) fn beginning(&self) -> [u8; 32] {
        self.adoptions.last().map_or(NO_HEAD, Adoption::hash)
    }

    /// Whether each adoption begins where the one before it ended, and the last one led to the
    /// present id.
    pub(super) fn check(&self) -> Result<(), Misfit> {
        for (era, adoption) in self.adoptions.iter().enumerate() {
            let follows = self.id_of(era + 1) == adoption.successor
                && self.era_of(adoption.log_id) == Some(era);
            let next = self.adoptions.get(era + 1);
            if !follows || next.is_some_and(|next| next.position < adoption.position) {
                let (log_id, position) = (adoption.log_id, adoption.position);
                return Err(Misfit::History { log_id, position });
            }
        }
        Ok(())
    }
}

fn adoption(row: &PgRow) -> Result<Option<Adoption>, sqlx::Error> {
    let Some(log_id) = row.try_get("log_id")? else {
        return Ok(None);
    };
    Ok(Some(Adoption {
        log_id,
        successor: row.try_get("successor")?,
        position: row.try_get::<i64, _>("position")?.unsigned_abs(),
        chain: row.try_get("chain")?,
        adopted_at: row.try_get("adopted_at")?,
        previous: row.try_get("previous")?,
    }))
}
