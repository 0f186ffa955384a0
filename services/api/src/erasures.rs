//! What of a user is erased, or being erased: blocked on every node from one request to the next.

use crate::errors::{ApiResult, unavailable};
use domain::{ProfileId, UserId};
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;

const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// The vault's table of erasures.
#[derive(Clone)]
pub struct Erasures {
    pool: PgPool,
}

/// What of one user is blocked.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    /// The whole account.
    pub account: bool,
    profiles: Arc<BTreeSet<ProfileId>>,
}

impl Erasures {
    /// Over a pool of the api's role.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// What of that user is blocked.
    ///
    /// # Errors
    /// 503 while the database does not answer: nobody is let in unseen.
    pub async fn of(&self, user: UserId) -> ApiResult<Erased> {
        let rows = sqlx::query_scalar("select profile_id from vault.erasures where user_id = $1")
            .bind(user.0)
            .fetch_all(&self.pool);
        let late = |_| Err(sqlx::Error::Io(ErrorKind::TimedOut.into()));
        let rows = timeout(ANSWERS_WITHIN, rows).await.unwrap_or_else(late);
        let rows: Vec<Option<Uuid>> = rows.map_err(|error| unavailable(&error))?;
        Ok(Erased {
            account: rows.contains(&None),
            profiles: Arc::new(rows.into_iter().flatten().map(ProfileId).collect()),
        })
    }
}

impl Erased {
    /// Whether what belongs to that profile is blocked.
    pub fn covers(&self, profile: ProfileId) -> bool {
        self.account || self.profiles.contains(&profile)
    }

    /// The profiles that are blocked each for itself.
    pub fn profiles(&self) -> Vec<ProfileId> {
        self.profiles.iter().copied().collect()
    }

    /// Whether anything is.
    pub fn is_empty(&self) -> bool {
        !self.account && self.profiles.is_empty()
    }
}
