//! Messages between the api and the agent about a live browser. Core NATS, never stored.

use domain::UserId;
use schemas::ws::Input;
use serde::{Deserialize, Serialize};

/// One human action, with the right under which it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveInput {
    pub user: UserId,
    pub control_epoch: u64,
    pub input: Input,
}

/// Somebody watches. Published every 2 s; the agent casts while the last one is younger than 5 s
/// and takes a picture at once when `fresh`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveDemand {
    pub fresh: bool,
}

/// The agent has finished its present action and sends nothing more under this control epoch.
/// Repeated on each demand while a human holds control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveReady {
    pub control_epoch: u64,
}
