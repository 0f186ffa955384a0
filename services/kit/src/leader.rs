//! One active instance at a time, by a session advisory lock. It saves work; nothing may depend on
//! it, since a leader that lost its connection does not know it yet.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Executor as _};
use std::str::FromStr as _;
use std::time::Duration;

/// The first half of the keys of every advisory lock of Relevo.
pub const LOCK_SPACE: i32 = 7_305_460;

/// What can be led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Relay,
    Reactor,
    /// Signing heads of the log. Apart from the relay, which may be waiting for NATS.
    Signer,
}

impl Role {
    fn key(self) -> i32 {
        match self {
            Self::Relay => 20,
            Self::Reactor => 21,
            Self::Signer => 22,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Relay => "relevo-relay-leader",
            Self::Reactor => "relevo-reactor-leader",
            Self::Signer => "relevo-signer-leader",
        }
    }
}

/// Being the leader: the lock lives as long as this connection.
#[derive(Debug)]
pub struct Leadership {
    connection: PgConnection,
}

impl Leadership {
    /// Waits until no other one leads. `url` must lead to Postgres itself, not to a pooler.
    ///
    /// # Errors
    /// When the connection can't be made or is lost meanwhile.
    pub async fn acquire(url: &str, role: Role) -> Result<Self, sqlx::Error> {
        let options = PgConnectOptions::from_str(url)?.application_name(role.name());
        let mut connection = PgConnection::connect_with(&options).await?;
        loop {
            let mine: bool = sqlx::query_scalar("select pg_try_advisory_lock($1, $2)")
                .bind(LOCK_SPACE)
                .bind(role.key())
                .fetch_one(&mut connection)
                .await?;
            if mine {
                return Ok(Self { connection });
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Makes sure that the connection, hence the lock, is still there.
    ///
    /// # Errors
    /// When it is not.
    pub async fn confirm(&mut self) -> Result<(), sqlx::Error> {
        self.connection.execute("select 1").await?;
        Ok(())
    }
}
