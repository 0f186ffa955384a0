//! What all runs of a worker use.

use crate::browser::Sessions;
use kit::adapters::Catalogue;
use kit::delivery::Desk;
use sqlx::PgPool;
use std::time::Duration;

/// A run's own time, without the time humans take.
pub const RUN_LIMIT: Duration = Duration::from_secs(180);

/// The hands of a worker.
pub struct Shared {
    /// Unique per process: `<host>-<pid>-<random>`.
    pub worker: String,
    pub desk: Desk,
    pub nats: async_nats::Client,
    pub pool: PgPool,
    pub catalogue: Catalogue,
    pub sessions: Sessions,
    /// Hosts on private addresses that may be visited all the same.
    pub private_hosts: Vec<String>,
    pub run_limit: Duration,
}
