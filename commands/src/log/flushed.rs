//! Nothing that a crash can still take back leaves the process.
//!
//! A writer may commit without waiting for the disk ([`crate::FlushMode::Outside`]); others see its
//! rows a moment before they are flushed. Relayed, sent to a socket, acted upon or signed, such a
//! row would be a lie after a crash. So rows of the log are read through [`FlushedPool`] only, which
//! waits for the disk when they are young. Old rows cost nothing, nor does an idle log.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Executor as _, PgConnection, PgPool, Postgres, Row as _};

/// A column of every query for rows of the log: whether the row may not be on disk yet, by the
/// database's clock. A flush takes milliseconds and Postgres makes one of its own at least every
/// `3 × wal_writer_delay`; a minute leaves room for a disk that stands still for a while.
pub(super) const YOUNG: &str = "recorded_at > clock_timestamp() - interval '1 minute' as young";

/// Waits until everything that was committed before is on disk: by a commit of its own that waits
/// (`true`: as part of the transaction; `false` would flush nothing). Nothing to wait for is found
/// without writing. A standby shows only what its primary has flushed; and where standbys must
/// confirm, the primary's disk alone tells nothing.
const FLUSH: &str = "\
    select case
        when pg_is_in_recovery() then false
        when current_setting('synchronous_standby_names') = ''
            and pg_current_wal_insert_lsn() <= pg_current_wal_flush_lsn() then false
        else set_config('synchronous_commit', 'on', true) = 'on'
            and pg_logical_emit_message(true, 'relevo', '') is not null
    end";

/// Waits until everything that was committed before the call is on disk.
///
/// That it succeeds says nothing about what was committed before this connection was opened and
/// read or written on another one: the server may have crashed in between.
pub(crate) async fn flush(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    // To the end of the answer: the row comes before the commit.
    sqlx::query(FLUSH).fetch_all(connection).await?;
    Ok(())
}

/// A pool that gives out no row before it is on disk.
#[derive(Clone, Debug)]
pub(super) struct FlushedPool(PgPool);

impl FlushedPool {
    pub(super) fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// The rows of a query, in an order in which the newest is the last, with a column [`YOUNG`].
    pub(super) async fn rows(
        &self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        // One connection for both: had the server crashed in between, it would be gone.
        let mut connection = self.0.acquire().await?;
        let rows = connection.fetch_all(query).await?;
        let young = rows.last().map(|newest| newest.try_get("young"));
        if young.transpose()? == Some(true) {
            flush(&mut connection).await?;
        }
        Ok(rows)
    }
}
