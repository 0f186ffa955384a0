//! From the log to the read models.
//!
//! One loop over [`Reader`]: the next events are applied in one transaction that holds the
//! checkpoints' lock and moves them, so a second projector finds itself behind and does no harm. A
//! batch that fails is repeated event by event under savepoints: what can never be applied is parked,
//! with its aggregate's later events behind it; everything else is tried again for ever.
//!
//! Read models that are new, of another version, or of a log that was adopted without their events
//! are folded anew beside the old ones, until the new ones replace them in one transaction
//! ([`rebuild`]). [`check`] compares every read model with such a fold, row for row. A log that has
//! lost what they show and was not adopted stops the projector.

mod batch;
mod decode;
mod fold;

pub use batch::apply_events;
pub use fold::{Checked, check, rebuild};

use anyhow::Context as _;
use commands::{EventLog, StoredEvent};
use kit::config::Config;
use kit::reader::{Checkpoint, Foreign, Lost, Reader};
use projections::Progress;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Projects until `stop` is cancelled. Waits out whatever is wrong with Postgres or NATS.
///
/// # Errors
/// When the configuration can't be used, or the log has lost events ([`Lost`]).
pub async fn run(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy(&config.database.role_url("relevo_projector"))
        .context("database.url can't be used")?;
    let nats = kit::reader::nats_options("relevo-projector")
        .connect(&config.nats.url)
        .await
        .context("nats.url can't be used")?;
    let log = EventLog::from_pool(pool.clone());
    let mut reader = Reader::new(log, nats, "projector");
    if let Some(checked) = stop.run_until_cancelled(kit::role::checked(&pool)).await {
        checked.context("the projector doesn't start")?;
    }
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        lost = keep_projecting(&pool, &mut reader) => {
            Err(anyhow::Error::new(lost).context("the projector stops"))
        }
    }
}

/// Projects, again and again, until the log turns out to have lost events.
async fn keep_projecting(pool: &PgPool, reader: &mut Reader) -> Lost {
    const PAUSE: Duration = Duration::from_millis(100);
    let mut pause = PAUSE;
    loop {
        let begun = Instant::now();
        if let Err(error) = project(pool, reader).await {
            if let Some(lost) = error.downcast_ref::<Lost>() {
                return *lost;
            }
            tracing::warn!(
                error = format!("{error:#}"),
                "projector interrupted; trying again"
            );
        }
        if begun.elapsed() > Duration::from_secs(10) {
            pause = PAUSE;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

/// Projects until something fails.
async fn project(pool: &PgPool, reader: &mut Reader) -> anyhow::Result<()> {
    let log = reader.log().clone();
    let mut at = standing(pool, &log).await?;
    loop {
        match reader.next(&at).await {
            Ok(events) if events.is_empty() => {}
            Ok(events) => {
                at = match apply(pool, &at, &events).await? {
                    Some(at) => at,
                    None => rebuild(pool, &log).await?,
                };
            }
            Err(Foreign::Lost(lost)) => return Err(lost.into()),
            Err(Foreign::Renewed(renewed)) => {
                tracing::info!(log_id = %renewed.log_id, position = at.position, "the log was adopted");
                at = match renew(pool, &at, renewed).await? {
                    Some(at) => at,
                    None => rebuild(pool, &log).await?,
                };
            }
            Err(foreign @ Foreign::OtherLog { .. }) => {
                tracing::warn!(%foreign, "folding the read models anew");
                at = rebuild(pool, &log).await?;
            }
        }
    }
}

/// Where the read models stand; they are folded anew when they stand nowhere.
async fn standing(pool: &PgPool, log: &EventLog) -> anyhow::Result<Checkpoint> {
    let mut connection = pool.acquire().await?;
    match projections::load_progress(&mut connection).await? {
        Some(progress) => Ok(checkpoint(progress)),
        None => {
            drop(connection);
            rebuild(pool, log).await
        }
    }
}

/// Applies events that follow `at`, and answers the new place; somebody else's when they were
/// faster, and `None` when the read models must be folded anew.
async fn apply(
    pool: &PgPool,
    at: &Checkpoint,
    events: &[StoredEvent],
) -> anyhow::Result<Option<Checkpoint>> {
    let mut tx = pool.begin().await?;
    match projections::lock_progress(&mut tx).await?.map(checkpoint) {
        Some(found) if found == *at => {}
        other => return Ok(other),
    }
    projections::use_read(&mut tx).await?;
    apply_events(&mut tx, events).await?;
    let moved = events.last().map_or_else(|| at.clone(), |e| at.moved_to(e));
    projections::store_progress(&mut tx, &progress(&moved)).await?;
    tx.commit().await?;
    Ok(Some(moved))
}

/// Moves read models that stand at `at` to the same place under the log's new id; answers as
/// [`apply`].
async fn renew(
    pool: &PgPool,
    at: &Checkpoint,
    renewed: Checkpoint,
) -> anyhow::Result<Option<Checkpoint>> {
    let mut tx = pool.begin().await?;
    match projections::lock_progress(&mut tx).await?.map(checkpoint) {
        Some(found) if found == *at => {}
        other => return Ok(other),
    }
    projections::store_progress(&mut tx, &progress(&renewed)).await?;
    tx.commit().await?;
    Ok(Some(renewed))
}

fn checkpoint(progress: Progress) -> Checkpoint {
    Checkpoint {
        log_id: progress.log_id,
        position: progress.position,
        chain: progress.chain,
    }
}

fn progress(checkpoint: &Checkpoint) -> Progress {
    Progress {
        log_id: checkpoint.log_id,
        position: checkpoint.position,
        chain: checkpoint.chain.clone(),
    }
}
