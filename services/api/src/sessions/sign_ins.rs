//! Sign-ins under way: kept from the way to the provider to the way back, for one use.

use super::{Secret, SessionError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use std::time::Duration;

/// How long a person may take at the provider.
pub const SIGN_IN_LIVES: Duration = Duration::from_secs(600);

/// The table of sign-ins.
#[derive(Clone)]
pub struct SignIns(PgPool);

/// What became of a state that somebody came back with.
pub enum Taken<T> {
    /// Of that browser, and in time.
    Fits(T),
    /// Ours, but too old.
    Late,
    /// Unknown, used before, or of another browser.
    Foreign,
}

impl SignIns {
    /// Over a pool of the api's role.
    pub fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// Keeps what a sign-in is checked by; the secret is for the browser's cookie alone.
    ///
    /// # Errors
    /// When the database does not answer or nothing can be sealed.
    pub async fn keep(
        &self,
        state: &str,
        pending: &impl Serialize,
    ) -> Result<Secret, SessionError> {
        let (secret, state) = (Secret::random()?, hash(state));
        sqlx::query(
            "insert into web.sign_ins (state_hash, secret_hash, sealed) values ($1, $2, $3)",
        )
        .bind(state.as_slice())
        .bind(secret.hash().as_slice())
        .bind(secret.seal(&state, pending)?)
        .execute(&self.0)
        .await?;
        Ok(secret)
    }

    /// What was kept under a state, for the browser that began. It is used up, whatever comes out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take<T: DeserializeOwned>(
        &self,
        state: &str,
        secret: Option<&Secret>,
    ) -> Result<Taken<T>, SessionError> {
        let state = hash(state);
        let row: Option<(Vec<u8>, Vec<u8>, bool)> = sqlx::query_as(
            "delete from web.sign_ins where state_hash = $1 returning secret_hash, sealed, \
                created_at <= clock_timestamp() - make_interval(secs => $2)",
        )
        .bind(state.as_slice())
        .bind(SIGN_IN_LIVES.as_secs_f64())
        .fetch_optional(&self.0)
        .await?;
        let Some((secret_hash, sealed, late)) = row else {
            return Ok(Taken::Foreign);
        };
        if late {
            return Ok(Taken::Late);
        }
        let secret = secret.filter(|secret| secret.hash().as_slice() == secret_hash);
        let opened = secret.and_then(|secret| secret.open(&state, &sealed));
        Ok(opened.map_or(Taken::Foreign, Taken::Fits))
    }
}

fn hash(state: &str) -> [u8; 32] {
    Sha256::digest(state).into()
}
