//! The harness of Relevo's tests and of its demo: whole installations made of real parts, each
//! with its own Postgres, NATS, sign-in provider, practice portals and `relevo` process.

pub mod browser;
pub mod builders;
mod case;
mod control;
pub mod fakes;
mod follow;
mod hand;
mod installation;
mod invoice;
pub mod pages;
mod wait;

pub use case::{Case, PATIENCE};
pub use control::{PortalControl, Submits};
pub use follow::Follower;
pub use hand::Hand;
pub use installation::{Installation, Node, Settings};
pub use invoice::{Delivered, delivered, invoice_at_plain_portal};
pub use wait::{eventually, until_task};
