//! `relevo log …`: arguments.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum LogCommand {
    Adopt(Adopt),
}

/// Gives the log another id, after a restore or a failover that lost events.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo log adopt          shows the log's end, and asks
  relevo log adopt --yes    doesn't ask

Needs RELEVO_DATABASE__ADMIN_URL, and that no service is connected. Changes no event.

Exit code: 0 adopted, 1 not.")]
pub struct Adopt {
    /// Don't ask, also when the log is not empty.
    #[arg(long)]
    pub yes: bool,
}
