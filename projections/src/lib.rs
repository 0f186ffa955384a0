//! The read side: tables computed from the log, each owned by one folder.
//!
//! | read model | question it answers |
//! |---|---|
//! | [`tasks`] | where is each of my tickets? |
//! | [`task_steps`] | what did the agent do? |
//! | [`browser_sessions`] | which browsers live, which lived? |
//! | [`profiles`] | which fiscal profiles do I have? |
//! | [`invoices`] | which invoices did I get? |
//! | [`inbox`] | what needs me? |
//!
//! All models move together: [`apply`] applies a run of changes to all of them in the caller's
//! transaction, which also moves their [`Progress`]; so any query sees one point of the log.
//! Handlers reach the tables only through [`ReadPool::begin`], which gives a [`UserTx`]: a
//! transaction that carries its user, under row-level security. Sealed values stay sealed here.
//!
//! Adding a read model: a folder with `mod project query view` and `migrations/`, with row security
//! enabled and forced and both policies; a line in [`MODELS`], in `migrate` and in [`apply`]; raise
//! [`VERSION`], and the projector folds the log anew.

mod apply;
pub mod browser_sessions;
mod change;
mod error;
pub mod inbox;
pub mod invoices;
mod migrate;
mod page;
pub mod profiles;
mod progress;
mod shadow;
pub mod task_steps;
pub mod tasks;
mod user_tx;

pub use apply::apply;
pub use change::{Body, Change};
pub use error::{ApplyError, MigrateError, ReadError};
pub use migrate::migrate;
pub use page::Listed;
pub use progress::{
    Parked, Progress, load as load_progress, lock as lock_progress, park, parked_aggregates,
    store as store_progress,
};
pub use shadow::{Difference, differences, make_shadow, replace_by_shadow, use_read, use_shadow};
pub use user_tx::{ReadPool, UserTx};

/// Every read model's table, in the order in which they are written.
pub const MODELS: [&str; 6] = [
    "tasks",
    "task_steps",
    "browser_sessions",
    "profiles",
    "invoices",
    "inbox",
];

/// The shape and meaning of the read models. Another one in the database: fold the log anew.
pub const VERSION: i32 = 1;

/// What stands where something sealed stood that was erased.
pub const ERASED: &str = "[erased]";

/// Positions and sequences are `bigint` in tables and never negative.
pub(crate) fn big(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The stable text of an enum that serialises as a string.
pub(crate) fn name_of(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
