//! The key-encryption keys at hand: they wrap data keys, and nothing else. A key management service
//! would take this type's place.

use super::blob::Secret;
use super::source::{Keks, KeySource};
use super::wrapped::{self, Purpose, Wrapped};
use super::{VaultError, value::KeyName};
use sqlx::PgPool;
use std::collections::BTreeMap;
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
    keks: Keks,
    place: String,
}

impl KeyRing {
    /// Reads the source, and checks its keys against the database's check values.
    pub(super) async fn open(pool: &PgPool, source: &KeySource) -> Result<Self, VaultError> {
        let ring = Self {
            keks: source.read()?,
            place: source.to_string(),
        };
        ring.check(pool).await?;
        Ok(ring)
    }

    /// The id of the key that wraps.
    pub(super) fn active(&self) -> &str {
        &self.keks.active
    }

    /// The ids of all keys at hand.
    pub(super) fn ids(&self) -> Vec<String> {
        self.keks.keys.keys().cloned().collect()
    }

    pub(super) fn holds(&self, id: &str) -> bool {
        self.keks.keys.contains_key(id)
    }

    /// The refusal for a key that is not at hand.
    pub(super) fn missing(&self, id: &str) -> VaultError {
        VaultError::KekMissing {
            place: self.place.clone(),
            id: id.to_owned(),
        }
    }

    /// Wraps a data key under the active key.
    pub(super) fn wrap(
        &self,
        owner: &Owner,
        name: KeyName,
        key: &Secret,
    ) -> Result<Vec<u8>, VaultError> {
        let active = self.active();
        let kek = self.keks.keys.get(active);
        let kek = kek.ok_or_else(|| self.missing(active))?;
        with_purpose(owner, name, |purpose| {
            wrapped::seal(active, kek, purpose, key.as_slice())
        })
    }

    /// Unwraps a data key.
    pub(super) fn unwrap(&self, row: &Row) -> Result<Secret, VaultError> {
        let (id, version) = (row.id, row.version);
        let parsed =
            Wrapped::parse(&row.wrapped).map_err(|source| VaultError::DataKeyMalformed {
                id,
                version,
                source,
            })?;
        let damaged = || VaultError::DataKeyDamaged { id, version };
        // The column is what rotation goes by, the header what is bound: they can't differ.
        if parsed.kek.is_some_and(|kek| kek != row.wrapped_by) {
            return Err(damaged());
        }
        let kek = self.keks.keys.get(&row.wrapped_by);
        let kek = kek.ok_or_else(|| self.missing(&row.wrapped_by))?;
        let opened = with_purpose(&row.owner, row.name(), |purpose| parsed.open(kek, purpose));
        let opened = opened.ok_or_else(damaged)?;
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
                place: self.place.clone(),
                known: stored.into_keys().collect(),
            });
        }
        for (id, key) in &self.keks.keys {
            let value = match stored.remove(id) {
                Some(value) => value,
                None => enter(pool, id, key).await?,
            };
            if !opens_check(id, key, &value) {
                return Err(VaultError::WrongKey {
                    place: self.place.clone(),
                    id: id.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Stores a check value for a key; answers the one that is there, which may be another process's.
async fn enter(pool: &PgPool, id: &str, key: &Secret) -> Result<Vec<u8>, VaultError> {
    let value = with_check(id, |purpose| wrapped::seal(id, key, purpose, CHECK))?;
    sqlx::query(
        "insert into vault.key_checks (key_id, check_value) values ($1, $2) on conflict do nothing",
    )
    .bind(id)
    .bind(value)
    .execute(pool)
    .await?;
    let select = "select check_value from vault.key_checks where key_id = $1";
    let stored = sqlx::query_scalar(select).bind(id).fetch_one(pool);
    Ok(stored.await?)
}

fn opens_check(id: &str, key: &Secret, value: &[u8]) -> bool {
    let Ok(value) = Wrapped::parse(value) else {
        return false;
    };
    let opened = with_check(id, |purpose| value.open(key, purpose));
    opened.is_some_and(|opened| opened.as_slice() == CHECK)
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
