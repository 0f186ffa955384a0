//! The keys as an operator sees them: what lies under which, and exchanging either kind.

use super::blob::Secret;
use super::keys;
use super::ring::{KeyRing, Owner, Row};
use super::value::KeyName;
use super::{KeySource, VaultError};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How many data keys are taken at a time.
const BATCH: i64 = 100;

/// One key-encryption key, and what lies under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KekStatus {
    pub id: String,
    /// Whether the source holds it.
    pub held: bool,
    /// Whether it wraps what is made now.
    pub active: bool,
    /// How many data keys it wraps, each version counted.
    pub data_keys: u64,
    /// When the oldest of them was made.
    pub oldest: Option<DateTime<Utc>>,
}

/// What a call of [`KeyAdmin::rewrap_batch`] or [`KeyAdmin::renew_batch`] did.
#[derive(Debug, Default)]
pub struct Batch {
    /// How many data keys were exchanged.
    pub done: u64,
    /// Those that could not be, and why.
    pub failed: Vec<VaultError>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// The last data key of a batch. [`Cursor::default`] stands before the first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cursor {
    id: Uuid,
    version: i32,
}

/// Looks after keys while services run. Its role needs SELECT, INSERT and UPDATE of the wrapping
/// columns on `vault.data_keys`.
pub struct KeyAdmin {
    pool: PgPool,
    ring: KeyRing,
}

impl KeyAdmin {
    /// Reads the key-encryption keys and checks them against the database. Unlike
    /// [`super::Vault::open`] it does so also when some are missing, to tell which.
    ///
    /// # Errors
    /// When the source is missing, malformed, open to others, or of another database.
    pub async fn open(pool: PgPool, source: &KeySource) -> Result<Self, VaultError> {
        let ring = KeyRing::open(&pool, source).await?;
        Ok(Self { pool, ring })
    }

    /// The id of the key that wraps what is made now.
    pub fn active(&self) -> &str {
        self.ring.active()
    }

    /// All key-encryption keys that are at hand or wrap something, by id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn status(&self) -> Result<Vec<KekStatus>, VaultError> {
        let rows: Vec<(String, i64, Option<DateTime<Utc>>)> = sqlx::query_as(
            "select wrapped_by, count(*), min(created_at) from vault.data_keys group by wrapped_by",
        )
        .fetch_all(&self.pool)
        .await?;
        let held = self.ring.ids().into_iter().map(|id| (id, (0, None)));
        let mut all: BTreeMap<_, _> = held.collect();
        for (id, count, oldest) in rows {
            all.insert(id, (count.unsigned_abs(), oldest));
        }
        let status = |(id, (data_keys, oldest)): (String, _)| KekStatus {
            held: self.ring.holds(&id),
            active: id == self.ring.active(),
            id,
            data_keys,
            oldest,
        };
        Ok(all.into_iter().map(status).collect())
    }

    /// Wraps the next hundred data keys that lie under another key than the active one anew, in one
    /// transaction. Whatever is done is done: a kill loses at most this batch, and the next call
    /// from [`Cursor::default`] finds what is left. Several may run at once.
    ///
    /// # Errors
    /// When the database does not answer. A data key that can't be unwrapped is left as it is and
    /// told in [`Batch::failed`].
    pub async fn rewrap_batch(&self, after: Cursor) -> Result<Batch, VaultError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, version, kind, user_id, profile_id, wrapped_by, wrapped \
             from vault.data_keys where wrapped_by <> $1 and (id, version) > ($2, $3) \
             order by id, version limit $4",
        )
        .bind(self.active())
        .bind(after.id)
        .bind(after.version)
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await?;
        let mut batch = Batch {
            next: rows.last().map(Cursor::at),
            ..Batch::default()
        };
        let mut transaction = self.pool.begin().await?;
        for row in &rows {
            let wrapped = match self.wrapped_anew(row).await {
                Ok(wrapped) => wrapped,
                Err(error) => {
                    batch.failed.push(error);
                    continue;
                }
            };
            // Only what is still as it was read: another rotation may have been here.
            let done = sqlx::query(
                "update vault.data_keys set wrapped_by = $1, wrapped = $2 \
                 where id = $3 and version = $4 and wrapped = $5",
            )
            .bind(self.active())
            .bind(wrapped)
            .bind(row.id)
            .bind(row.version)
            .bind(&row.wrapped)
            .execute(&mut *transaction)
            .await?;
            batch.done += done.rows_affected();
        }
        transaction.commit().await?;
        Ok(batch)
    }

    async fn wrapped_anew(&self, row: &Row) -> Result<Vec<u8>, VaultError> {
        let key: Secret = self.ring.unwrap(row).await?;
        self.ring.wrap(&row.owner, row.name(), &key).await
    }

    /// Gives the next hundred data keys whose newest version was made before a moment another
    /// version, which seals from now on (in running services, within a minute). Nothing sealed is
    /// touched. The key of keyed hashes stays as it is, because hashes are compared for ever.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn renew_batch(
        &self,
        before: DateTime<Utc>,
        after: Cursor,
    ) -> Result<Batch, VaultError> {
        let rows: Vec<Newest> = sqlx::query_as(
            "select id, max(version) as version, kind, user_id, profile_id \
             from vault.data_keys where kind <> 'installation' and id > $1 \
             group by id, kind, user_id, profile_id having max(created_at) < $2 \
             order by id limit $3",
        )
        .bind(after.id)
        .bind(before)
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await?;
        let mut batch = Batch {
            next: rows.last().map(|row| Cursor {
                id: row.id,
                version: row.version,
            }),
            ..Batch::default()
        };
        for row in &rows {
            let name = KeyName {
                id: row.id,
                version: row.version + 1,
            };
            match keys::insert(&self.pool, &self.ring, &row.owner, name).await {
                Ok(made) => batch.done += u64::from(made),
                Err(VaultError::Erased) => {}
                Err(VaultError::Database(error)) if is_destroyed(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(batch)
    }

    /// What time the database has.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn now(&self) -> Result<DateTime<Utc>, VaultError> {
        let now = sqlx::query_scalar("select clock_timestamp()").fetch_one(&self.pool);
        Ok(now.await?)
    }
}

#[derive(sqlx::FromRow)]
struct Newest {
    id: Uuid,
    version: i32,
    #[sqlx(flatten)]
    owner: Owner,
}

impl Cursor {
    fn at(row: &Row) -> Self {
        Self {
            id: row.id,
            version: row.version,
        }
    }
}

/// The first version went away meanwhile: whoever destroys a key wins.
fn is_destroyed(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}
