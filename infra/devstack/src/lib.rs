//! What runs around Relevo on one machine: a private Postgres, a private NATS with JetStream, a
//! sign-in provider for development, and the browser's parts, found or installed.
//!
//! [`Stack::start`] gives all of it in a folder of its own; any number of stacks run side by side.
//! Nothing outlives the process that started it by more than 30 s, `kill -9` included: every server
//! is a child under a [`holder`]. Data of a stack with a folder of yours is kept, and so are its
//! ports, because the sign-in provider's address is part of a user's identity.
//!
//! The recipe for a test:
//!
//! ```no_run
//! # async fn test() -> anyhow::Result<()> {
//! use devstack::{Stack, StackOptions};
//!
//! let stack = Stack::start(StackOptions::default()).await?;
//! stack.postgres().create_database("mine").await?;
//! let client = async_nats::connect(stack.nats().url()).await?;
//! stack.stop().await?;
//! # Ok(())
//! # }
//! ```

mod env;
mod files;
mod nats;
pub mod oidc;
mod ports;
mod postgres;
pub mod s3;
mod server;
mod stack;

pub use holder;
pub use nats::Nats;
pub use oidc::OidcProvider;
pub use parts::{self, PartReport, User, doctor};
pub use postgres::Postgres;
pub use s3::S3Server;
pub use stack::{BrowserParts, Stack, StackOptions};

/// Installs every missing part and returns when all are usable; see [`parts::install`].
///
/// `yes` says that nobody answers: a password is never asked for.
pub async fn install(yes: bool) -> anyhow::Result<()> {
    tokio::task::spawn_blocking(move || parts::install(yes)).await?
}
