//! What can go wrong between a command and the log.

use thiserror::Error;

/// The log can't be reached, read or trusted.
#[derive(Debug, Error)]
pub enum LogError {
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error("the log can't be read through postgres-es")]
    Repository(#[from] cqrs_es::persist::PersistenceError),
    #[error("an event of the log can't be decoded")]
    Decode(#[from] DecodeError),
    /// The role owns the log, or may bypass its rules.
    #[error("role {role} may do more than a service needs ({why}): take that from it")]
    TooPowerful { role: String, why: &'static str },
    #[error("the log has no id: run the migrations")]
    NoIdentity,
    /// The database crashed between two reads, and what was read first was not on disk.
    #[error("the log was cut back while it was read: repeat")]
    Rewound,
    /// The configuration asks for a backend that this program has not.
    #[error("this program can't use EventStoreDB: build it with the feature `eventstore`")]
    NoSuchBackend,
    /// EventStoreDB's client installs the process's TLS provider, and panics when there is one.
    #[error(
        "a TLS provider is installed already: connect to EventStoreDB before anything uses TLS"
    )]
    ProviderTaken,
    #[error("EventStoreDB does not answer: {0}")]
    EventStore(String),
    /// The store holds what no program of ours wrote, or lacks what one did.
    #[error("the log is not as we wrote it: {0}")]
    Foreign(String),
    /// The writer is gone, or could not reach the database in time; the command may have been
    /// recorded, and a repeat under the same id tells.
    #[error("the writer is not connected: {0}")]
    Writer(String),
}

/// A stored event that this program can't read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Written by a newer program: park it, don't skip it.
    #[error("{aggregate}.{event_type} has version {version}, this program knows up to {known}")]
    NewerVersion {
        aggregate: String,
        event_type: String,
        version: u32,
        known: u32,
    },
    /// An old version that the step to the next one doesn't understand.
    #[error("{aggregate}.{event_type} can't be lifted from version {from} to {to}: {reason}")]
    NotLifted {
        aggregate: String,
        event_type: String,
        from: u32,
        to: u32,
        reason: String,
    },
    #[error("{aggregate} has no event {event_type}")]
    UnknownType {
        aggregate: String,
        event_type: String,
    },
    #[error("the event belongs to a {found}, not to a {wanted}")]
    OtherAggregate { wanted: &'static str, found: String },
    #[error("{aggregate}.{event_type} version {version:?}: {detail}")]
    Malformed {
        aggregate: String,
        event_type: String,
        version: String,
        detail: String,
    },
}

/// Why a command was not executed. Only `Refused` and `IdReused` are final answers to the command
/// as it stands; after any other error it may be repeated under the same id.
#[derive(Debug, Error)]
pub enum ExecuteError<E: std::error::Error + 'static> {
    /// The aggregate's rules say no. Nothing was recorded.
    #[error("refused")]
    Refused(#[source] E),
    /// This command id was used for another command or another body (HTTP 409).
    #[error("this command id was used for another command")]
    IdReused,
    /// Others were always first; nothing was recorded.
    #[error("too many others write to this aggregate")]
    Conflict,
    /// The database is overloaded or out of something; nothing was recorded.
    #[error("the log is busy: {0}")]
    Busy(String),
    /// The log does not take such an event (too large, or a NUL in it). Nothing was recorded.
    #[error("the log does not take this event: {0}")]
    Rejected(String),
    /// The log can't be reached; whether the command was recorded is settled by repeating it.
    #[error("the log is unavailable")]
    Unavailable(#[source] LogError),
    /// What happened to the aggregate can't be read by this program, so nothing is decided on it. A
    /// newer program may.
    #[error("the history of what is asked can't be read")]
    Unreadable(#[source] DecodeError),
}

impl<E: std::error::Error + 'static> From<LogError> for ExecuteError<E> {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Decode(error) => Self::Unreadable(error),
            other => Self::Unavailable(other),
        }
    }
}

/// The log's schema could not be brought up to date.
#[derive(Debug, Error)]
pub enum MigrateError {
    #[error("the roles of the log could not be made")]
    Roles(#[source] sqlx::Error),
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error("a migration of the log failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
}
