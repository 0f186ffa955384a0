//! `relevo export …`: arguments.

use clap::{Args, Subcommand};
use domain::UserId;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    Account(ExportAccount),
}

/// Writes everything of a user, opened, into a ZIP: profiles, tickets, and the invoices' files.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  relevo export account 5f0c2f5e-8f0b-5d57-9a3e-2f0d1c9b7a10 --out ana.zip

It holds cuenta.json, tareas.json, facturas/<RFC>/<YYYY-MM>/*.xml and *.pdf, and faltantes.json with
what could not be read. It is plain: give it to its owner, and to nobody else.

Exit code: 0 written, 1 not, 2 written, and something is missing.")]
pub struct ExportAccount {
    /// The user's id.
    pub user: UserId,
    /// A file that is not there yet. Only its owner can read it.
    #[arg(long, value_name = "FILE.zip")]
    pub out: PathBuf,
}
