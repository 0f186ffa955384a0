//! The only way of a handler to the read models: a transaction that carries its user.

use crate::big;
use crate::error::ReadError;
use domain::UserId;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{PgConnection, Postgres, Transaction};
use std::time::Duration;
use tokio::time::Instant;

/// How long a query waits for the position it asks for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Between two looks at the checkpoint. The projector may be another process.
const LOOK_EVERY: Duration = Duration::from_millis(15);

/// Connections of a role under row-level security. Gives nothing but [`UserTx`]s.
#[derive(Clone, Debug)]
pub struct ReadPool {
    pool: PgPool,
}

impl ReadPool {
    /// Opens up to `connections` connections.
    ///
    /// # Errors
    /// When the database does not answer, or the role could see every user's rows.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, ReadError> {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(5))
            .connect(url)
            .await?;
        let (role, powerful): (String, bool) = sqlx::query_as(
            "select current_user::text, r.rolsuper or r.rolbypassrls or exists (\
                select from pg_class c join pg_namespace n on n.oid = c.relnamespace \
                where n.nspname = 'read' and pg_has_role(c.relowner, 'USAGE')) \
             from pg_roles r where r.rolname = current_user",
        )
        .fetch_one(&pool)
        .await?;
        if powerful {
            return Err(ReadError::TooPowerful { role });
        }
        Ok(Self { pool })
    }

    /// A transaction of that user on the read models as they are. The checkpoint's chain must be in
    /// the log: read models of events that the log has lost serve nobody.
    ///
    /// # Errors
    /// [`ReadError::OtherLog`], or when the database does not answer.
    pub async fn begin(&self, user: UserId) -> Result<UserTx, ReadError> {
        // One snapshot for checkpoint and rows.
        let mut tx = self
            .pool
            .begin_with("begin isolation level repeatable read read only")
            .await?;
        let (_, position, of_the_log): (String, i64, bool) = sqlx::query_as(
            "select set_config('relevo.user_id', $1, true), \
             (select coalesce(min(position), 0) from read.checkpoints), \
             not exists (select from read.checkpoints c where c.position > 0 and not exists \
                (select from log.events e where e.position = c.position and e.chain = c.chain))",
        )
        .bind(user.to_string())
        .fetch_one(&mut *tx)
        .await?;
        if !of_the_log {
            return Err(ReadError::OtherLog);
        }
        Ok(UserTx {
            tx,
            user,
            position: position.unsigned_abs(),
        })
    }

    /// As [`Self::begin`], once the read models have applied `min_position`; waits up to 2 s.
    ///
    /// # Errors
    /// [`ReadError::Behind`] after that, [`ReadError::OtherLog`], or when the database does not
    /// answer.
    pub async fn begin_at(
        &self,
        user: UserId,
        min_position: Option<u64>,
    ) -> Result<UserTx, ReadError> {
        let deadline = Instant::now() + PATIENCE;
        let wanted = min_position.unwrap_or(0);
        loop {
            let tx = self.begin(user).await?;
            let at = tx.position();
            if at >= wanted {
                return Ok(tx);
            }
            drop(tx);
            if Instant::now() >= deadline {
                return Err(ReadError::Behind { wanted, at });
            }
            self.wait_for(wanted, deadline).await?;
        }
    }

    /// Returns when the read models are there, or at the deadline.
    async fn wait_for(&self, wanted: u64, deadline: Instant) -> Result<(), ReadError> {
        while Instant::now() < deadline {
            let there: bool =
                sqlx::query_scalar("select coalesce(min(position), 0) >= $1 from read.checkpoints")
                    .bind(big(wanted))
                    .fetch_one(&self.pool)
                    .await?;
            if there {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

/// A read-only transaction that carries its user; row-level security shows it that user's rows.
/// Dropping it ends it.
#[derive(Debug)]
pub struct UserTx {
    tx: Transaction<'static, Postgres>,
    user: UserId,
    position: u64,
}

impl UserTx {
    /// Whose rows it sees.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The read models have applied the log up to here.
    pub fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn db(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}
