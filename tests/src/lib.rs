//! The harness of Relevo's tests and of its demo: whole installations made of real parts, each
//! with its own Postgres, NATS, sign-in provider, practice portals and `relevo` process.

pub mod builders;
mod control;
mod installation;
mod wait;

pub use control::{PortalControl, Submits};
pub use installation::{Installation, Settings};
pub use wait::{eventually, until_task};
