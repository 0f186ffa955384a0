//! Starting services: all in one process, or one.

use crate::cli::Service;
use anyhow::Context;
use kit::config::Config;
use secrecy::ExposeSecret;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgPool};
use std::str::FromStr;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a practice ticket of the kind "too new" is unknown after its first look-up.
const READY_AFTER: Duration = Duration::from_secs(20);

/// Runs a service, or all, until a signal comes.
pub async fn run(service: Service) -> anyhow::Result<()> {
    let config: Config = kit::config::load()?;
    choose_tls(&config, service)?;
    let stop = CancellationToken::new();
    let stopping = tokio::spawn(stop_on_signal(stop.clone()));
    let ended = match service {
        Service::Up => up(&config, stop).await,
        Service::Migrate => migrate(&config, &stop).await.map(drop),
        Service::Api => api::run(&config, stop).await,
        Service::Agent => agent::run(&config, stop).await,
        Service::Relay => relay::run(&config, stop).await,
        Service::Projector => projector::run(&config, stop).await,
        Service::Reactor => reactor::run(&config, stop).await,
        Service::Portals => practice(&config, stop).await,
    };
    stopping.abort();
    ended
}

/// Decides who does TLS in this process: `ring`, before anything else asks. EventStoreDB's client would
/// bring a provider of its own, and be first.
fn choose_tls(config: &Config, service: Service) -> anyhow::Result<()> {
    let reads_no_log = matches!(service, Service::Migrate | Service::Portals);
    if !config.log.is_in_postgres() && !reads_no_log {
        anyhow::bail!(
            "log.backend = \"eventstore\": every service reads the log, and readers know Postgres only \
             so far; the executor alone runs over EventStoreDB (see \"The log in EventStoreDB\" in \
             docs/operators.md)"
        );
    }
    // Nobody else has chosen yet; and if so, it is chosen.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(())
}

async fn stop_on_signal(stop: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping; a second signal ends at once");
    stop.cancel();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    tracing::warn!("ended without waiting");
    std::process::exit(1)
}

/// All services. When one ends by an error, so do the others, and the error is told.
async fn up(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    if migrate(config, &stop).await?.is_none() {
        return Ok(());
    }
    let mut running = JoinSet::new();
    macro_rules! start {
        ($name:literal, $run:expr) => {{
            let (config, stop) = (config.clone(), stop.clone());
            running.spawn(async move { $run(&config, stop).await.context($name) });
        }};
    }
    start!("relay", relay::run);
    start!("projector", projector::run);
    start!("reactor", reactor::run);
    start!("api", api::run);
    start!("agent", agent::run);
    if config.portals.is_some() {
        start!("portals", practice);
    }
    let mut first_error = None;
    while let Some(ended) = running.join_next().await {
        let ended = ended.context("a service panicked").and_then(|ended| ended);
        if let Err(error) = ended {
            tracing::error!(error = format!("{error:#}"), "a service ended");
            first_error.get_or_insert(error);
            stop.cancel();
        }
    }
    first_error.map_or(Ok(()), Err)
}

/// The practice portals, with their adapters put into the agent's folder.
async fn practice(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    let practice = config.portals.as_ref().context(
        "the practice portals have no address: set RELEVO_PORTALS__PLAIN, __WIZARD and __CONTROL",
    )?;
    let portals = portals::Portals::start(portals::PortalsConfig {
        plain: practice.plain,
        wizard: practice.wizard,
        control: practice.control,
        ready_after: READY_AFTER,
        dir: practice.dir.clone(),
    })
    .await?;
    let folder = &config.agent.adapters_dir;
    std::fs::create_dir_all(folder)?;
    for (name, text) in portals.adapters() {
        // Never half a file under a name that the catalogue reads.
        let partial = folder.join(format!("{name}.part"));
        std::fs::write(&partial, text)?;
        std::fs::rename(&partial, folder.join(name))?;
    }
    stop.cancelled().await;
    portals.stop().await;
    Ok(())
}

/// Migrates; `None` when `stop` came before the end.
async fn migrate(config: &Config, stop: &CancellationToken) -> anyhow::Result<Option<()>> {
    let migrated = stop.run_until_cancelled(migrate_now(config)).await;
    migrated.transpose()
}

/// Makes the database when it is not there, then every schema.
async fn migrate_now(config: &Config) -> anyhow::Result<()> {
    let admin = config.database.admin_url.as_ref().context(
        "migrating needs a role that may create schemas and roles: set RELEVO_DATABASE__ADMIN_URL",
    )?;
    let name = config.database.url.path().trim_start_matches('/');
    let options = PgConnectOptions::from_str(admin.expose_secret())?;
    make_database(&options, name).await?;
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .connect_with(options.database(name))
        .await?;
    migrate_all(&pool, config).await?;
    pool.close().await;
    tracing::info!(database = name, "migrated");
    Ok(())
}

async fn migrate_all(pool: &PgPool, config: &Config) -> anyhow::Result<()> {
    let password = config.database.service_password.expose_secret();
    commands::migrate(pool, password).await.context("log")?;
    projections::migrate(pool).await.context("read models")?;
    reactor::migrate(pool).await.context("work")?;
    api::migrate(pool).await.context("sessions")?;
    Ok(())
}

async fn make_database(options: &PgConnectOptions, name: &str) -> anyhow::Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    anyhow::ensure!(
        !name.is_empty() && name.chars().all(plain),
        "«{name}» is no database name: lower-case letters, digits and _ only"
    );
    let mut connection = options
        .clone()
        .database("postgres")
        .connect()
        .await
        .context("the database does not answer at RELEVO_DATABASE__ADMIN_URL")?;
    let there: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
    if !there {
        // The name was checked above; CREATE DATABASE takes no parameters.
        let made = sqlx::query(&format!("CREATE DATABASE \"{name}\""))
            .execute(&mut connection)
            .await;
        match made {
            Err(error) if is_duplicate(&error) => {}
            made => {
                made?;
            }
        }
    }
    Ok(())
}

/// Another process made the database at the same time: `duplicate_database`, or `unique_violation`
/// when both were at it.
fn is_duplicate(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code());
    matches!(code.as_deref(), Some("42P04" | "23505"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use devstack::{Stack, StackOptions};

    #[tokio::test(flavor = "multi_thread")]
    async fn processes_that_make_the_database_at_once_all_find_it() {
        let stack = Stack::start(StackOptions::default()).await.unwrap();
        let options = PgConnectOptions::from_str(&stack.postgres().admin_url()).unwrap();
        let mut making = JoinSet::new();
        for _ in 0..8 {
            let options = options.clone();
            making.spawn(async move { make_database(&options, "raced").await });
        }
        while let Some(made) = making.join_next().await {
            made.unwrap().unwrap();
        }
        options.database("raced").connect().await.unwrap();
        stack.stop().await.unwrap();
    }
}
