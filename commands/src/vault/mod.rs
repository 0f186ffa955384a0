//! Sealing: what identifies people reaches the log, tables and disks only as ciphertext.
//!
//! Envelope encryption with XChaCha20-Poly1305. A data key per user and one per fiscal profile
//! seals values; a key-encryption key wraps the data keys, which lie in `vault.data_keys`. Deleting a
//! data key erases all it sealed, within a minute in running processes too, and the log stays whole.
//! The associated data binds a value to its scope, aggregate, field and key: moved elsewhere it won't
//! open.
//!
//! Both kinds of keys can be exchanged while services run ([`KeyAdmin`]): what a key-encryption key
//! wraps is wrapped anew, and a data key gets a further version.

mod admin;
mod artifacts;
mod blob;
mod cache;
mod error;
mod header;
mod keys;
mod ring;
mod service;
mod source;
mod stream;
mod value;
mod wrapped;

pub use admin::{Batch, Cursor, KekStatus, KeyAdmin};
pub(crate) use cache::KEPT_FOR;

pub use artifacts::{ArtifactFiles, ArtifactStore, OpenedArtifact, StoredArtifact};
pub use error::{BlobError, VaultError};
pub use header::{sealed_under, wrapped_under};
pub use service::{KeyIds, KeyService, KeyServiceError};
pub use source::KeySource;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{KeyedHash, ProfileId, Sealed, UserId};
use hmac::{Hmac, Mac as _};
use keys::Keys;
use sha2::Sha256;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Instant;
use value::{Place, Value};
use zeroize::Zeroizing;

/// Whose data key seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    User(UserId),
    /// One fiscal profile of a user: can be erased alone.
    Profile(UserId, ProfileId),
}

impl Scope {
    /// The user it belongs to.
    pub fn user(self) -> UserId {
        match self {
            Self::User(user) | Self::Profile(user, _) => user,
        }
    }

    fn text(self) -> String {
        match self {
            Self::User(user) => format!("user:{user}"),
            Self::Profile(user, profile) => format!("profile:{user}:{profile}"),
        }
    }
}

/// Seals, opens, and makes keyed hashes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vault {
    keys: Arc<Keys>,
}

impl Vault {
    /// Reads the key-encryption keys and checks them against the database. The pool's role needs
    /// SELECT and INSERT on `vault.data_keys` and `vault.key_checks`.
    ///
    /// # Errors
    /// When the source is missing, unreadable, open to others than its owner, malformed, not of
    /// this database, or lacks a key that wraps something; the error names file and key.
    pub async fn open(pool: PgPool, source: &KeySource) -> Result<Self, VaultError> {
        Self::with_clock(pool, source, Instant::now).await
    }

    /// As [`Self::open`], with a clock that says how old unwrapped data keys are.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn with_clock(
        pool: PgPool,
        source: &KeySource,
        clock: impl Fn() -> Instant + Send + Sync + 'static,
    ) -> Result<Self, VaultError> {
        let keys = Keys::open(pool, source, Box::new(clock)).await?;
        Ok(Self { keys })
    }

    /// Seals a text value for an event or a row.
    ///
    /// # Errors
    /// When the data key can't be had.
    pub async fn seal(
        &self,
        scope: Scope,
        aggregate: &str,
        field: &str,
        plaintext: &[u8],
    ) -> Result<Sealed, VaultError> {
        let bytes = self.seal_bytes(scope, aggregate, field, plaintext).await?;
        Ok(Sealed(STANDARD.encode(bytes)))
    }

    /// Opens what [`Self::seal`] sealed under the same scope, aggregate and field.
    ///
    /// # Errors
    /// [`VaultError::Malformed`] when it is no sealed value, [`VaultError::DoesNotOpen`] when it was
    /// sealed elsewhere or altered, [`VaultError::Erased`] when its key is gone.
    pub async fn open_sealed(
        &self,
        scope: Scope,
        aggregate: &str,
        field: &str,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let bytes = STANDARD
            .decode(&sealed.0)
            .map_err(|_| VaultError::Malformed(BlobError::NoBase64))?;
        self.open_bytes(scope, aggregate, field, &bytes).await
    }

    /// As [`Self::seal`], for bytes that stay bytes.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub async fn seal_bytes(
        &self,
        scope: Scope,
        aggregate: &str,
        field: &str,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let keys = self.keys.for_sealing(scope).await?;
        let (name, key) = keys.newest().ok_or(VaultError::Erased)?;
        let place = Place {
            scope,
            aggregate,
            field,
        };
        value::seal(name, key, &place, plaintext)
    }

    /// As [`Self::open_sealed`], for bytes.
    ///
    /// # Errors
    /// As [`Self::open_sealed`].
    pub async fn open_bytes(
        &self,
        scope: Scope,
        aggregate: &str,
        field: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let value = Value::parse(sealed).map_err(VaultError::Malformed)?;
        let keys = self.keys.for_opening(scope, value.key).await?;
        let key = keys.named(value.key).ok_or(VaultError::DoesNotOpen)?;
        let place = Place {
            scope,
            aggregate,
            field,
        };
        value.open(key, &place)
    }

    /// A hash under which equal texts of one owner and one purpose are equal, and which tells
    /// nothing without the key: HMAC-SHA-256, lower-case hex.
    pub fn keyed_hash(&self, owner: UserId, purpose: &str, text: &str) -> KeyedHash {
        self.keyed_hash_of(owner, purpose, text.as_bytes())
    }

    /// As [`Self::keyed_hash`], of bytes.
    pub fn keyed_hash_of(&self, owner: UserId, purpose: &str, bytes: &[u8]) -> KeyedHash {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.keys.hash_key())
            .expect("HMAC takes a key of any length");
        mac.update(&joined(&[owner.0.as_bytes(), purpose.as_bytes(), bytes]));
        KeyedHash(hex::encode(mac.finalize().into_bytes()))
    }
}

/// Parts behind their lengths, so that no two lists give the same bytes.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}
