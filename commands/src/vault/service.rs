//! Who keeps key-encryption keys and wraps with them: this process's memory, or a service elsewhere.

use async_trait::async_trait;
use std::collections::BTreeSet;
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// Keeps key-encryption keys by id and wraps with them, and gives none away: a key management
/// service (KMS), a hardware module. Given to the vault as [`super::KeySource::Service`]. Asked when
/// a data key is needed that is not in memory: at most once a minute per user or profile.
#[async_trait]
pub trait KeyService: fmt::Debug + Send + Sync {
    /// What it is, for messages: "the key file /etc/relevo/key.toml".
    fn place(&self) -> String;

    /// Which keys it has now.
    ///
    /// # Errors
    /// When it does not answer.
    async fn keys(&self) -> Result<KeyIds, KeyServiceError>;

    /// Encrypts and authenticates `secret` (32 bytes) together with `context` (at most 1 KiB, not
    /// secret) under the key of that id; the answer has 40 bytes or more.
    ///
    /// # Errors
    /// When it does not answer, or has no such key.
    async fn wrap(
        &self,
        id: &str,
        context: &[u8],
        secret: &[u8],
    ) -> Result<Vec<u8>, KeyServiceError>;

    /// What [`Self::wrap`] encrypted under the same key and context.
    ///
    /// # Errors
    /// [`KeyServiceError::Refused`] when key or context are others, or it was altered.
    async fn unwrap(
        &self,
        id: &str,
        context: &[u8],
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyServiceError>;
}

/// The keys of a [`KeyService`].
#[derive(Clone, Debug)]
pub struct KeyIds {
    /// The one that wraps what is made now; one of `all`.
    pub active: String,
    /// 1 to 64 bytes each.
    pub all: BTreeSet<String>,
}

/// Why a [`KeyService`] does not do what it was asked.
#[derive(Debug, Error)]
pub enum KeyServiceError {
    /// It will never open under that key and context.
    #[error("it does not open")]
    Refused,
    /// No answer, or no right to one: may be repeated. The text must hold no secret.
    #[error("it does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
