//! The key-encryption keys at hand: they wrap data keys, and nothing else.

use super::blob::Secret;
use super::service::{KeyIds, KeyService, KeyServiceError};
use super::source::KeySource;
use super::wrapped::{self, Purpose, Wrapped};
use super::{VaultError, value::KeyName};
use sqlx::PgPool;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;
use zeroize::Zeroizing;

const CHECK: &[u8] = b"relevo key check";

/// Whose a data key is: the columns of `vault.data_keys`.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Owner {
    pub kind: String,
    pub user_id: Option<Uuid>,
    pub profile_id: Option<Uuid>,
}

/// A row of `vault.data_keys`.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub id: Uuid,
    pub version: i32,
    #[sqlx(flatten)]
    pub owner: Owner,
    pub wrapped_by: String,
    pub wrapped: Vec<u8>,
}

impl Row {
    pub(super) fn name(&self) -> KeyName {
        KeyName {
            id: self.id,
            version: self.version,
        }
    }
}

/// Key-encryption keys that were checked against the database.
pub(super) struct KeyRing {
    ids: KeyIds,
    service: Arc<dyn KeyService>,
}

impl KeyRing {
    /// Opens the source, and checks its keys against the database's check values.
    pub(super) async fn open(pool: &PgPool, source: &KeySource) -> Result<Self, VaultError> {
        let service = source.open()?;
        let ids = service.keys().await;
        let ids = ids.map_err(|source| VaultError::KeyService {
            place: service.place(),
            source,
        })?;
        let ring = Self { ids, service };
        ring.check(pool).await?;
        Ok(ring)
    }

    /// The id of the key that wraps.
    pub(super) fn active(&self) -> &str {
        &self.ids.active
    }

    /// The ids of all keys at hand.
    pub(super) fn ids(&self) -> Vec<String> {
        self.ids.all.iter().cloned().collect()
    }

    pub(super) fn holds(&self, id: &str) -> bool {
        self.ids.all.contains(id)
    }

    /// The refusal for a key that is not at hand.
    pub(super) fn missing(&self, id: &str) -> VaultError {
        VaultError::KekMissing {
            place: self.service.place(),
            id: id.to_owned(),
        }
    }

    fn failed(&self, source: KeyServiceError) -> VaultError {
        VaultError::KeyService {
            place: self.service.place(),
            source,
        }
    }

    /// Wraps a data key under the active key.
    pub(super) async fn wrap(
        &self,
        owner: &Owner,
        name: KeyName,
        key: &Secret,
    ) -> Result<Vec<u8>, VaultError> {
        let header = wrapped::header(self.active()).ok_or_else(|| self.missing(self.active()))?;
        let context = with_purpose(owner, name, |purpose| purpose.context(&header));
        self.seal(self.active(), header, &context, key.as_slice())
            .await
    }

    async fn seal(
        &self,
        id: &str,
        header: Vec<u8>,
        context: &[u8],
        secret: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let body = self.service.wrap(id, context, secret).await;
        Ok([header, body.map_err(|error| self.failed(error))?].concat())
    }

    /// Unwraps a data key.
    pub(super) async fn unwrap(&self, row: &Row) -> Result<Secret, VaultError> {
        let (id, version) = (row.id, row.version);
        let parsed =
            Wrapped::parse(&row.wrapped).map_err(|source| VaultError::DataKeyMalformed {
                id,
                version,
                source,
            })?;
        let damaged = || VaultError::DataKeyDamaged { id, version };
        // The column is what rotation goes by, the header what is bound: they can't differ.
        let kek = row.wrapped_by.as_str();
        if parsed.kek.is_some_and(|named| named != kek) {
            return Err(damaged());
        }
        if !self.holds(kek) {
            return Err(self.missing(kek));
        }
        let context = with_purpose(&row.owner, row.name(), |purpose| parsed.context(purpose));
        let opened = self.service.unwrap(kek, &context, parsed.body()).await;
        let opened = opened.map_err(|error| match error {
            KeyServiceError::Refused => damaged(),
            unavailable => self.failed(unavailable),
        })?;
        let mut key = Zeroizing::new([0; 32]);
        if opened.len() != key.len() {
            return Err(damaged());
        }
        key.copy_from_slice(&opened);
        Ok(key)
    }

    /// Each key must open the check value that was stored under its id. A key without one enters
    /// when the database knows none at all, or beside one that it knows.
    async fn check(&self, pool: &PgPool) -> Result<(), VaultError> {
        let stored: Vec<(String, Vec<u8>)> =
            sqlx::query_as("select key_id, check_value from vault.key_checks order by key_id")
                .fetch_all(pool)
                .await?;
        let mut stored = BTreeMap::from_iter(stored);
        if !stored.is_empty() && !stored.keys().any(|id| self.holds(id)) {
            return Err(VaultError::ForeignKeys {
                place: self.service.place(),
                known: stored.into_keys().collect(),
            });
        }
        for id in &self.ids.all {
            let value = match stored.remove(id) {
                Some(value) => value,
                None => self.enter(pool, id).await?,
            };
            if !self.opens_check(id, &value).await? {
                return Err(VaultError::WrongKey {
                    place: self.service.place(),
                    id: id.clone(),
                });
            }
        }
        Ok(())
    }

    /// Stores a check value for a key; answers the one that is there, which may be another
    /// process's.
    async fn enter(&self, pool: &PgPool, id: &str) -> Result<Vec<u8>, VaultError> {
        let header = wrapped::header(id).ok_or_else(|| self.missing(id))?;
        let context = with_check(id, |purpose| purpose.context(&header));
        let value = self.seal(id, header, &context, CHECK).await?;
        sqlx::query(
            "insert into vault.key_checks (key_id, check_value) values ($1, $2) \
             on conflict do nothing",
        )
        .bind(id)
        .bind(value)
        .execute(pool)
        .await?;
        let select = "select check_value from vault.key_checks where key_id = $1";
        let stored = sqlx::query_scalar(select).bind(id).fetch_one(pool);
        Ok(stored.await?)
    }

    async fn opens_check(&self, id: &str, value: &[u8]) -> Result<bool, VaultError> {
        let Ok(value) = Wrapped::parse(value) else {
            return Ok(false);
        };
        let context = with_check(id, |purpose| value.context(purpose));
        match self.service.unwrap(id, &context, value.body()).await {
            Ok(opened) => Ok(opened.as_slice() == CHECK),
            Err(KeyServiceError::Refused) => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }
}

fn with_check<T>(id: &str, use_it: impl FnOnce(&Purpose<'_>) -> T) -> T {
    use_it(&Purpose {
        label: b"relevo-key-check-2",
        parts: &[],
        first: [b"relevo-key-check", id.as_bytes()],
    })
}

/// A wrapped data key is bound to its name and owner; the first form bound it to its id.
fn with_purpose<T>(owner: &Owner, name: KeyName, use_it: impl FnOnce(&Purpose<'_>) -> T) -> T {
    let version = name.version.to_be_bytes();
    let bytes = |id: &Option<Uuid>| id.map_or(Vec::new(), |id| id.into_bytes().to_vec());
    use_it(&Purpose {
        label: b"relevo-data-key-2",
        parts: &[
            name.id.as_bytes(),
            &version,
            owner.kind.as_bytes(),
            &bytes(&owner.user_id),
            &bytes(&owner.profile_id),
        ],
        first: [b"relevo-data-key", name.id.as_bytes()],
    })
}
