//! The HTTP and WebSocket edge: REST under `/api/v1`, events and live pictures under `/ws`.
//!
//! Adding an endpoint: one file under `routes/` that extracts, authorises, does one command or one
//! query and answers; one line in `router.rs`.

mod access;
mod answers;
mod auth;
mod control_beats;
mod errors;
mod extract;
mod fanout;
mod router;
mod routes;
mod sealing;
mod server;
mod state;
mod ticket;
mod uploads;
mod ws;

use crate::control_beats::ControlBeats;
use crate::fanout::Fanout;
use crate::state::{AppState, Parts};
use anyhow::Context;
use auth::Verifier;
use commands::{ArtifactStore, CommandBus, LogConfig, Vault};
use kit::adapters::Catalogue;
use kit::config::Config;
use projections::ReadPool;
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const ROLE: &str = "relevo_api";

/// Runs the api until `stop`.
///
/// # Errors
/// Wrong configuration or a database without migrations at the start; nothing after.
pub async fn run(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    let url = config.database.role_url(ROLE);
    let bus = CommandBus::connect(&LogConfig::new(url.clone()))
        .await
        .context("the api can't use the log; has `relevo migrate` run?")?;
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .connect(&url)
        .await?;
    let nats = kit::nats::connect(&config.nats, "api").await?;
    let fanout = Fanout::default();
    let vault = Vault::open(pool.clone(), &config.keys.file).await?;
    let state = AppState::new(Parts {
        artifacts: ArtifactStore::new(vault.clone(), config.artifacts.dir.clone()),
        vault,
        read: ReadPool::connect(&url, 16).await?,
        catalogue: Catalogue::new(&config.agent.adapters_dir),
        verifier: Verifier::new(&config.auth)?,
        nats: nats.clone(),
        fanout: fanout.clone(),
        control_beats: ControlBeats::new(pool),
        bus: bus.clone(),
    });
    let feeding = tokio::spawn(fanout.run(bus.log().clone(), nats, stop.clone()));
    let listener = TcpListener::bind(config.api.listen)
        .await
        .with_context(|| format!("the api can't listen on {}", config.api.listen))?;
    tracing::info!(address = %config.api.listen, "api listens");
    server::serve(listener, router::router(state), stop).await;
    feeding.await?;
    Ok(())
}
