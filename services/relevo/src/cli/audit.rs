//! `relevo audit …`: arguments.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    Verify(VerifyLog),
    Export(ExportLog),
    Key(PrintKey),
}

/// Checks the log: every hash computed anew, no gap, no time that falls, every signed head.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo audit verify                                            the configured database
  relevo audit verify --key signer.pub --heads kept/heads.jsonl  with what an auditor keeps
  relevo audit verify --file log.jsonl --key signer.pub          an exported log, no database

Exit code: 0 all of it holds, 1 the check could not be made, 2 something doesn't fit.")]
pub struct VerifyLog {
    /// Begin at this position, and take what is before as it stands.
    #[arg(long, value_name = "POSITION", default_value_t = 1,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub from: u64,
    /// An exported log, in place of the database.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub file: Option<PathBuf>,
    /// Heads that were kept apart from the log, as `audit.heads_file` has them.
    #[arg(long, value_name = "FILE")]
    pub heads: Option<PathBuf>,
    /// The signer's public key, or a file with one or more of them (`relevo audit key`). May be
    /// repeated. For the database the configured key if absent.
    #[arg(long, value_name = "FILE|HEX")]
    pub key: Vec<String>,
}

/// Writes the log and its heads as JSON Lines, for a check without a database.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo audit export --to log.jsonl
  relevo audit export | zstd > log.jsonl.zst

Exit code: 0 written, 1 not.")]
pub struct ExportLog {
    /// Standard output if absent.
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

/// Prints the signer's public key and its id, to be handed to auditors.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  relevo audit key > signer.pub")]
pub struct PrintKey {}
