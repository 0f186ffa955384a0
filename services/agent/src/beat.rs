//! Heartbeats: while a run holds its lease, a row says so every two seconds, in the database's
//! time. A lease without beats is expired by the reactor's sweeper.

use crate::journal::Journal;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(2);

/// Beats until `end`, or until the lease is seen to be another's.
pub async fn beat(pool: PgPool, journal: Arc<Journal>, end: CancellationToken) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = end.cancelled() => break,
            _ = tick.tick() => {}
        }
        let view = journal.now();
        if view.task.epoch != journal.epoch || view.task.lease.is_none() {
            break;
        }
        if let Err(error) = stamp(&pool, &journal).await {
            tracing::warn!(task = %journal.id, %error, "no heartbeat");
        }
    }
    // Nobody needs the row any more; the sweeper clears what is left.
    let _ = sqlx::query("delete from work.leases where task_id = $1 and epoch = $2")
        .bind(journal.id.0)
        .bind(epoch(&journal))
        .execute(&pool)
        .await;
}

/// An older epoch never overwrites a newer one.
async fn stamp(pool: &PgPool, journal: &Journal) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into work.leases (task_id, epoch, worker, beat_at) \
         values ($1, $2, $3, clock_timestamp()) \
         on conflict (task_id) do update set epoch = excluded.epoch, worker = excluded.worker, \
         beat_at = excluded.beat_at where work.leases.epoch <= excluded.epoch",
    )
    .bind(journal.id.0)
    .bind(epoch(journal))
    .bind(&journal.worker)
    .execute(pool)
    .await?;
    Ok(())
}

fn epoch(journal: &Journal) -> i64 {
    i64::try_from(journal.epoch).unwrap_or(i64::MAX)
}
