//! Signed-in browsers. A session is a row that its cookie's secret finds and opens; nobody else can
//! tell from the row who it is by name. Every api node sees the same rows, so a session that is
//! ended anywhere is ended everywhere.

mod agent_name;
mod secret;
mod sign_ins;

pub use secret::{Secret, SecretError};
pub use sign_ins::{SIGN_IN_LIVES, SignIns, Taken};

use chrono::{DateTime, Utc};
use commands::{Scope, Vault, VaultError};
use domain::{Sealed, UserId};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, Postgres, Transaction};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SWEEP_EVERY: Duration = Duration::from_secs(300);
const USER_AGENT: &str = "session.user_agent";

/// Who signed in, as the provider has it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Person {
    pub user: UserId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub roles: Vec<String>,
    /// For the provider, at sign-out.
    pub id_token: String,
}

/// A live session, opened.
#[derive(Clone)]
pub struct SignedIn {
    pub id: Uuid,
    pub person: Person,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
    pub secret: Secret,
}

/// A session as its owner's list shows it.
pub struct Listed {
    pub id: Uuid,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub user_agent: Option<String>,
}

/// A session can't be had.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the user agent can't be sealed")]
    Vault(#[from] VaultError),
}

/// The table of sessions.
#[derive(Clone)]
pub struct Sessions {
    pool: PgPool,
    vault: Vault,
    idle_s: i32,
    absolute_h: i32,
}

impl Sessions {
    /// Over a pool of the api's role.
    pub fn new(pool: PgPool, vault: Vault, auth: &kit::config::Auth) -> Self {
        let limit =
            |n: u32, factor: i32| i32::try_from(n).unwrap_or(i32::MAX).saturating_mul(factor);
        Self {
            pool,
            vault,
            idle_s: limit(auth.session_idle_minutes, 60),
            absolute_h: limit(auth.session_absolute_hours, 1),
        }
    }

    /// How long a session lives at most.
    pub fn lives(&self) -> Duration {
        Duration::from_secs(u64::from(self.absolute_h.unsigned_abs()) * 3600)
    }

    /// Opens a session; its secret is for the cookie alone.
    ///
    /// # Errors
    /// When the database does not answer or nothing can be sealed.
    pub async fn open(
        &self,
        person: &Person,
        user_agent: Option<&str>,
    ) -> Result<Secret, SessionError> {
        let (id, secret) = (Uuid::new_v4(), Secret::random()?);
        let sealed = secret.seal(&bound_to(id, person.user), person)?;
        let user_agent = self.seal_agent(id, person.user, user_agent).await?;
        let mut tx = self.begin(person.user).await?;
        sqlx::query(
            "insert into web.sessions \
                (session_id, secret_hash, user_id, sealed, user_agent, expires_at) \
             values ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(hours => $6))",
        )
        .bind(id)
        .bind(secret.hash().as_slice())
        .bind(person.user.0)
        .bind(sealed)
        .bind(user_agent)
        .bind(self.absolute_h)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// The live session of that secret. Being asked for counts as use.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find(&self, secret: &Secret) -> Result<Option<SignedIn>, SessionError> {
        type Row = (Uuid, Uuid, Vec<u8>, DateTime<Utc>);
        let row: Option<Row> = sqlx::query_as(
            "select session_id, user_id, sealed, expires_at from web.use_session($1, $2)",
        )
        .bind(secret.hash().as_slice())
        .bind(self.idle_s)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.and_then(|(id, user, sealed, expires_at)| {
            let user = UserId(user);
            let person: Person = secret.open(&bound_to(id, user), &sealed)?;
            (person.user == user).then(|| SignedIn {
                id,
                person,
                expires_at,
                secret: secret.clone(),
            })
        }))
    }

    /// Ends the session of that secret, if there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end(&self, secret: &Secret) -> Result<(), SessionError> {
        sqlx::query("select web.end_session($1)")
            .bind(secret.hash().as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The live sessions of a user, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(&self, user: UserId) -> Result<Vec<Listed>, SessionError> {
        type Row = (Uuid, DateTime<Utc>, DateTime<Utc>, Option<String>);
        let mut tx = self.begin(user).await?;
        let rows: Vec<Row> = sqlx::query_as(
            "select session_id, created_at, last_seen_at, user_agent from web.sessions \
             where user_id = $1 and expires_at > clock_timestamp() \
                and last_seen_at > clock_timestamp() - make_interval(secs => $2) \
             order by created_at desc, session_id limit 200",
        )
        .bind(user.0)
        .bind(self.idle_s)
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let mut sessions = Vec::with_capacity(rows.len());
        for (id, created_at, last_seen_at, user_agent) in rows {
            sessions.push(Listed {
                id,
                created_at,
                last_seen_at,
                user_agent: self.open_agent(id, user, user_agent).await,
            });
        }
        Ok(sessions)
    }

    /// Ends a session of that user; false when it isn't one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke(&self, user: UserId, id: Uuid) -> Result<bool, SessionError> {
        let mut tx = self.begin(user).await?;
        let ended = sqlx::query("delete from web.sessions where session_id = $1 and user_id = $2")
            .bind(id)
            .bind(user.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(ended.rows_affected() > 0)
    }

    /// Deletes what has expired.
    ///
    /// # Errors
    /// When the database does not answer, or was not migrated.
    pub async fn sweep(&self) -> Result<(), SessionError> {
        sqlx::query("select web.sweep($1)")
            .bind(self.idle_s)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Sweeps now and then, until `stop`.
    pub async fn keep_clean(self, stop: CancellationToken) {
        let pause = || tokio::time::sleep(SWEEP_EVERY);
        while stop.run_until_cancelled(pause()).await.is_some() {
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "expired sessions stay for now");
            }
        }
    }

    /// A transaction that carries its user, as row security wants it.
    async fn begin(&self, user: UserId) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("select set_config('relevo.user_id', $1, true)")
            .bind(user.to_string())
            .execute(&mut *tx)
            .await?;
        Ok(tx)
    }

    async fn seal_agent(
        &self,
        id: Uuid,
        user: UserId,
        agent: Option<&str>,
    ) -> Result<Option<String>, VaultError> {
        let Some(name) = agent.and_then(agent_name::short) else {
            return Ok(None);
        };
        let (scope, place) = (Scope::User(user), id.to_string());
        let sealed = self.vault.seal(scope, &place, USER_AGENT, name.as_bytes());
        Ok(Some(sealed.await?.0))
    }

    async fn open_agent(&self, id: Uuid, user: UserId, sealed: Option<String>) -> Option<String> {
        let (scope, place, sealed) = (Scope::User(user), id.to_string(), Sealed(sealed?));
        let opened = self.vault.open_sealed(scope, &place, USER_AGENT, &sealed);
        let opened = opened
            .await
            .inspect_err(|error| tracing::warn!(%error, "a user agent doesn't open"));
        String::from_utf8(opened.ok()?.to_vec()).ok()
    }
}

fn bound_to(id: Uuid, user: UserId) -> Vec<u8> {
    [id.as_bytes().as_slice(), user.0.as_bytes()].concat()
}
