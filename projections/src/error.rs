//! What can go wrong on the read side.

use thiserror::Error;

/// A query was not answered.
#[derive(Debug, Error)]
pub enum ReadError {
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    /// The read models have not applied the position asked for (HTTP 503, `projection-behind`).
    #[error("the read models are at position {at}, {wanted} was asked for")]
    Behind { wanted: u64, at: u64 },
    /// The read models show events that the log doesn't have: it was put back (HTTP 503,
    /// `projection-behind`).
    #[error("the read models are of events that the log doesn't have")]
    OtherLog,
    /// The cursor is not one of ours.
    #[error("the cursor is malformed")]
    BadCursor,
    /// A row that this program can't read; a rebuild mends it.
    #[error("a row of {model} can't be read")]
    Corrupt {
        model: &'static str,
        #[source]
        source: serde_json::Error,
    },
    /// The role owns tables or may bypass row security.
    #[error("role {role} may see every user's rows: connect as a service role")]
    TooPowerful { role: String },
}

/// Changes were not applied.
#[derive(Debug, Error)]
pub enum ApplyError {
    #[error("the read models refuse the change")]
    Database(#[from] sqlx::Error),
    #[error("a row of {model} can't be read or written")]
    Corrupt {
        model: &'static str,
        #[source]
        source: serde_json::Error,
    },
    /// The aggregate's earlier events are not there.
    #[error("event {found} of {aggregate} came where {wanted} was due")]
    Gap {
        aggregate: String,
        wanted: u64,
        found: u64,
    },
}

impl ApplyError {
    /// It would fail in the same way for ever: park it. Data that does not fit (SQLSTATE classes 22
    /// and 23), or can't be understood; everything else passes with time.
    pub fn is_poison(&self) -> bool {
        match self {
            Self::Corrupt { .. } | Self::Gap { .. } => true,
            Self::Database(error) => error
                .as_database_error()
                .and_then(|e| e.code())
                .is_some_and(|code| code.starts_with("22") || code.starts_with("23")),
        }
    }
}

/// The schema `read` could not be brought up to date.
#[derive(Debug, Error)]
pub enum MigrateError {
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error("a migration of the read models failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
}
