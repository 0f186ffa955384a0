//! The pure rules of Relevo: aggregates, value types, SAT catalogues, CFDI parsing and checking.
//!
//! Nothing here does I/O or reads a clock, randomness or the environment; everything compiles to
//! WebAssembly. Each aggregate is a folder with the same files: `command`, `event`, `error`,
//! `aggregate` (state and fold), `decide` (the rules) and `tests`.

pub mod account;
pub mod cfdi;
pub mod fiscal;
mod ids;
mod invoice;
mod sealed;
pub mod task;
pub mod ticket;

pub use ids::{ArtifactId, CredentialId, InterventionId, ProfileId, SessionId, TaskId, UserId};
pub use invoice::InvoiceDetails;
pub use sealed::{KeyedHash, Sealed};

/// The time at which a command is decided: the database's, never the process's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now(pub chrono::DateTime<chrono::Utc>);
