//! The HTTP and WebSocket edge: REST under `/api/v1`, events and live pictures under `/ws`.
//!
//! Adding an endpoint: one file under `routes/` that extracts, authorises, does one command or one
//! query and answers; one line in `router.rs`.

mod access;
mod answers;
mod auth;
mod control_beats;
mod erasures;
mod errors;
mod extract;
mod fanout;
mod migrate;
mod page;
mod router;
mod routes;
mod rules;
mod sealing;
mod server;
mod sessions;
mod state;
mod ticket;
mod uploads;
mod ws;

pub use migrate::{MigrateError, migrate};

use crate::control_beats::ControlBeats;
use crate::erasures::Erasures;
use crate::fanout::Fanout;
use crate::rules::Limits;
use crate::sessions::{Sessions, SignIns};
use crate::state::{AppState, Parts};
use anyhow::Context;
use auth::{Provider, SignIn, Tokens};
use commands::{ArtifactStore, CommandBus, Vault};
use kit::adapters::Catalogue;
use kit::config::Config;
use projections::ReadPool;
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const ROLE: &str = "relevo_api";

/// Runs the api until `stop`.
///
/// # Errors
/// Wrong configuration or a database without migrations at the start; nothing after.
pub async fn run(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    let Some(state) = stop.run_until_cancelled(start(config, &stop)).await else {
        return Ok(());
    };
    let state = state?;
    let listener = TcpListener::bind(config.api.listen)
        .await
        .with_context(|| format!("the api can't listen on {}", config.api.listen))?;
    tracing::info!(address = %config.api.listen, "api listens");
    let (log, nats) = (state.bus.log().clone(), state.nats.clone());
    let feeding = tokio::spawn(state.fanout.clone().run(log, nats, stop.clone()));
    let sockets = state.sockets.clone();
    tokio::spawn(state.sessions.clone().keep_clean(stop.clone()));
    tokio::spawn(Limits::keep_small(state.clone(), stop.clone()));
    server::serve(listener, router::router(state), stop).await;
    sockets.close();
    if timeout(server::DRAIN_WITHIN, sockets.wait()).await.is_err() {
        tracing::info!("some sockets were cut at the end");
    }
    feeding.await?;
    Ok(())
}

async fn start(config: &Config, stop: &CancellationToken) -> anyhow::Result<AppState> {
    let url = config.database.role_url(ROLE);
    let bus = CommandBus::connect(&config.log.reach(url.clone()))
        .await
        .context("the api can't use the log; has `relevo migrate` run?")?;
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .connect(&url)
        .await?;
    let vault = Vault::open(pool.clone(), &config.keys.source).await?;
    let files = config.artifacts.ready().await.context("artifacts")?;
    let provider = Provider::new(&config.auth)?;
    let sessions = Sessions::new(pool.clone(), vault.clone(), &config.auth);
    let migrated = sessions.sweep().await;
    migrated.context("the api can't use its sessions; has `relevo migrate` run?")?;
    Ok(AppState::new(Parts {
        artifacts: ArtifactStore::within(vault.clone(), files),
        vault,
        read: ReadPool::connect(&url, 16).await?,
        catalogue: Catalogue::new(&config.agent.adapters_dir),
        tokens: Tokens::new(provider.clone(), &config.auth),
        sign_in: SignIn::new(provider, config)?,
        sign_ins: SignIns::new(pool.clone()),
        sessions,
        erasures: Erasures::new(pool.clone()),
        limits: Limits::new(&config.api),
        origin: config.api.public_address(),
        nats: kit::nats::connect(&config.nats, "api").await?,
        fanout: Fanout::default(),
        control_beats: ControlBeats::new(pool),
        stop: stop.clone(),
        sockets: TaskTracker::new(),
        bus,
    }))
}
