//! The writer's connection: opened, lost, opened again.

use super::again::Tries;
use super::call::{CallError, call};
use super::{Pending, Verdict};
use crate::bus::{FlushMode, SharedState};
use crate::clock::Since;
use crate::error::LogError;
use crate::role::refuse_powerful;
use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use std::time::Duration;
use uuid::Uuid;

/// How often the database's time is measured anew, so that drift stays small.
const MEASURE_EVERY: Duration = Duration::from_secs(60);

/// A backend of ours, also when its number is given out again.
#[derive(Clone, Copy, Debug)]
struct Backend {
    pid: i32,
    started: DateTime<Utc>,
}

pub(crate) struct Session {
    options: PgConnectOptions,
    flush: FlushMode,
    connection: Option<(PgConnection, Backend)>,
    /// Backends of lost connections that may still be at work.
    lost: Vec<Backend>,
}

impl Session {
    /// Opens the connection, and refuses a role that may do more than a service needs.
    pub(crate) async fn open(
        options: PgConnectOptions,
        flush: FlushMode,
        shared: &SharedState,
    ) -> Result<Self, LogError> {
        let mut session = Self {
            options,
            flush,
            connection: None,
            lost: Vec::new(),
        };
        session.connect(shared).await?;
        Ok(session)
    }

    /// One batch. A lost connection is opened first; if that fails nothing was sent.
    pub(super) async fn append(
        &mut self,
        batch: &[Pending],
        shared: &SharedState,
    ) -> Result<Vec<Verdict>, CallError> {
        if self.connection.is_none() {
            self.reconnect(shared)
                .await
                .map_err(|e| CallError::Refused(e.to_string()))?;
        }
        let Some((connection, backend)) = &mut self.connection else {
            return Err(CallError::Refused("not connected".to_owned()));
        };
        let result = call(connection, self.flush.synchronous_commit(), batch).await;
        if let Err(CallError::Lost(_)) = &result {
            self.lost.push(*backend);
            self.connection = None;
        }
        result
    }

    /// Tries for a while. When it succeeds, no backend of an earlier connection is left.
    pub(super) async fn reconnect(&mut self, shared: &SharedState) -> Result<(), LogError> {
        let mut tries = Tries::begin();
        loop {
            match self.connect(shared).await {
                Err(_) if tries.again().await => {}
                ended => return ended,
            }
        }
    }

    async fn connect(&mut self, shared: &SharedState) -> Result<(), LogError> {
        self.connection = None;
        let mut connection = self.options.connect().await?;
        refuse_powerful(&mut connection).await?;
        for backend in &self.lost {
            end_backend(&mut connection, *backend).await?;
        }
        self.lost.clear();
        let (pid, started): (i32, DateTime<Utc>) = sqlx::query_as(
            "select pid, backend_start from pg_stat_activity where pid = pg_backend_pid()",
        )
        .fetch_one(&mut connection)
        .await?;
        self.connection = Some((connection, Backend { pid, started }));
        self.refresh(shared).await
    }

    /// Reads the log's id and the time. All cached states are forgotten: what the log holds may
    /// be another history now (a failover, a restore).
    pub(super) async fn refresh(&mut self, shared: &SharedState) -> Result<(), LogError> {
        let Some((connection, _)) = &mut self.connection else {
            return Err(LogError::Writer("not connected".to_owned()));
        };
        let log_id: Uuid = sqlx::query_scalar("select log_id from log.identity where singleton")
            .fetch_optional(&mut *connection)
            .await?
            .ok_or(LogError::NoIdentity)?;
        measure_time(connection, shared).await?;
        shared.renew(log_id);
        Ok(())
    }

    /// Measures the database's time now and then, and as soon as this machine has slept: its
    /// monotonic clock stood still.
    pub(super) async fn keep_time(&mut self, shared: &SharedState) {
        let measured = shared.measured();
        if measured.elapsed() < MEASURE_EVERY && !measured.diverged() {
            return;
        }
        if let Some((connection, _)) = &mut self.connection {
            // A connection that fails here fails at the next append, where it is dealt with.
            let _ = measure_time(connection, shared).await;
        }
    }

    pub(super) async fn close(self) {
        if let Some((connection, _)) = self.connection {
            let _ = connection.close().await;
        }
    }
}

/// Sets the clock to the database's time in the middle of a round trip.
async fn measure_time(
    connection: &mut PgConnection,
    shared: &SharedState,
) -> Result<(), sqlx::Error> {
    let before = Since::now();
    let time: DateTime<Utc> = sqlx::query_scalar("select clock_timestamp()")
        .fetch_one(connection)
        .await?;
    shared.set_time(before.halfway(), time);
    Ok(())
}

/// Ends a backend of ours whose connection is lost, and waits until it is gone. Until then it could
/// still commit what it was sent.
async fn end_backend(connection: &mut PgConnection, backend: Backend) -> Result<(), LogError> {
    for _ in 0..10 {
        let alive: Option<bool> = sqlx::query_scalar(
            "select pg_terminate_backend(pid, 1000) from pg_stat_activity \
             where pid = $1 and backend_start = $2",
        )
        .bind(backend.pid)
        .bind(backend.started)
        .fetch_optional(&mut *connection)
        .await?;
        if alive.is_none() {
            return Ok(());
        }
    }
    Err(LogError::Writer(format!(
        "the backend {} of a lost connection does not end",
        backend.pid
    )))
}
