//! Where delivered files lie: sealed, one file each, in a folder of this machine.

use super::{Scope, Vault, VaultError};
use domain::{ArtifactId, KeyedHash};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A file that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredArtifact {
    pub id: ArtifactId,
    /// Of the plaintext.
    pub size_bytes: u64,
    /// Keyed hash of the plaintext's SHA-256.
    pub digest: KeyedHash,
}

/// The artifacts in a folder. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ArtifactStore {
    vault: Vault,
    folder: PathBuf,
}

impl ArtifactStore {
    /// A store in that folder, which is made at the first `put`.
    pub fn new(vault: Vault, folder: impl Into<PathBuf>) -> Self {
        Self {
            vault,
            folder: folder.into(),
        }
    }

    /// Seals and stores a file; it is on disk when this returns. An id stored again is replaced as
    /// a whole, so that a repeat after a crash is harmless.
    ///
    /// # Errors
    /// When it can't be sealed or written.
    pub async fn put(
        &self,
        scope: Scope,
        id: ArtifactId,
        bytes: &[u8],
    ) -> Result<StoredArtifact, VaultError> {
        let sealed = self
            .vault
            .seal_bytes(scope, "artifact", &id.to_string(), bytes)
            .await?;
        let path = self.path(id);
        write_whole(&path, &sealed)
            .await
            .map_err(|source| VaultError::ArtifactStore { path, source })?;
        Ok(StoredArtifact {
            id,
            size_bytes: bytes.len() as u64,
            digest: self.digest(scope, bytes),
        })
    }

    /// Opens a stored file.
    ///
    /// # Errors
    /// When it is not there, was altered, or belongs to another scope.
    pub async fn get(
        &self,
        scope: Scope,
        id: ArtifactId,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let path = self.path(id);
        let sealed = match tokio::fs::read(&path).await {
            Ok(sealed) => sealed,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(VaultError::ArtifactMissing(id));
            }
            Err(source) => return Err(VaultError::ArtifactStore { path, source }),
        };
        self.vault
            .open_bytes(scope, "artifact", &id.to_string(), &sealed)
            .await
    }

    /// The digest a file of these bytes has.
    pub fn digest(&self, scope: Scope, bytes: &[u8]) -> KeyedHash {
        self.vault
            .keyed_hash_of(scope.user(), "artifact", &Sha256::digest(bytes))
    }

    /// Spread over 256 folders by the id's last byte (the first ones of a UUIDv7 are time).
    fn path(&self, id: ArtifactId) -> PathBuf {
        let last = id.0.as_bytes()[15];
        self.folder.join(format!("{last:02x}")).join(id.to_string())
    }
}

/// Whole or not at all: a temporary file, flushed, renamed, and the folder flushed.
async fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    tokio::fs::create_dir_all(folder).await?;
    let temporary = folder.join(format!(".{}", Uuid::now_v7()));
    let write = async {
        let mut file = tokio::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        tokio::fs::rename(&temporary, path).await
    };
    if let Err(error) = write.await {
        let _ = tokio::fs::remove_file(&temporary).await;
        return Err(error);
    }
    tokio::fs::File::open(folder).await?.sync_all().await
}
