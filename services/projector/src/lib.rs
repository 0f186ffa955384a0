//! From the log to the read models.
//!
//! One loop over [`Reader`]: the next events are applied in one transaction that holds the
//! checkpoints' lock and moves them, so a second projector finds itself behind and does no harm. A
//! batch that fails is repeated event by event under savepoints: what can never be applied is parked,
//! with its aggregate's later events behind it; everything else is tried again for ever.
//!
//! Read models that are new, of another version, or of another log are folded anew beside the old
//! ones, which serve until the new ones replace them in one transaction ([`rebuild`]). [`check`]
//! compares every read model with such a fold, row for row.

mod batch;
mod decode;
mod fold;

pub use batch::apply_events;
pub use fold::{Checked, check, rebuild};

use anyhow::Context as _;
use commands::{EventLog, StoredEvent};
use kit::config::Config;
use kit::reader::{Checkpoint, Reader};
use projections::Progress;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Projects until `stop` is cancelled. Waits out whatever is wrong with Postgres or NATS.
///
/// # Errors
/// When the configuration can't be used.
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
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        () = keep_projecting(&pool, &mut reader) => Ok(()),
    }
}

async fn keep_projecting(pool: &PgPool, reader: &mut Reader) {
    const PAUSE: Duration = Duration::from_millis(100);
    let mut pause = PAUSE;
    loop {
        let begun = Instant::now();
        if let Err(error) = project(pool, reader).await {
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
                at = match advance(pool, &at, &events).await? {
                    Some(at) => at,
                    None => rebuild(pool, &log).await?,
                };
            }
            Err(foreign) => {
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
async fn advance(
    pool: &PgPool,
    at: &Checkpoint,
    events: &[StoredEvent],
) -> anyhow::Result<Option<Checkpoint>> {
    let mut tx = pool.begin().await?;
    match projections::lock_progress(&mut tx).await? {
        None => return Ok(None),
        Some(progress) => {
            let found = checkpoint(progress);
            if found != *at {
                return Ok(Some(found));
            }
        }
    }
    projections::use_read(&mut tx).await?;
    apply_events(&mut tx, events).await?;
    let moved = events.last().map_or_else(|| at.clone(), |e| at.moved_to(e));
    projections::store_progress(&mut tx, &progress(&moved)).await?;
    tx.commit().await?;
    Ok(Some(moved))
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
