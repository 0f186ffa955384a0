//! A log that was put back gets another id.

use super::head::SignedHead;
use super::history::{Adoption, History};
use super::store::HeadStore;
use crate::error::LogError;
use crate::log::EventLog;
use crate::migrate::SERVICE_ROLES;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use std::time::{Duration, Instant};
use thiserror::Error;
use uuid::Uuid;

/// How long connections of services that have just ended are waited for.
const LINGER: Duration = Duration::from_secs(5);

/// Why a log did not get another id. Nothing is changed then.
#[derive(Debug, Error)]
pub enum AdoptError {
    #[error("services are connected ({0}): stop them all, and adopt again")]
    Connected(String),
    #[error("the log has {found} as its last position, not {expected}: look again")]
    Moved { expected: u64, found: u64 },
    #[error("the log can't be adopted")]
    Log(#[from] LogError),
    #[error("the log's last chain is damaged: check it with `relevo audit verify`")]
    Damaged,
}

impl From<sqlx::Error> for AdoptError {
    fn from(error: sqlx::Error) -> Self {
        Self::Log(error.into())
    }
}

/// Gives the log another id, and records up to which position the old one holds. Through a pool of
/// the role that migrates. `expected` is the position the caller was shown as the log's last.
///
/// It holds the lock of `log.append`, so no append is under way, and each later one sees the new
/// id; a writer that still has the old one is refused (RL001). Services that are connected are a
/// refusal: what they hold in memory may be of events that are gone.
///
/// # Errors
/// [`AdoptError`].
pub async fn adopt(admin: &PgPool, expected: u64) -> Result<Adoption, AdoptError> {
    let mut tx = admin.begin().await?;
    for setting in ["synchronous_commit = on", "lock_timeout = '30s'"] {
        let sql = format!("set local {setting}");
        sqlx::query(&sql).execute(&mut *tx).await?;
    }
    sqlx::query("select pg_advisory_xact_lock(7305460, 1)")
        .execute(&mut *tx)
        .await?;
    nobody_connected(&mut tx).await?;
    // The lock is held: what other connections read is what this one would.
    let end = EventLog::from_pool(admin.clone()).head().await?;
    if end.position != expected {
        let found = end.position;
        return Err(AdoptError::Moved { expected, found });
    }
    let history = History::read(&mut *tx).await?;
    let heads = HeadStore {
        pool: admin.clone(),
        log_id: history.log_id,
    };
    let last = heads.last_until(end.position).await?;
    let now: DateTime<Utc> = sqlx::query_scalar("select clock_timestamp()")
        .fetch_one(&mut *tx)
        .await?;
    let adoption = Adoption {
        log_id: history.log_id,
        successor: Uuid::new_v4(),
        position: end.position,
        chain: end.chain.try_into().map_err(|_| AdoptError::Damaged)?,
        adopted_at: end.recorded_at.map_or(now, |last| now.max(last)),
        previous: last.map_or_else(|| history.beginning(), |head| SignedHead::hash(&head)),
    };
    record(&mut tx, &history, &adoption).await?;
    tx.commit().await?;
    Ok(adoption)
}

/// Waits a moment for backends of processes that have just ended.
async fn nobody_connected(db: &mut PgConnection) -> Result<(), AdoptError> {
    let deadline = Instant::now() + LINGER;
    loop {
        let connected: Option<String> = sqlx::query_scalar(
            "select string_agg(distinct usename::text, ', ') from pg_stat_activity \
             where datname = current_database() and usename = any($1)",
        )
        .bind(SERVICE_ROLES)
        .fetch_one(&mut *db)
        .await?;
        match connected {
            None => return Ok(()),
            Some(roles) if Instant::now() > deadline => return Err(AdoptError::Connected(roles)),
            Some(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        // Within a transaction the answer is kept.
        sqlx::query("select pg_stat_clear_snapshot()")
            .execute(&mut *db)
            .await?;
    }
}

async fn record(
    db: &mut PgConnection,
    history: &History,
    adoption: &Adoption,
) -> Result<(), sqlx::Error> {
    let number = i32::try_from(history.adoptions.len() + 1).unwrap_or(i32::MAX);
    sqlx::query(
        "insert into log.adoptions \
         (number, log_id, successor, position, chain, adopted_at, previous) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(number)
    .bind(adoption.log_id)
    .bind(adoption.successor)
    .bind(i64::try_from(adoption.position).unwrap_or(i64::MAX))
    .bind(adoption.chain.as_slice())
    .bind(adoption.adopted_at)
    .bind(adoption.previous.as_slice())
    .execute(&mut *db)
    .await?;
    sqlx::query("update log.identity set log_id = $1, adopted_at = $2 where singleton")
        .bind(adoption.successor)
        .bind(adoption.adopted_at)
        .execute(db)
        .await?;
    Ok(())
}
