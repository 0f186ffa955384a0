//! The write side: from a command to events in the log.
//!
//! [`CommandBus::execute`] loads an aggregate, lets it decide, and appends what it decided through
//! the process's one writer (module [`log`] tells how the log keeps its promises). A command is
//! known by its [`CommandId`]: repeated, it answers its first result.
//!
//! What is sensitive is sealed by the [`Vault`] before it reaches a command; readers get public
//! events through [`public_event`].

pub mod audit;
mod bus;
mod clock;
mod commanded;
mod context;
mod erasure;
mod error;
pub mod log;
mod migrate;
mod objects;
mod public;
mod role;
pub mod store;
mod tickets;
mod vault;
mod writer;

pub use bus::{CommandBus, Executed, FlushMode, Loaded, LogConfig, Recorded};
pub use clock::Since;
pub use commanded::Commanded;
pub use context::{Actor, CommandId, Context};
pub use erasure::{Destroyed, EraseError, Eraser, Erasure};
pub use error::{DecodeError, ExecuteError, LogError, MigrateError};
pub use log::{Ahead, EventLog, Head, StoredEvent};
pub use migrate::{SERVICE_ROLES, migrate};
pub use objects::{Object, Objects, ObjectsError, S3, Upload};
pub use public::{public_event, public_events};
pub use role::refuse_powerful;
pub use tickets::{AmendError, Amended, SubmitError, Submitted, amend_ticket, submit_ticket};
pub use vault::{
    ArtifactFiles, ArtifactStore, Batch, BlobError, Cursor, KekStatus, KeyAdmin, KeyIds,
    KeyService, KeyServiceError, KeySource, OpenedArtifact, Scope, StoredArtifact, Vault,
    VaultError, sealed_under, wrapped_under,
};
