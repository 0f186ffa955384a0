//! What a request must keep to before anything is done for it.

pub mod cross_site;
mod limits;
mod peer;
mod sockets;

pub use limits::{Limits, per_address};
pub use peer::{ClientAddress, Peer};
