//! `relevo audit …`: arguments.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use commands::log::At;
use domain::TaskId;
use std::path::PathBuf;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    Verify(VerifyLog),
    Export(ExportLog),
    Key(PrintKey),
    Show(ShowTask),
    Replay(ReplayTask),
    Tail(TailLog),
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
    /// Heads that were kept apart from the log: a file as `audit.heads_file` has them, or a folder as
    /// `[heads]` has it (of a bucket, a copy).
    #[arg(long, value_name = "FILE|FOLDER")]
    pub heads: Option<PathBuf>,
    /// The signer's public key, or a file with one or more of them (`relevo audit key`). May be
    /// repeated. For the database the configured key if absent.
    #[arg(long, value_name = "FILE|HEX")]
    pub key: Vec<String>,
    /// The id of an adopted log whose last events are known to be lost: heads behind its end are no
    /// misfit then. May be repeated.
    #[arg(long, value_name = "LOG")]
    pub accept_loss: Vec<Uuid>,
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

/// Prints a task's state as it was, folded from the log. Sealed values stay sealed.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo audit show 01937f3e-6c1a-7cc0-9a53-0c6d3a5b8e11
  relevo audit show 01937f3e-6c1a-7cc0-9a53-0c6d3a5b8e11 --at 812
  relevo audit show 01937f3e-6c1a-7cc0-9a53-0c6d3a5b8e11 --at 2026-11-26T16:00:00Z --json

Exit code: 0 printed, 1 the log could not be read, 2 there is no such state (unknown task, before its
beginning, beyond the log's end).")]
pub struct ShowTask {
    pub task: TaskId,
    /// A position of the log, or a time of the database's clock (RFC 3339); both included. The log's
    /// end if absent.
    #[arg(long, value_name = "POSITION|TIME", value_parser = place)]
    pub at: Option<At>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// Steps through a task's events, and what each changed in its state. Sealed values stay sealed.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo audit replay 01937f3e-6c1a-7cc0-9a53-0c6d3a5b8e11
  relevo audit replay 01937f3e-6c1a-7cc0-9a53-0c6d3a5b8e11 --from 800 --to 2026-11-26T16:00:00Z
  relevo audit replay 01937f3e-6c1a-7cc0-9a53-0c6d3a5b8e11 --json | jq .changes

Exit code: as of `relevo audit show`.")]
pub struct ReplayTask {
    pub task: TaskId,
    /// Leave out what is before this position; it counts all the same.
    #[arg(long, value_name = "POSITION", default_value_t = 1)]
    pub from: u64,
    /// End here: a position, or a time. The log's end if absent.
    #[arg(long, value_name = "POSITION|TIME", value_parser = place)]
    pub to: Option<At>,
    /// As JSON Lines.
    #[arg(long)]
    pub json: bool,
}

/// Follows the log until Ctrl-C or SIGTERM. Shows of an event what is public of it.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo audit tail                                from now on
  relevo audit tail --from 1 | head -20            the first ones
  relevo audit tail --task 01937f3e-6c1a-7cc0-9a53-0c6d3a5b8e11 --from 1 --json

Exit code: 0 told to stop (or nobody reads on), 1 the log could not be read, 2 it is no longer the same
log (it was restored).")]
pub struct TailLog {
    /// Begin with this position. The next event if absent.
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(u64).range(1..))]
    pub from: Option<u64>,
    /// Only events of this task.
    #[arg(long)]
    pub task: Option<TaskId>,
    /// As JSON Lines.
    #[arg(long)]
    pub json: bool,
}

/// Digits are a position, anything else a time.
fn place(text: &str) -> Result<At, String> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map(At::Position).map_err(|e| e.to_string());
    }
    DateTime::parse_from_rfc3339(text)
        .map(|time| At::Time(time.with_timezone(&Utc)))
        .map_err(|_| "a position, or a time such as 2026-11-26T16:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_position_or_a_time() {
        assert_eq!(place("812"), Ok(At::Position(812)));
        let time = DateTime::from_timestamp(1_764_172_800, 0).map(At::Time);
        assert_eq!(place("2025-11-26T10:00:00-06:00").ok(), time);
        for wrong in ["", "now", "-1", "2026-11-26", "99999999999999999999"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }
}
