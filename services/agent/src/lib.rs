//! The browser agent: takes tasks, drives a real browser through vendors' portals by adapters,
//! stops for humans, and hands in verified invoices.
//!
//! - `worker` takes work and claims it; `beat` keeps the lease alive; `journal` follows a task and
//!   gives the run's commands.
//! - `run` is one run from the entry page to the files; `read` holds its pure parts.
//! - `browser` is the browser itself; `live` shows it to whoever watches.
//!
//! Nothing here names a portal: what a portal is, an adapter says (`schemas::adapter`).
//!
//! Waits: a technical error is tried again after 2 s, doubling, three times. "Not yet there" puts
//! the task off for the adapter's `not_before_minutes`, at least 15 s, doubling up to 48 h; a portal
//! that is down, after three tries, for 30 min, doubling up to 6 h; both end with the ticket's
//! window. A run has three minutes of its own; the time humans take does not count.

mod beat;
pub mod browser;
mod clock;
mod journal;
mod live;
mod read;
mod run;
mod shared;
mod worker;

use anyhow::Context as _;
use browser::{BrowserConfig, Sessions};
use commands::{ArtifactStore, CommandBus, LogError, Objects, Vault, VaultError};
use kit::adapters::Catalogue;
use kit::config::Config;
use kit::delivery::Desk;
use shared::{RUN_LIMIT, Shared};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Runs the agent until `stop`: then its runs end at a safe point, their browsers are closed and
/// their leases given back.
///
/// # Errors
/// Wrong configuration (a key file that is not the database's, a malformed address). A database or
/// broker that does not answer is waited for.
pub async fn run(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    let sessions = Sessions::new(BrowserConfig::from(&config.agent));
    sessions
        .sweep()
        .await
        .context("browsers of an earlier run could not be cleared away")?;
    let nats = kit::nats::connect(&config.nats, "agent").await?;
    let files = config.artifacts.ready().await.context("artifacts")?;
    let Some(desk) = open(config, &files, &stop).await? else {
        return Ok(());
    };
    let (desk, pool) = desk;
    let private_hosts = config.agent.allow_private_hosts.split(',');
    let private_hosts = private_hosts.map(str::trim).filter(|host| !host.is_empty());
    let shared = Shared {
        worker: worker::name(),
        desk,
        nats,
        pool,
        catalogue: Catalogue::new(&config.agent.adapters_dir),
        sessions,
        private_hosts: private_hosts.map(str::to_owned).collect(),
        run_limit: RUN_LIMIT,
    };
    tracing::info!(
        worker = shared.worker,
        slots = config.agent.slots,
        "agent is up"
    );
    worker::work(Arc::new(shared), config.agent.slots, stop).await;
    Ok(())
}

/// Connects to the log and the vault, waiting for a database that is not there yet. `None` when
/// told to stop meanwhile.
async fn open(
    config: &Config,
    files: &Objects,
    stop: &CancellationToken,
) -> anyhow::Result<Option<(Desk, PgPool)>> {
    let url = config.database.role_url("relevo_agent");
    let mut wait = Duration::from_millis(100);
    loop {
        let error = match try_open(config, files, &url).await {
            Ok(opened) => return Ok(Some(opened)),
            Err(error) if is_final(&error) => return Err(error),
            Err(error) => error,
        };
        tracing::warn!(%error, "the database is waited for");
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(Duration::from_secs(2));
    }
}

async fn try_open(config: &Config, files: &Objects, url: &str) -> anyhow::Result<(Desk, PgPool)> {
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(5))
        .connect(url)
        .await?;
    let vault = Vault::open(pool.clone(), &config.keys.source).await?;
    let bus = CommandBus::connect(&config.log.reach(url)).await?;
    let artifacts = ArtifactStore::within(vault.clone(), files.clone());
    let desk = Desk {
        vault,
        artifacts,
        bus,
    };
    Ok((desk, pool))
}

/// Errors that waiting does not mend.
fn is_final(error: &anyhow::Error) -> bool {
    if let Some(vault) = error.downcast_ref::<VaultError>() {
        return !matches!(vault, VaultError::Database(_));
    }
    matches!(
        error.downcast_ref::<LogError>(),
        Some(LogError::TooPowerful { .. })
    )
}
