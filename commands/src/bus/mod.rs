//! The command bus: load, look whether the command was here before, decide, append.
//!
//! The last states of busy aggregates are kept. A kept state is taken out while a command is
//! executed and put back only when everything went well, so conflict, error, a lost connection or
//! a dropped future leave nothing stale behind. A refusal (or "nothing to do") decided on a kept
//! state is confirmed on the aggregate's newest events before it is answered.

mod cache;
mod execute;
mod shared;

pub(crate) use shared::SharedState;

use crate::commanded::Commanded;
use crate::context::Context;
use crate::error::{ExecuteError, LogError};
use crate::log::EventLog;
use crate::store::{Backend, PostgresStore, Store};
use crate::writer;
use cache::{Folded, States};
use chrono::{DateTime, Utc};
use postgres_es::PostgresEventRepository;
use serde::Deserialize;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::fmt;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// How long a command waits for a connection before it is told that the log is unavailable.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Where the flush of a batch happens: inside the log's lock, or outside it. Either way it comes
/// before anything is acknowledged. Processes of one log may differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlushMode {
    /// Before the lock is given back: the next batch waits for the disk. One connection.
    #[default]
    Inside,
    /// After the lock was given back, on a connection of its own, many batches at once: neither
    /// the next batch nor another process waits for the disk.
    Outside,
}

impl FlushMode {
    pub(crate) fn synchronous_commit(self) -> &'static str {
        match self {
            Self::Inside => "on",
            Self::Outside => "off",
        }
    }
}

/// How to reach the log.
#[derive(Clone)]
pub struct LogConfig {
    /// What keeps the log.
    pub backend: Backend,
    /// In Postgres: of a role that may execute `log.append` and owns nothing. Else
    /// `esdb://host:port`.
    pub url: String,
    /// Connections for loading; the writer has one more of its own, or two.
    pub pool_size: u32,
    pub flush: FlushMode,
    /// How many aggregates' last states are kept.
    pub kept_states: usize,
}

impl LogConfig {
    /// Eight connections, 4,096 kept states, the default flush.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            backend: Backend::Postgres,
            url: url.into(),
            pool_size: 8,
            flush: FlushMode::default(),
            kept_states: 4096,
        }
    }

    /// A log in EventStoreDB, by its connection string.
    pub fn eventstore(url: impl Into<String>) -> Self {
        Self {
            backend: Backend::EventStore,
            ..Self::new(url)
        }
    }
}

impl fmt::Debug for LogConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL holds a password.
        f.debug_struct("LogConfig")
            .field("backend", &self.backend)
            .field("pool_size", &self.pool_size)
            .field("flush", &self.flush)
            .field("kept_states", &self.kept_states)
            .finish_non_exhaustive()
    }
}

/// An event with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded<E> {
    pub event: E,
    pub event_id: Uuid,
    /// Place in the aggregate's history, from 1.
    pub sequence: u64,
    /// Place in the log: grows, in Postgres without gaps from 1.
    pub position: u64,
    pub recorded_at: DateTime<Utc>,
}

/// What a command led to.
#[derive(Clone, Debug)]
pub struct Executed<A: Commanded> {
    /// The aggregate now (of a repeated command: as it is now, not as it was then).
    pub state: Arc<A>,
    /// The command's events; none when it asked for what was so already.
    pub events: Vec<Recorded<A::Event>>,
    /// The sequence of the command's last event, or the aggregate's when there are no events; 0
    /// when there is nothing at all.
    pub sequence: u64,
    /// The position belonging to `sequence`: read at least up to here to read your own write.
    pub position: u64,
    /// The command had been executed before; this is its first result.
    pub repeated: bool,
}

/// An aggregate as the log has it.
#[derive(Clone, Debug)]
pub struct Loaded<A> {
    pub state: A,
    /// Of the last event.
    pub sequence: u64,
    /// Of the last event.
    pub position: u64,
}

/// Executes commands. Cheap to clone; one per process, since it holds the process's one writer.
/// The writer ends when the last clone is dropped.
#[derive(Clone)]
pub struct CommandBus {
    inner: Arc<Inner>,
}

struct Inner {
    log: EventLog,
    store: Store,
    shared: Arc<SharedState>,
    states: States,
}

impl fmt::Debug for CommandBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandBus").finish_non_exhaustive()
    }
}

impl CommandBus {
    /// Connects to what keeps the log; in Postgres with a writer and a pool.
    ///
    /// # Errors
    /// When the database does not answer or has no log, or when the role is too powerful; when
    /// this program can't use the backend.
    pub async fn connect(config: &LogConfig) -> Result<Self, LogError> {
        match config.backend {
            Backend::Postgres => Self::connect_postgres(config).await,
            #[cfg(feature = "eventstore")]
            Backend::EventStore => Self::connect_eventstore(config).await,
            #[cfg(not(feature = "eventstore"))]
            Backend::EventStore => Err(LogError::NoSuchBackend),
        }
    }

    #[cfg(feature = "eventstore")]
    async fn connect_eventstore(config: &LogConfig) -> Result<Self, LogError> {
        let shared = Arc::new(SharedState::default());
        let store = crate::store::eventstore::EventStore::connect(&config.url, &shared).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                log: EventLog::nowhere().await,
                store: store.into(),
                shared,
                states: States::new(config.kept_states),
            }),
        })
    }

    async fn connect_postgres(config: &LogConfig) -> Result<Self, LogError> {
        // `log` first, so that postgres-es finds its table `events`.
        let options = PgConnectOptions::from_str(&config.url)?
            .options([("search_path", "log")])
            .application_name("relevo-commands");
        let shared = Arc::new(SharedState::default());
        let writer = writer::start(options.clone(), config.flush, Arc::clone(&shared)).await?;
        let pool = PgPoolOptions::new()
            .max_connections(config.pool_size)
            .acquire_timeout(ANSWERS_WITHIN)
            .connect_with(options)
            .await?;
        let log = EventLog::from_pool(pool.clone());
        let store = PostgresStore {
            log: log.clone(),
            repository: PostgresEventRepository::new(pool),
            writer,
            shared: Arc::clone(&shared),
        };
        Ok(Self {
            inner: Arc::new(Inner {
                log,
                store: store.into(),
                shared,
                states: States::new(config.kept_states),
            }),
        })
    }

    /// Executes a command on an aggregate, which need not exist.
    ///
    /// The future may be dropped; the command may be recorded all the same, and a repeat tells.
    ///
    /// # Errors
    /// [`ExecuteError`], which says whether a repeat makes sense.
    pub async fn execute<A: Commanded>(
        &self,
        id: &str,
        command: A::Command,
        context: &Context,
    ) -> Result<Executed<A>, ExecuteError<A::Error>> {
        execute::execute(&self.inner, id, command, context).await
    }

    /// An aggregate as the log has it; `None` when nothing happened to it yet.
    ///
    /// # Errors
    /// When the log can't be read or holds an event that this program can't decode.
    pub async fn load<A: Commanded>(&self, id: &str) -> Result<Option<Loaded<A>>, LogError> {
        let folded = Folded::<A>::load(&self.inner.store, id).await?;
        if folded.sequence == 0 {
            return Ok(None);
        }
        // A later event may have come since: `position` is then beyond `state`, never before it.
        // Reading it also makes sure that all of it is on disk.
        let position = self
            .inner
            .store
            .position_of(A::TYPE, id, folded.sequence)
            .await?;
        Ok(Some(Loaded {
            state: Arc::unwrap_or_clone(folded.state),
            sequence: folded.sequence,
            position,
        }))
    }

    /// The events of an aggregate, in order, each with its place.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn history<A: Commanded>(
        &self,
        id: &str,
    ) -> Result<Vec<Recorded<A::Event>>, LogError> {
        let stored = self.inner.store.read(A::TYPE, id, 1, u64::MAX).await?;
        stored.iter().map(execute::recorded::<A>).collect()
    }

    /// What keeps the log.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The reading side of a log in Postgres. Of any other, every read of it fails: readers need
    /// Postgres.
    pub fn log(&self) -> &EventLog {
        &self.inner.log
    }

    /// The database's time: a monotonic clock plus a measured offset.
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.store.now()
    }

    /// The last position this process has appended; changes with each batch. A hint to wake
    /// readers with, not a promise.
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.inner.shared.subscribe()
    }
}
