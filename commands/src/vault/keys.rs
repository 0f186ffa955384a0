//! The data keys: made on first use, wrapped in the database, unwrapped in memory for a minute.

use super::blob::Secret;
use super::cache::{Cache, DataKeys, KEPT_FOR};
use super::ring::{KeyRing, Owner, Row};
use super::value::KeyName;
use super::{KeySource, Scope, VaultError};
use sqlx::PgPool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;
use uuid::Uuid;
use zeroize::Zeroizing;

/// What tells the time for the cache.
pub(super) type Clock = Box<dyn Fn() -> Instant + Send + Sync>;

pub(super) struct Keys {
    pool: PgPool,
    source: KeySource,
    ring: RwLock<Arc<KeyRing>>,
    hash_key: Secret,
    unwrapped: Mutex<Cache>,
    clock: Clock,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    pub(super) async fn open(
        pool: PgPool,
        source: &KeySource,
        clock: Clock,
    ) -> Result<Arc<Self>, VaultError> {
        let ring = KeyRing::open(&pool, source).await?;
        let mut keys = Self {
            pool,
            source: source.clone(),
            ring: RwLock::new(Arc::new(ring)),
            hash_key: Zeroizing::new([0; 32]),
            unwrapped: Mutex::default(),
            clock,
        };
        keys.check_all_held().await?;
        let mut installation = keys.find_or_make(&Owner::installation()).await?;
        // Keyed hashes are compared for ever, so this key has one version only.
        keys.hash_key = installation.versions.swap_remove(0).1;
        let keys = Arc::new(keys);
        tokio::spawn(sweep(Arc::downgrade(&keys)));
        Ok(keys)
    }

    pub(super) fn hash_key(&self) -> &[u8] {
        self.hash_key.as_slice()
    }

    /// The keys of a scope, of which the newest seals; made when there are none, unless they were
    /// erased.
    pub(super) async fn for_sealing(&self, scope: Scope) -> Result<Arc<DataKeys>, VaultError> {
        let now = (self.clock)();
        if let Some(keys) = self.kept().get(scope, now) {
            return Ok(keys);
        }
        let keys = Arc::new(self.find_or_make(&Owner::of(scope)).await?);
        self.kept().keep(scope, Arc::clone(&keys), now);
        Ok(keys)
    }

    /// The keys of a scope, if the one of that name is among them.
    pub(super) async fn for_opening(
        &self,
        scope: Scope,
        name: KeyName,
    ) -> Result<Arc<DataKeys>, VaultError> {
        let now = (self.clock)();
        if let Some(keys) = self.kept().get(scope, now)
            && keys.named(name).is_some()
        {
            return Ok(keys);
        }
        let keys = self.find(&Owner::of(scope)).await?;
        let keys = Arc::new(keys.ok_or(VaultError::Erased)?);
        self.kept().keep(scope, Arc::clone(&keys), now);
        // Of another scope, or a key that was erased and made anew.
        keys.named(name).ok_or(VaultError::DoesNotOpen)?;
        Ok(keys)
    }

    fn kept(&self) -> MutexGuard<'_, Cache> {
        self.unwrapped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) -> Arc<KeyRing> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&ring)
    }

    /// Reads the source anew: during a rotation its keys change while we run.
    async fn read_ring(&self) -> Result<Arc<KeyRing>, VaultError> {
        let ring = Arc::new(KeyRing::open(&self.pool, &self.source).await?);
        let mut kept = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Arc::clone(&ring);
        Ok(ring)
    }

    /// At start: every data key can be unwrapped, or the one that is missing is named.
    async fn check_all_held(&self) -> Result<(), VaultError> {
        let wrapping: Vec<String> =
            sqlx::query_scalar("select distinct wrapped_by from vault.data_keys order by 1")
                .fetch_all(&self.pool)
                .await?;
        let ring = self.ring();
        match wrapping.iter().find(|id| !ring.holds(id)) {
            Some(id) => Err(ring.missing(id)),
            None => Ok(()),
        }
    }

    async fn find(&self, owner: &Owner) -> Result<Option<DataKeys>, VaultError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, version, kind, user_id, profile_id, wrapped_by, wrapped \
             from vault.data_keys k where kind = $1 \
             and coalesce(user_id, '00000000-0000-0000-0000-000000000000') = $2 \
             and coalesce(profile_id, '00000000-0000-0000-0000-000000000000') = $3 \
             and not exists (select from vault.erasures e \
                 where e.user_id = k.user_id and e.closed_at is not null \
                 and (e.profile_id is null or e.profile_id = k.profile_id)) \
             order by version",
        )
        .bind(&owner.kind)
        .bind(owner.user_id.unwrap_or_default())
        .bind(owner.profile_id.unwrap_or_default())
        .fetch_all(&self.pool)
        .await?;
        let Some(id) = rows.first().map(|row| row.id) else {
            return Ok(None);
        };
        let mut versions = Vec::with_capacity(rows.len());
        for row in &rows {
            versions.push((row.version, self.unwrap(row).await?));
        }
        Ok(Some(DataKeys { id, versions }))
    }

    async fn unwrap(&self, row: &Row) -> Result<Secret, VaultError> {
        match self.ring().unwrap(row).await {
            Err(VaultError::KekMissing { .. }) => self.read_ring().await?.unwrap(row).await,
            unwrapped => unwrapped,
        }
    }

    async fn find_or_make(&self, owner: &Owner) -> Result<DataKeys, VaultError> {
        if let Some(keys) = self.find(owner).await? {
            return Ok(keys);
        }
        // What is made now must not hang on a key that is being rotated out.
        let ring = self.read_ring().await.unwrap_or_else(|error| {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the key-encryption keys are not read anew"
            );
            self.ring()
        });
        let name = KeyName {
            id: Uuid::now_v7(),
            version: 1,
        };
        insert(&self.pool, &ring, owner, name).await?;
        // Another process may have been first: what is in the database counts.
        let made = self.find(owner).await?;
        made.ok_or(VaultError::Erased)
    }
}

/// Makes a key of that name, unless there is one already. Answers whether it was made; what is
/// being erased gets none ([`VaultError::Erased`]).
pub(super) async fn insert(
    pool: &PgPool,
    ring: &KeyRing,
    owner: &Owner,
    name: KeyName,
) -> Result<bool, VaultError> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut_slice()).map_err(|_| VaultError::NoRandomness)?;
    let done = sqlx::query(
        "insert into vault.data_keys \
         (id, version, kind, user_id, profile_id, wrapped_by, wrapped) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
    )
    .bind(name.id)
    .bind(name.version)
    .bind(&owner.kind)
    .bind(owner.user_id)
    .bind(owner.profile_id)
    .bind(ring.active())
    .bind(ring.wrap(owner, name, &key).await?)
    .execute(pool)
    .await;
    match done {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(error) if is_erased(&error) => Err(VaultError::Erased),
        Err(error) => Err(error.into()),
    }
}

/// As `vault.refuse_erased` says it.
fn is_erased(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.as_deref() == Some("RV001")
}

impl Owner {
    fn installation() -> Self {
        Self {
            kind: "installation".to_owned(),
            user_id: None,
            profile_id: None,
        }
    }

    fn of(scope: Scope) -> Self {
        let (kind, profile) = match scope {
            Scope::User(_) => ("user", None),
            Scope::Profile(_, profile) => ("profile", Some(profile.0)),
        };
        Self {
            kind: kind.to_owned(),
            user_id: Some(scope.user().0),
            profile_id: profile,
        }
    }
}

/// Wipes what is too old, also when nobody asks for keys any more.
async fn sweep(keys: std::sync::Weak<Keys>) {
    loop {
        tokio::time::sleep(KEPT_FOR / 4).await;
        let Some(keys) = keys.upgrade() else { return };
        let now = (keys.clock)();
        keys.kept().sweep(now);
    }
}
