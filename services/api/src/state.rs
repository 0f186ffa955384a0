//! What every endpoint can reach. Handlers never see a raw pool: queries go through `ReadPool`,
//! which carries the user.

use crate::auth::{SignIn, Tokens};
use crate::control_beats::ControlBeats;
use crate::erasures::Erasures;
use crate::fanout::Fanout;
use crate::rules::Limits;
use crate::sessions::{Sessions, SignIns};
use commands::{ArtifactStore, CommandBus, Vault};
use kit::adapters::Catalogue;
use projections::ReadPool;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// The parts of [`AppState`].
pub struct Parts {
    pub bus: CommandBus,
    pub vault: Vault,
    pub artifacts: ArtifactStore,
    pub read: ReadPool,
    pub catalogue: Catalogue,
    pub tokens: Tokens,
    pub sign_in: SignIn,
    pub sign_ins: SignIns,
    pub sessions: Sessions,
    pub erasures: Erasures,
    pub limits: Limits,
    /// The page's origin, as browsers write it.
    pub origin: String,
    pub nats: async_nats::Client,
    pub fanout: Fanout,
    pub control_beats: ControlBeats,
    /// The service stops: open sockets end.
    pub stop: CancellationToken,
    /// The open sockets, which the server no longer counts as requests.
    pub sockets: TaskTracker,
}

impl AppState {
    /// Bundles the parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for AppState {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
