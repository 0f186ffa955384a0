//! The read models computed anew from the whole log, beside those that serve.

use crate::{apply_events, checkpoint, progress};
use anyhow::Context as _;
use commands::EventLog;
use kit::reader::Checkpoint;
use projections::Difference;
use sqlx::{Connection as _, PgConnection, PgPool};

/// Events folded in one transaction.
const BATCH: u32 = 1000;

/// Folds the log anew while the old read models serve, and replaces them in one transaction. What
/// was parked is tried again.
///
/// # Errors
/// When the database does not answer; nothing is changed then.
pub async fn rebuild(pool: &PgPool, log: &EventLog) -> anyhow::Result<Checkpoint> {
    let mut db = pool.acquire().await?.detach();
    projections::make_shadow(&mut db).await?;
    let start = Checkpoint::start(log.log_id().await?);
    let at = fold_on(&mut db, log, start, u64::MAX).await?;
    let mut tx = db.begin().await?;
    // From here on the other projectors wait.
    projections::lock_progress(&mut tx).await?;
    let at = fold_on(&mut tx, log, at, u64::MAX).await?;
    projections::replace_by_shadow(&mut tx).await?;
    projections::store_progress(&mut tx, &progress(&at)).await?;
    tx.commit().await?;
    db.close().await?;
    tracing::info!(position = at.position, "read models folded anew");
    Ok(at)
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Where the read models stood when they were compared.
    pub position: u64,
    /// Empty when every read model equals a fold of the log.
    pub differences: Vec<Difference>,
}

/// Compares every read model with a fold of the log up to the same position, row for row and value
/// for value. Changes nothing and may run beside a projector.
///
/// # Errors
/// When the database does not answer, or the read models stand nowhere yet.
pub async fn check(pool: &PgPool, log: &EventLog) -> anyhow::Result<Checked> {
    let mut db = pool.acquire().await?.detach();
    projections::make_shadow(&mut db).await?;
    let place = projections::load_progress(&mut db).await?;
    let place = checkpoint(place.context("the read models stand nowhere yet")?);
    let start = Checkpoint::start(place.log_id);
    let at = fold_on(&mut db, log, start, place.position).await?;
    // One snapshot of read models and checkpoint; the log only grows, so it needs none.
    let mut tx = db
        .begin_with("begin isolation level repeatable read")
        .await?;
    let place = projections::load_progress(&mut tx).await?;
    let place = checkpoint(place.context("the read models stand nowhere yet")?);
    fold_on(&mut tx, log, at, place.position).await?;
    let differences = projections::differences(&mut tx).await?;
    tx.rollback().await?;
    db.close().await?;
    Ok(Checked {
        position: place.position,
        differences,
    })
}

/// Folds into the shadow from one place up to a position, or to the end of the log.
async fn fold_on(
    db: &mut PgConnection,
    log: &EventLog,
    mut at: Checkpoint,
    until: u64,
) -> anyhow::Result<Checkpoint> {
    let mut pages = log.ahead(at.position, until, BATCH);
    loop {
        let events = pages.next().await?;
        let Some(last) = events.last() else {
            return Ok(at);
        };
        let mut tx = db.begin().await?;
        projections::use_shadow(&mut tx).await?;
        apply_events(&mut tx, &events).await?;
        tx.commit().await?;
        at = at.moved_to(last);
    }
}
