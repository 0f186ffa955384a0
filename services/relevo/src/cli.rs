//! The command line.

mod audit;
mod erase;
mod export;
mod log;

pub use audit::{AuditCommand, ExportLog, ReplayTask, ShowTask, TailLog, VerifyLog};
pub use erase::{EraseCommand, How};
pub use export::{ExportAccount, ExportCommand};
pub use log::{Adopt, LogCommand};

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand};
use domain::TaskId;
use std::path::PathBuf;
use url::Url;

/// Gets Mexican electronic invoices (CFDI 4.0) out of vendors' web portals.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:
  relevo up                              all services in one process
  relevo submit ticket.json --watch      hand a ticket in and follow it
  relevo cfdi verify factura.xml         check an invoice, offline
  relevo audit verify                    check the whole log"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(flatten)]
    Service(Service),
    Submit(Submit),
    Watch(Watch),
    /// About one invoice file.
    #[command(subcommand)]
    Cfdi(CfdiCommand),
    /// About the keys that seal data.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Erases what belongs to a user, for good.
    #[command(subcommand)]
    Erase(EraseCommand),
    /// Gives a user what is theirs.
    #[command(subcommand)]
    Export(ExportCommand),
    /// About the log as evidence.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// About which log this is.
    #[command(subcommand)]
    Log(LogCommand),
}

/// What runs until it is told to stop (Ctrl-C or SIGTERM).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Service {
    /// Migrates the database and runs all services in one process.
    #[command(after_help = "Example:
  RELEVO_CONFIG=/etc/relevo.toml relevo up

Configuration comes from relevo.toml (or the file in RELEVO_CONFIG) and from variables
RELEVO_<SECTION>__<KEY>, such as RELEVO_NATS__URL. `cargo xtask up` brings everything it needs.")]
    Up,
    /// Brings the database's schemas and roles up to date, and ends.
    #[command(after_help = "Example:
  RELEVO_DATABASE__ADMIN_URL=postgres://admin:…@db/relevo relevo migrate")]
    Migrate,
    /// REST and WebSockets.
    #[command(after_help = "Example:\n  RELEVO_API__LISTEN=0.0.0.0:8400 relevo api")]
    Api,
    /// Drives browsers through portals.
    #[command(after_help = "Example:\n  RELEVO_AGENT__SLOTS=4 relevo agent")]
    Agent,
    /// Publishes the log to JetStream.
    #[command(after_help = "Example:\n  relevo relay")]
    Relay,
    /// Keeps the read models.
    #[command(after_help = "Example:\n  relevo projector")]
    Projector,
    /// Turns events into work, timers and retries.
    #[command(after_help = "Example:\n  relevo reactor")]
    Reactor,
    /// Serves the practice portals (never in production).
    #[command(after_help = "Example:
  RELEVO_PORTALS__PLAIN=127.0.0.1:8411 RELEVO_PORTALS__WIZARD=127.0.0.1:8412 \\
  RELEVO_PORTALS__CONTROL=127.0.0.1:8413 relevo portals")]
    Portals,
}

/// Where the service is and who calls.
#[derive(Clone, Debug, Args)]
pub struct Access {
    /// Address of the api.
    #[arg(long, env = "RELEVO_URL", default_value = "http://127.0.0.1:8400")]
    pub url: Url,
    /// Access token of the OpenID provider (`cargo xtask token` prints one for development).
    #[arg(long, env = "RELEVO_TOKEN", hide_env_values = true)]
    pub token: String,
}

/// Hands a ticket in.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo submit ticket.json
  echo '{\"portal\":\"la-paloma\",\"profile\":\"0190…\",\"fields\":{\"ticket\":\"10023456\",\"total\":\"116.00\"}}' | relevo submit - --watch
  relevo submit ticket.json --key 2026-11-23-001     # may be repeated safely")]
pub struct Submit {
    /// A JSON file as for `POST /api/v1/tasks`, or `-` for standard input.
    pub file: String,
    /// Idempotency key: the same key again gives the first answer.
    #[arg(long)]
    pub key: Option<String>,
    /// Follow the task until it ends.
    #[arg(long)]
    pub watch: bool,
    /// With --watch: where the invoice is written.
    #[arg(long, default_value = "out")]
    pub out: PathBuf,
    #[command(flatten)]
    pub access: Access,
}

/// Follows a task until it ends, and writes its invoice.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo watch 01937f3e-6c1a-7cc0-9a53-0c6d3a5b8e11
  relevo watch 01937f3e-6c1a-7cc0-9a53-0c6d3a5b8e11 --out ~/facturas

Exit code: 0 completed, 2 failed.")]
pub struct Watch {
    pub task: TaskId,
    /// Where the invoice is written.
    #[arg(long, default_value = "out")]
    pub out: PathBuf,
    #[command(flatten)]
    pub access: Access,
}

#[derive(Debug, Subcommand)]
pub enum CfdiCommand {
    Verify(Verify),
}

/// Checks an invoice file: structure, stamp, signature and, when given, RFC and total.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo cfdi verify factura.xml
  relevo cfdi verify factura.xml --rfc XIQB891116QE4 --total 36.01

Exit code: 0 acceptable, 2 needs a look, 3 not an invoice or altered.")]
pub struct Verify {
    pub file: PathBuf,
    /// The RFC it should be made for.
    #[arg(long)]
    pub rfc: Option<String>,
    /// The total it should have, in pesos.
    #[arg(long)]
    pub total: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Lists the key-encryption keys, and how many data keys lie under each.
    #[command(after_help = "Example:
  relevo keys status

Exit code: 0 everything lies under the active key, 2 some data keys lie under an old one, 3 some lie
under one that is not at hand.")]
    Status,
    Rotate(Rotate),
}

/// Wraps every data key under the active key-encryption key, while services run.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  relevo keys rotate                                  may be stopped and repeated
  relevo keys rotate --data                           a new version of every data key instead
  relevo keys rotate --data --before 2026-11-26T16:00:00Z

Exit code: as of `relevo keys status`.")]
pub struct Rotate {
    /// Give every data key a new version, which seals from now on; nothing sealed is touched.
    #[arg(long)]
    pub data: bool,
    /// With --data: leave out keys with a version that was made since.
    #[arg(long, requires = "data", value_name = "TIME")]
    pub before: Option<DateTime<Utc>>,
}
