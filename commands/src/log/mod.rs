//! The event log: one Postgres table, one order.
//!
//! - **Order.** Appends are serialised by a lock in the database, so positions are gapless and in
//!   commit order: to tail the log is `position > n`, with no gaps to detect.
//! - **Writers.** Each process has one (module `writer`), which takes what waits into one call of
//!   `log.append`: a batch costs one round trip and one flush.
//! - **Verdicts.** Every append says which sequence it expects of its aggregate and is accepted or
//!   conflicts by itself; a bad one never spoils its neighbours.
//! - **Evidence.** `leaf` hashes an event, `chain` hashes it to its predecessor ([`leaf_hash`],
//!   [`chain_hash`]).
//! - **Durability.** A writer acknowledges nothing that is not on disk, and this module gives out no
//!   row that is not (module `flushed`): a crash takes back nothing that anybody was told.
//! - **Identity.** A log has an id, since position *n* is not for ever: a restored log renews it.

mod ahead;
mod as_of;
mod decode;
mod find;
mod flushed;
mod hash;
mod stored;

pub use ahead::Ahead;
pub use as_of::{AsOf, AsOfError, At, Replay};
pub use hash::{GENESIS_CHAIN, LeafInput, chain_hash, leaf_hash};
pub use stored::{EventMetadata, StoredEvent};

pub(crate) use decode::decode_payload;
pub(crate) use flushed::flush;

use crate::error::LogError;
use chrono::{DateTime, Utc};
use flushed::{FlushedPool, YOUNG};
use sqlx::PgPool;
use sqlx::Row as _;
use sqlx::postgres::{PgPoolOptions, PgRow};
use uuid::Uuid;

const COLUMNS: &str = "position, event_id, recorded_at, aggregate_type, aggregate_id, sequence, \
                       event_type, event_version, payload::text, metadata::text, leaf, chain";

/// The end of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// 0 when the log is empty.
    pub position: u64,
    /// [`GENESIS_CHAIN`] when the log is empty.
    pub chain: Vec<u8>,
    /// When the last event was recorded.
    pub recorded_at: Option<DateTime<Utc>>,
}

/// The reading side of the log.
#[derive(Clone, Debug)]
pub struct EventLog {
    pool: FlushedPool,
}

impl EventLog {
    /// Opens a small pool of its own.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn connect(url: &str) -> Result<Self, LogError> {
        let pool = PgPoolOptions::new().max_connections(4).connect(url).await?;
        Ok(Self::from_pool(pool))
    }

    /// Reads through a pool whose role may SELECT from `log.events`.
    pub fn from_pool(pool: PgPool) -> Self {
        Self {
            pool: FlushedPool::new(pool),
        }
    }

    /// Of a log that is not in Postgres: every read fails.
    #[cfg(feature = "eventstore")]
    pub(crate) async fn nowhere() -> Self {
        let options = sqlx::postgres::PgConnectOptions::new_without_pgpass();
        let pool = PgPoolOptions::new().connect_lazy_with(options);
        pool.close().await;
        Self::from_pool(pool)
    }

    /// The id of this log.
    ///
    /// # Errors
    /// When the database does not answer or was never migrated.
    pub async fn log_id(&self) -> Result<Uuid, LogError> {
        let sql = "select log_id, false as young from log.identity where singleton";
        let rows = self.pool.rows(sqlx::query(sql)).await?;
        let row = rows.first().ok_or(LogError::NoIdentity)?;
        Ok(row.try_get("log_id")?)
    }

    /// Up to `limit` events after a position, in order. None left out: what is missing in the
    /// answer is not there yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read_after(
        &self,
        position: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, LogError> {
        // The predecessor comes along for its chain.
        let sql = format!(
            "select {COLUMNS}, {YOUNG} from log.events where position >= $1 \
             order by position limit $2"
        );
        let predecessor = i64::from(position > 0);
        let query = sqlx::query(&sql)
            .bind(to_sql(position.max(1)))
            .bind(i64::from(limit) + predecessor);
        let rows = self.pool.rows(query).await?;
        let mut chain = GENESIS_CHAIN.to_vec();
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            let event = stored(row, chain)?;
            chain = event.chain.clone();
            if event.position > position {
                events.push(event);
            }
        }
        Ok(events)
    }

    /// The events of one aggregate after a sequence, in order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read_stream(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        after_sequence: u64,
    ) -> Result<Vec<StoredEvent>, LogError> {
        self.read_range(
            aggregate_type,
            aggregate_id,
            after_sequence.saturating_add(1),
            i64::MAX as u64,
        )
        .await
    }

    /// The last sequence of an event's aggregate before the event's position; 0 if there is none.
    pub(crate) async fn sequence_before(&self, event: &StoredEvent) -> Result<u64, LogError> {
        let sql = format!(
            "select sequence, {YOUNG} from log.events where aggregate_type = $1 \
             and aggregate_id = $2 and position < $3 order by sequence desc limit 1"
        );
        let query = sqlx::query(&sql)
            .bind(&event.aggregate_type)
            .bind(&event.aggregate_id)
            .bind(to_sql(event.position));
        let rows = self.pool.rows(query).await?;
        let sequence = rows.first().map(|row| row.try_get::<i64, _>("sequence"));
        Ok(sequence.transpose()?.unwrap_or(0).unsigned_abs())
    }

    /// The events of one aggregate from one sequence to another, both included.
    pub(crate) async fn read_range(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        from: u64,
        to: u64,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let sql = format!(
            "select e.position, e.event_id, e.recorded_at, e.aggregate_type, e.aggregate_id, \
             e.sequence, e.event_type, e.event_version, e.payload::text, e.metadata::text, e.leaf, \
             e.chain, p.chain as previous_chain, e.{YOUNG} \
             from log.events e left join log.events p on p.position = e.position - 1 \
             where e.aggregate_type = $1 and e.aggregate_id = $2 \
             and e.sequence between $3 and $4 order by e.sequence"
        );
        let query = sqlx::query(&sql)
            .bind(aggregate_type)
            .bind(aggregate_id)
            .bind(to_sql(from))
            .bind(to_sql(to));
        let rows = self.pool.rows(query).await?;
        rows.iter()
            .map(|row| {
                let previous: Option<Vec<u8>> = row.try_get("previous_chain")?;
                Ok(stored(
                    row,
                    previous.unwrap_or_else(|| GENESIS_CHAIN.to_vec()),
                )?)
            })
            .collect()
    }

    /// The event at a position, if the log is that long.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn at(&self, position: u64) -> Result<Option<StoredEvent>, LogError> {
        let Some(before) = position.checked_sub(1) else {
            return Ok(None);
        };
        Ok(self.read_after(before, 1).await?.pop())
    }

    /// The end of the log.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn head(&self) -> Result<Head, LogError> {
        let sql = format!(
            "select position, chain, recorded_at, {YOUNG} from log.events \
             order by position desc limit 1"
        );
        let rows = self.pool.rows(sqlx::query(&sql)).await?;
        Ok(match rows.first() {
            Some(row) => Head {
                position: row.try_get::<i64, _>("position")?.unsigned_abs(),
                chain: row.try_get("chain")?,
                recorded_at: Some(row.try_get("recorded_at")?),
            },
            None => Head {
                position: 0,
                chain: GENESIS_CHAIN.to_vec(),
                recorded_at: None,
            },
        })
    }

    /// The position of an aggregate's last event, which has at least this sequence. With that, all
    /// of the aggregate up to it is on disk, by whomever it was read.
    pub(crate) async fn position_of(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        sequence: u64,
    ) -> Result<u64, LogError> {
        let sql = format!(
            "select position, sequence, {YOUNG} from log.events \
             where aggregate_type = $1 and aggregate_id = $2 order by sequence desc limit 1"
        );
        let query = sqlx::query(&sql).bind(aggregate_type).bind(aggregate_id);
        let rows = self.pool.rows(query).await?;
        let (position, last): (i64, i64) = match rows.first() {
            Some(row) => (row.try_get("position")?, row.try_get("sequence")?),
            None => (0, 0),
        };
        if last.unsigned_abs() < sequence {
            return Err(LogError::Rewound);
        }
        Ok(position.unsigned_abs())
    }
}

/// Positions and sequences are `bigint` in the table and never negative.
fn to_sql(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// From the columns of [`COLUMNS`], which come first.
fn stored(row: &PgRow, previous_chain: Vec<u8>) -> Result<StoredEvent, sqlx::Error> {
    Ok(StoredEvent {
        position: row.try_get::<i64, _>(0)?.unsigned_abs(),
        event_id: row.try_get(1)?,
        recorded_at: row.try_get(2)?,
        aggregate_type: row.try_get(3)?,
        aggregate_id: row.try_get(4)?,
        sequence: row.try_get::<i64, _>(5)?.unsigned_abs(),
        event_type: row.try_get(6)?,
        event_version: row.try_get(7)?,
        payload: row.try_get(8)?,
        metadata: row.try_get(9)?,
        leaf: row.try_get(10)?,
        chain: row.try_get(11)?,
        previous_chain,
    })
}
