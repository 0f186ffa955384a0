//! `relevo log`: which log this is.

use crate::cli::{Adopt, LogCommand};
use crate::confirm;
use anyhow::Context as _;
use commands::EventLog;
use commands::audit::adopt;
use kit::config::Config;
use secrecy::ExposeSecret;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::process::ExitCode;
use std::str::FromStr as _;

/// Runs a subcommand.
///
/// # Errors
/// When it could not be done; nothing is changed then.
pub async fn run(command: LogCommand) -> anyhow::Result<ExitCode> {
    match command {
        LogCommand::Adopt(args) => adopt_log(&args).await,
    }
}

async fn adopt_log(args: &Adopt) -> anyhow::Result<ExitCode> {
    let pool = admin_pool(&kit::config::load()?).await?;
    let log = EventLog::from_pool(pool.clone());
    let (log_id, end) = (log.log_id().await?, log.head().await?);
    match end.recorded_at {
        None => println!("log {log_id} is empty"),
        Some(at) => println!(
            "log {log_id} ends at position {}, recorded at {}",
            end.position,
            at.to_rfc3339()
        ),
    }
    if end.position > 0 && !args.yes && !confirmed()? {
        println!("nothing was changed");
        return Ok(ExitCode::FAILURE);
    }
    let adoption = adopt(&pool, end.position).await?;
    println!(
        "old id {}, up to position {}",
        adoption.log_id, adoption.position
    );
    println!("new id {}, from there on", adoption.successor);
    pool.close().await;
    Ok(ExitCode::SUCCESS)
}

fn confirmed() -> anyhow::Result<bool> {
    confirm::confirmed(
        "Go on from there under another id? Whatever was recorded behind it is given up.",
        "the log is not empty: give --yes if it is to go on from there under another id",
    )
}

/// As the role that migrates.
async fn admin_pool(config: &Config) -> anyhow::Result<PgPool> {
    let admin =
        config.database.admin_url.as_ref().context(
            "adopting a log needs the role that migrates: set RELEVO_DATABASE__ADMIN_URL",
        )?;
    let name = config.database.url.path().trim_start_matches('/');
    let options = PgConnectOptions::from_str(admin.expose_secret())?;
    PgPoolOptions::new()
        .max_connections(2)
        .connect_with(options.database(name))
        .await
        .context("the database does not answer; has `relevo migrate` run?")
}
