//! The data keys: made on first use, wrapped in the database, unwrapped in memory.

use super::cipher::{self, DataKey};
use super::{KeyFile, Scope, VaultError, joined};
use hashlink::LruCache;
use sqlx::PgPool;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;
use zeroize::Zeroizing;

/// How many unwrapped keys are kept in memory.
const KEPT: usize = 1024;
const CHECK: &[u8] = b"relevo key check";

pub(super) struct Keys {
    pool: PgPool,
    /// The key-encryption key, and the id its file gives it.
    wrapping: DataKey,
    wrapped_by: String,
    hash_key: Zeroizing<[u8; 32]>,
    unwrapped: Mutex<LruCache<Scope, Arc<DataKey>>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    pub(super) async fn open(pool: PgPool, file: KeyFile, path: &Path) -> Result<Self, VaultError> {
        let wrapping = DataKey {
            id: Uuid::nil(),
            key: file.key,
        };
        check(&pool, &wrapping, &file.id, path).await?;
        let mut keys = Self {
            pool,
            wrapping,
            wrapped_by: file.id,
            hash_key: Zeroizing::new([0; 32]),
            unwrapped: Mutex::new(LruCache::new(KEPT)),
        };
        keys.hash_key = keys.find_or_make("installation", None, None).await?.key;
        Ok(keys)
    }

    pub(super) fn hash_key(&self) -> &[u8] {
        self.hash_key.as_slice()
    }

    /// The key that seals for a scope now; made when there is none.
    pub(super) async fn for_sealing(&self, scope: Scope) -> Result<Arc<DataKey>, VaultError> {
        if let Some(key) = self.kept(scope) {
            return Ok(key);
        }
        let (kind, user, profile) = columns(scope);
        let key = self.find_or_make(kind, user, profile).await?;
        Ok(self.keep(scope, key))
    }

    /// The key of that id, if it belongs to the scope.
    pub(super) async fn for_opening(
        &self,
        scope: Scope,
        id: Uuid,
    ) -> Result<Arc<DataKey>, VaultError> {
        if let Some(key) = self.kept(scope)
            && key.id == id
        {
            return Ok(key);
        }
        let (kind, user, profile) = columns(scope);
        let key = self.find(kind, user, profile).await?;
        match key.ok_or(VaultError::Erased)? {
            key if key.id == id => Ok(self.keep(scope, key)),
            // Of another scope, or a key that was erased and made anew.
            _ => Err(VaultError::DoesNotOpen),
        }
    }

    fn kept(&self, scope: Scope) -> Option<Arc<DataKey>> {
        let mut kept = self
            .unwrapped
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        kept.get(&scope).cloned()
    }

    fn keep(&self, scope: Scope, key: DataKey) -> Arc<DataKey> {
        let key = Arc::new(key);
        let mut kept = self
            .unwrapped
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        kept.insert(scope, Arc::clone(&key));
        key
    }

    async fn find(
        &self,
        kind: &str,
        user: Option<Uuid>,
        profile: Option<Uuid>,
    ) -> Result<Option<DataKey>, VaultError> {
        let row: Option<(Uuid, Vec<u8>)> = sqlx::query_as(
            "select id, wrapped from vault.data_keys where kind = $1 \
             and user_id is not distinct from $2 and profile_id is not distinct from $3",
        )
        .bind(kind)
        .bind(user)
        .bind(profile)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|(id, wrapped)| self.unwrap(id, &wrapped))
            .transpose()
    }

    async fn find_or_make(
        &self,
        kind: &str,
        user: Option<Uuid>,
        profile: Option<Uuid>,
    ) -> Result<DataKey, VaultError> {
        if let Some(key) = self.find(kind, user, profile).await? {
            return Ok(key);
        }
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(|_| VaultError::NoRandomness)?;
        let id = Uuid::now_v7();
        let wrapped = cipher::seal(&self.wrapping, &wrapped_for(id), key.as_slice())?;
        sqlx::query(
            "insert into vault.data_keys (id, kind, user_id, profile_id, wrapped_by, wrapped) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(id)
        .bind(kind)
        .bind(user)
        .bind(profile)
        .bind(&self.wrapped_by)
        .bind(wrapped)
        .execute(&self.pool)
        .await?;
        // Another process may have been first: what is in the database counts.
        let made = self.find(kind, user, profile).await?;
        made.ok_or(VaultError::Erased)
    }

    fn unwrap(&self, id: Uuid, wrapped: &[u8]) -> Result<DataKey, VaultError> {
        let opened = cipher::open(&self.wrapping, &wrapped_for(id), wrapped)
            .map_err(|_| VaultError::DataKeyDamaged)?;
        let mut key = Zeroizing::new([0; 32]);
        if opened.len() != key.len() {
            return Err(VaultError::DataKeyDamaged);
        }
        key.copy_from_slice(&opened);
        Ok(DataKey { id, key })
    }
}

fn columns(scope: Scope) -> (&'static str, Option<Uuid>, Option<Uuid>) {
    match scope {
        Scope::User(user) => ("user", Some(user.0), None),
        Scope::Profile(user, profile) => ("profile", Some(user.0), Some(profile.0)),
    }
}

/// The associated data of a wrapped key: its id.
fn wrapped_for(id: Uuid) -> Vec<u8> {
    joined(&[b"relevo-data-key", id.as_bytes()])
}

/// Opens the database's check value with the key, or stores one in a database without any.
async fn check(pool: &PgPool, wrapping: &DataKey, id: &str, path: &Path) -> Result<(), VaultError> {
    let bound = joined(&[b"relevo-key-check", id.as_bytes()]);
    let value = cipher::seal(wrapping, &bound, CHECK)?;
    // Only the first key of a database enters by itself.
    sqlx::query(
        "insert into vault.key_checks (key_id, check_value) select $1, $2 \
         where not exists (select from vault.key_checks) on conflict do nothing",
    )
    .bind(id)
    .bind(value)
    .execute(pool)
    .await?;
    let stored: Option<Vec<u8>> =
        sqlx::query_scalar("select check_value from vault.key_checks where key_id = $1")
            .bind(id)
            .fetch_optional(pool)
            .await?;
    let wrong = || VaultError::WrongKeyFile {
        path: path.into(),
        id: id.to_owned(),
    };
    let opened = cipher::open(wrapping, &bound, &stored.ok_or_else(wrong)?).map_err(|_| wrong())?;
    if opened.as_slice() == CHECK {
        Ok(())
    } else {
        Err(wrong())
    }
}
