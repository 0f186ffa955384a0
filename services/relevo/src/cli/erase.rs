//! `relevo erase …`: arguments.

use clap::{Args, Subcommand};
use domain::{ProfileId, UserId};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub enum EraseCommand {
    Profile(EraseProfile),
    Account(EraseAccount),
    Reapply(Reapply),
}

/// Erases a fiscal profile, with the tickets and invoices made under it. For good.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo erase profile 01937f3e-6c1a-7cc0-9a53-0c6d3a5b8e11 --record kept/erasures.jsonl
  relevo erase profile 01937f3e-6c1a-7cc0-9a53-0c6d3a5b8e11 --yes    doesn't ask

Services go on running. It takes a minute at least; killed anywhere, the same command again finishes.

Exit code: 0 erased, 1 not, 2 blocked, and a task that has to end first has not.")]
pub struct EraseProfile {
    pub profile: ProfileId,
    #[command(flatten)]
    pub how: How,
}

/// Erases everything of a user, for good: profiles, tickets, invoices. The account stays closed.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo export account 5f0c2f5e-8f0b-5d57-9a3e-2f0d1c9b7a10 --out ana.zip     beforehand
  relevo erase account 5f0c2f5e-8f0b-5d57-9a3e-2f0d1c9b7a10 --record kept/erasures.jsonl

Exit code: as of `relevo erase profile`.")]
pub struct EraseAccount {
    /// The user's id (`relevo audit tail` shows it, and GET /api/v1/auth/me).
    pub user: UserId,
    #[command(flatten)]
    pub how: How,
}

/// Erases anew what the log, the vault or the record says was erased: after a restore.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  relevo log adopt && relevo erase reapply --record kept/erasures.jsonl

Exit code: as of `relevo erase profile`.")]
pub struct Reapply {
    #[command(flatten)]
    pub how: How,
}

/// What all erasures share.
#[derive(Clone, Debug, Args)]
pub struct How {
    /// Don't ask.
    #[arg(long)]
    pub yes: bool,
    /// A file that gets a line for each erasure and outlives the database: keep it elsewhere.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// How long to wait for tasks whose final button was pressed.
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    pub wait: Duration,
}

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_secs)
}
