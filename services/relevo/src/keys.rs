//! `relevo keys`: what lies under which key, and exchanging keys while services run.

use crate::cli::{KeysCommand, Rotate};
use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use commands::{Batch, Cursor, KekStatus, KeyAdmin, VaultError};
use kit::config::Config;
use sqlx::postgres::PgPoolOptions;
use std::process::ExitCode;

const NOT_ALL_ROTATED: u8 = 2;
const KEY_MISSING: u8 = 3;
/// How many damaged data keys are told one by one.
const SHOWN: usize = 20;

/// Runs a command about keys.
///
/// # Errors
/// When the keys can't be read or checked, or the database does not answer.
pub async fn run(command: KeysCommand) -> anyhow::Result<ExitCode> {
    let config: Config = kit::config::load()?;
    let url = config.database.role_url("relevo_keys");
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .connect(&url)
        .await
        .context("the database does not let us in; has `relevo migrate` run?")?;
    let admin = KeyAdmin::open(pool, &config.keys.source).await?;
    match command {
        KeysCommand::Status => status(&admin).await,
        KeysCommand::Rotate(Rotate { data: false, .. }) => rotate(&admin).await,
        KeysCommand::Rotate(Rotate { before, .. }) => renew(&admin, before).await,
    }
}

/// Lists the key-encryption keys.
async fn status(admin: &KeyAdmin) -> anyhow::Result<ExitCode> {
    let keks = admin.status().await?;
    for kek in &keks {
        println!("{}", line(kek));
    }
    Ok(ExitCode::from(verdict(&keks)))
}

/// Wraps every data key under the active key.
async fn rotate(admin: &KeyAdmin) -> anyhow::Result<ExitCode> {
    let mut done = 0;
    // Again until there is nothing to do: a service may have made a key behind us.
    let failed = loop {
        let pass = pass(async |after| admin.rewrap_batch(after).await).await?;
        done += pass.done;
        if pass.done == 0 {
            break pass.failed;
        }
    };
    println!("{done} data keys wrapped under {:?}", admin.active());
    // Missing key-encryption keys are told by the lines below, once each.
    let damaged = failed
        .iter()
        .filter(|error| !matches!(error, VaultError::KekMissing { .. }));
    for error in damaged.take(SHOWN) {
        eprintln!("relevo: {error}");
    }
    let keks = admin.status().await?;
    for kek in keks.iter().filter(|kek| !kek.active) {
        println!("{}", line(kek));
    }
    Ok(ExitCode::from(verdict(&keks)))
}

/// Gives every data key a new version.
async fn renew(admin: &KeyAdmin, before: Option<DateTime<Utc>>) -> anyhow::Result<ExitCode> {
    let before = match before {
        Some(before) => before,
        None => admin.now().await?,
    };
    let text = before.to_rfc3339_opts(SecondsFormat::Micros, true);
    println!("if this ends early, go on with --data --before {text}");
    let pass = pass(async |after| admin.renew_batch(before, after).await).await?;
    println!("{} data keys have a new version", pass.done);
    Ok(ExitCode::SUCCESS)
}

/// All batches, from the first to the last.
async fn pass(run: impl AsyncFn(Cursor) -> Result<Batch, VaultError>) -> Result<Batch, VaultError> {
    let mut all = Batch::default();
    let mut after = Cursor::default();
    loop {
        let batch = run(after).await?;
        all.done += batch.done;
        all.failed.extend(batch.failed);
        match batch.next {
            Some(next) => after = next,
            None => return Ok(all),
        }
    }
}

/// One key-encryption key in a line, and what may be done with it.
fn line(kek: &KekStatus) -> String {
    let advice = match (kek.active, kek.held, kek.data_keys) {
        (true, ..) => "active",
        (false, true, 0) => "wraps nothing: may be removed from the key file",
        (false, true, _) => "old: run `relevo keys rotate`",
        (false, false, _) => "MISSING: put it back into the key file",
    };
    let oldest = kek.oldest.map_or_else(
        || "–".to_owned(),
        |at| at.to_rfc3339_opts(SecondsFormat::Secs, true),
    );
    format!(
        "{:<20} {:>8} data keys   oldest {oldest:<20}   {advice}",
        kek.id, kek.data_keys
    )
}

/// The exit code: whether everything lies under the active key.
fn verdict(keks: &[KekStatus]) -> u8 {
    let left = |kek: &&KekStatus| !kek.active && kek.data_keys > 0;
    if keks.iter().filter(left).any(|kek| !kek.held) {
        return KEY_MISSING;
    }
    if keks.iter().any(|kek| left(&kek)) {
        return NOT_ALL_ROTATED;
    }
    0
}
