//! From events to work, timers and commands.
//!
//! The reactor keeps what it knows of each task in its own tables (`work.*`), written in the same
//! transaction as its checkpoint; they are a fold of the log and can be made anew
//! ([`rebuild_work`]), which does nothing to the world. Effects happen in one place (`effects`), by
//! commands whose ids are derived from their cause, and only while the reactor is not behind.
//!
//! Work is handed out by the SQL function `work.next_work`; claimed is a task only by the command
//! StartTask. Leadership (an advisory lock) saves work; the checkpoint's row decides.

mod effects;
mod memory;
mod migrate;
mod options;
mod plan;
mod retention;
mod tables;

pub use migrate::{MigrateError, migrate};
pub use options::ReactorOptions;

use anyhow::Context as _;
use commands::{ArtifactFiles, CommandBus, EventLog, FlushMode, LogConfig};
use effects::Effects;
use kit::config::Config;
use kit::leader::{Leadership, Role};
use kit::reader::{Checkpoint, Foreign, Lost, Reader};
use retention::Eraser;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Reacts until `stop` is cancelled. Waits out whatever is wrong with Postgres or NATS.
///
/// # Errors
/// When the configuration can't be used, or the log has lost events ([`Lost`]): timers would act on
/// tasks that are no longer so.
pub async fn run(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    run_with(config, ReactorOptions::from(config), stop).await
}

/// As [`run`], with other durations.
///
/// # Errors
/// As [`run`].
pub async fn run_with(
    config: &Config,
    options: ReactorOptions,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let url = config.database.role_url("relevo_reactor");
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy(&url)
        .context("database.url can't be used")?;
    let nats = kit::reader::nats_options("relevo-reactor")
        .connect(&config.nats.url)
        .await
        .context("nats.url can't be used")?;
    let reactor = Reactor {
        url,
        pool,
        nats,
        files: ArtifactFiles::new(config.artifacts.ready().await.context("artifacts")?),
        options,
        flush: config.log.flush,
    };
    if let Some(checked) = stop
        .run_until_cancelled(kit::role::checked(&reactor.pool))
        .await
    {
        checked.context("the reactor doesn't start")?;
    }
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        lost = reactor.keep_leading() => {
            Err(anyhow::Error::new(lost).context("the reactor stops"))
        }
    }
}

struct Reactor {
    url: String,
    pool: PgPool,
    nats: async_nats::Client,
    files: ArtifactFiles,
    options: ReactorOptions,
    flush: FlushMode,
}

/// Why leading ended.
enum Interrupted {
    Lost(Lost),
    Passing(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Interrupted {
    fn from(error: E) -> Self {
        Self::Passing(error.into())
    }
}

impl Reactor {
    /// Leads, again and again, until the log turns out to have lost events.
    async fn keep_leading(&self) -> Lost {
        const PAUSE: Duration = Duration::from_millis(200);
        let mut pause = PAUSE;
        loop {
            let begun = Instant::now();
            match self.lead().await {
                Ok(never) => match never {},
                Err(Interrupted::Lost(lost)) => return lost,
                Err(Interrupted::Passing(error)) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "reactor interrupted; trying again"
                    );
                }
            }
            if begun.elapsed() > Duration::from_secs(10) {
                pause = PAUSE;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    async fn lead(&self) -> Result<std::convert::Infallible, Interrupted> {
        let mut leadership = Leadership::acquire(&self.url, Role::Reactor).await?;
        let bus = CommandBus::connect(&LogConfig {
            pool_size: 2,
            kept_states: 256,
            flush: self.flush,
            ..LogConfig::new(self.url.clone())
        })
        .await?;
        let log = bus.log().clone();
        let at = match tables::checkpoint(&mut *self.pool.acquire().await?, false).await? {
            // Before anything is done: timers of events that are gone are not due.
            Some(at) => match at.confirm(&log).await? {
                Ok(()) => at,
                Err(foreign) => self.onto_the_adopted(&log, &at, foreign).await?,
            },
            None => rebuild_work(&self.pool, &log, &self.options).await?,
        };
        let followed = AtomicU64::new(at.position);
        let mut reader = Reader::new(log, self.nats.clone(), "reactor");
        let eraser = Eraser {
            bus: bus.clone(),
            pool: self.pool.clone(),
            nats: self.nats.clone(),
            files: self.files.clone(),
            options: self.options,
        };
        let effects = Effects {
            bus,
            pool: self.pool.clone(),
            nats: self.nats.clone(),
            options: self.options,
            up_since: None,
            answered: None,
        };
        tokio::select! {
            ended = self.follow(&mut reader, at, &followed) => ended,
            ended = self.act(effects, &mut leadership, &followed) => ended,
            ended = self.erase(eraser) => ended,
        }
    }

    /// Follows the log into the tables.
    async fn follow(
        &self,
        reader: &mut Reader,
        mut at: Checkpoint,
        followed: &AtomicU64,
    ) -> Result<std::convert::Infallible, Interrupted> {
        loop {
            let events = match reader.next(&at).await {
                Ok(events) => events,
                Err(foreign) => {
                    at = self.onto_the_adopted(reader.log(), &at, foreign).await?;
                    followed.store(at.position, Ordering::Relaxed);
                    continue;
                }
            };
            let Some(last) = events.last() else {
                continue;
            };
            let mut tx = self.pool.begin().await?;
            if tables::checkpoint(&mut tx, true).await?.as_ref() != Some(&at) {
                return Err(anyhow::anyhow!("another reactor has moved the checkpoint").into());
            }
            let waiting = tables::apply(&mut tx, &events, &self.options).await?;
            at = at.moved_to(last);
            tables::store_checkpoint(&mut tx, &at).await?;
            tx.commit().await?;
            followed.store(at.position, Ordering::Relaxed);
            if waiting {
                effects::work_hint(&self.nats).await;
            }
        }
    }

    /// From a place in a log that was adopted meanwhile to one in the log as it is: the same one, or
    /// the end of it, with tables made anew, which sends nothing.
    async fn onto_the_adopted(
        &self,
        log: &EventLog,
        at: &Checkpoint,
        foreign: Foreign,
    ) -> Result<Checkpoint, Interrupted> {
        match foreign {
            Foreign::Lost(lost) => Err(Interrupted::Lost(lost)),
            Foreign::Renewed(renewed) => {
                tracing::info!(log_id = %renewed.log_id, position = at.position, "the log was adopted");
                let mut tx = self.pool.begin().await?;
                if tables::checkpoint(&mut tx, true).await?.as_ref() != Some(at) {
                    return Err(anyhow::anyhow!("another reactor has moved the checkpoint").into());
                }
                tables::store_checkpoint(&mut tx, &renewed).await?;
                tx.commit().await?;
                Ok(renewed)
            }
            Foreign::OtherLog { .. } => {
                tracing::warn!(%foreign, "making work and timers anew");
                Ok(rebuild_work(&self.pool, log, &self.options).await?)
            }
        }
    }

    /// Acts on what is due, unless the tables are behind the log: then much of it may be overtaken.
    async fn act(
        &self,
        mut effects: Effects,
        leadership: &mut Leadership,
        followed: &AtomicU64,
    ) -> Result<std::convert::Infallible, Interrupted> {
        let mut head = effects::head(&effects.bus).await?;
        loop {
            tokio::time::sleep(self.options.tick).await;
            leadership.confirm().await?;
            // A round ago the log ended there.
            if followed.load(Ordering::Relaxed) >= head {
                effects.round().await?;
            }
            head = effects::head(&effects.bus).await?;
        }
    }
}

impl Reactor {
    /// Erases what was kept long enough. Its commands are guarded by the task's own state, so that
    /// it needs no look at how far the tables are.
    async fn erase(&self, eraser: Eraser) -> Result<std::convert::Infallible, Interrupted> {
        loop {
            tokio::time::sleep(self.options.tick).await;
            eraser.round().await?;
        }
    }
}

/// Makes `work` and `timers` anew from the log, in one transaction, and moves the checkpoint to its
/// end. Sends nothing: no command, no reminder that is late.
///
/// # Errors
/// When the database does not answer; nothing is changed then.
pub async fn rebuild_work(
    pool: &PgPool,
    log: &EventLog,
    options: &ReactorOptions,
) -> anyhow::Result<Checkpoint> {
    let mut tx = pool.begin().await?;
    sqlx::query("lock table work.checkpoint in exclusive mode")
        .execute(&mut *tx)
        .await?;
    for table in ["tasks", "work", "timers", "retention"] {
        sqlx::query(&format!("delete from work.{table}"))
            .execute(&mut *tx)
            .await?;
    }
    let mut at = Checkpoint::start(log.log_id().await?);
    loop {
        let events = log.read_after(at.position, 1000).await?;
        let Some(last) = events.last() else {
            break;
        };
        tables::apply(&mut tx, &events, options).await?;
        at = at.moved_to(last);
    }
    effects::drop_late_reminders(&mut tx).await?;
    tables::store_checkpoint(&mut tx, &at).await?;
    tx.commit().await?;
    tracing::info!(position = at.position, "work and timers made anew");
    Ok(at)
}
