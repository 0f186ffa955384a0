//! `relevo audit`: the log proves itself, and tells what was.

mod replay;
mod show;
mod shown;
mod tail;

use crate::cli::{AuditCommand, ExportLog, VerifyLog};
use anyhow::Context as _;
use commands::EventLog;
use commands::audit::{
    AuditError, Entries, Misfit, PublicKey, SigningKey, Verified, key_id_text, verify,
};
use kit::config::{Audit, Database};
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const MISFIT: u8 = 2;

/// How often progress is shown.
const SHOW_EVERY: Duration = Duration::from_millis(200);

/// What of the configuration matters here; an auditor's machine has no more.
#[derive(Deserialize)]
struct Config {
    database: Option<Database>,
    #[serde(default)]
    audit: Audit,
}

/// Runs a subcommand.
///
/// # Errors
/// When it could not be done. A log that doesn't hold is a result, not an error.
pub async fn run(command: AuditCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Verify(args) => verify_log(&args).await,
        AuditCommand::Export(args) => export(&args).await,
        AuditCommand::Key(_) => print_key(),
        AuditCommand::Show(args) => show::show(&log().await?, &args).await,
        AuditCommand::Replay(args) => replay::replay(&log().await?, &args).await,
        AuditCommand::Tail(args) => tail::tail(&log().await?, &args).await,
    }
}

fn print_key() -> anyhow::Result<ExitCode> {
    let config: Config = kit::config::load()?;
    let path = config.audit.key_file.context(
        "no head is signed here: set RELEVO_AUDIT__KEY_FILE to a file made by `openssl rand -hex 32`",
    )?;
    let key = SigningKey::read(&path)?.public();
    println!("{key} {}", key_id_text(&key.id()));
    Ok(ExitCode::SUCCESS)
}

async fn export(args: &ExportLog) -> anyhow::Result<ExitCode> {
    let entries = Entries::of_database(pool(kit::config::load()?).await?, 1, None).await?;
    let until = entries.until();
    match &args.to {
        None => {
            entries
                .export(&mut BufWriter::new(std::io::stdout()))
                .await?
        }
        Some(path) => {
            let unusable = || format!("{} can't be written", path.display());
            let file = std::fs::File::create(path).with_context(unusable)?;
            let mut writer = BufWriter::new(file);
            let written = entries.export(&mut writer).await?;
            writer.get_ref().sync_all().with_context(unusable)?;
            written
        }
    };
    eprintln!("exported up to position {}", until.unwrap_or(0));
    Ok(ExitCode::SUCCESS)
}

async fn verify_log(args: &VerifyLog) -> anyhow::Result<ExitCode> {
    match checked(args).await {
        Ok(verified) => {
            report(&verified);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => match error.downcast::<AuditError>() {
            Ok(AuditError::Misfit(misfit)) => {
                println!("✗ {misfit}");
                Ok(ExitCode::from(MISFIT))
            }
            Ok(AuditError::NoKey) => Err(AuditError::NoKey).context("give --key"),
            Ok(error) => Err(error.into()),
            Err(error) => Err(error),
        },
    }
}

async fn checked(args: &VerifyLog) -> anyhow::Result<Verified> {
    let mut keys = Vec::new();
    for key in &args.key {
        keys.extend(PublicKey::parse(key)?);
    }
    let heads = args.heads.as_deref();
    let entries = match &args.file {
        Some(file) => Entries::of_file(file, heads).await?,
        None => {
            let config: Config = kit::config::load()?;
            if let (true, Some(path)) = (keys.is_empty(), &config.audit.key_file) {
                keys.push(SigningKey::read(path)?.public());
            }
            Entries::of_database(pool(config).await?, args.from, heads).await?
        }
    };
    let entries = entries.accepting_losses(&args.accept_loss);
    let verified = verify_shown(entries, &keys).await?;
    // Who brings a key or heads expects signatures; a forger who can't make them removes them.
    let expected = !args.key.is_empty() || heads.is_some();
    if expected && verified.heads == 0 {
        return Err(AuditError::from(Misfit::NoHeads).into());
    }
    Ok(verified)
}

/// Checks, and shows on a terminal how far it is.
async fn verify_shown(entries: Entries, keys: &[PublicKey]) -> Result<Verified, AuditError> {
    let terminal = std::io::stderr().is_terminal();
    let of = entries.until().map(|until| format!(" of {until}"));
    let of = of.unwrap_or_default();
    let mut shown = Instant::now();
    let result = verify(entries, keys, |position| {
        if terminal && shown.elapsed() > SHOW_EVERY {
            shown = Instant::now();
            eprint!("\rposition {position}{of} ");
            let _ = std::io::stderr().flush();
        }
    })
    .await;
    if terminal {
        eprint!("\r\x1b[K");
    }
    result
}

fn report(verified: &Verified) {
    println!("log {}", verified.log_id);
    if verified.to < verified.from {
        println!("✓ no event from position {} on", verified.from);
    } else {
        println!(
            "✓ positions {} to {}: every leaf, the chain, sequences, times",
            verified.from, verified.to
        );
    }
    for adoption in &verified.adoptions {
        let (log_id, position) = (adoption.log_id, adoption.position);
        let at = adoption.adopted_at.to_rfc3339();
        println!("✓ up to position {position} it was log {log_id}, adopted at {at}");
    }
    for lost in &verified.lost {
        let (log_id, end, head) = (lost.log_id, lost.end, lost.head);
        println!("! lost, as accepted: log {log_id} had events up to {head}, and ended at {end}");
    }
    match &verified.last_head {
        None => println!("! {}", Misfit::NoHeads),
        Some(head) => {
            println!(
                "✓ {} heads, the last one at position {} of {}",
                verified.heads,
                head.position,
                head.signed_at.to_rfc3339()
            );
            let unsigned = verified.to.saturating_sub(head.position);
            if unsigned > 0 {
                println!("! {unsigned} events after it are chained and not signed yet");
            }
        }
    }
}

/// Whether what was written was taken; a reader who has left is no error (`… | head`).
fn ends_quietly(written: std::io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error).context("standard output can't be written"),
    }
}

/// The configured database's log.
async fn log() -> anyhow::Result<EventLog> {
    let pool = pool(kit::config::load()?).await?;
    Ok(EventLog::from_pool(pool))
}

/// As the relay, which may read what is checked.
async fn pool(config: Config) -> anyhow::Result<PgPool> {
    let database = config.database.context(
        "no database: set RELEVO_DATABASE__URL and RELEVO_DATABASE__SERVICE_PASSWORD, or give --file",
    )?;
    PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(Duration::from_secs(10))
        .connect(&database.role_url("relevo_relay"))
        .await
        .context("the database does not answer")
}
