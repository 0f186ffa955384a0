//! Where delivered files lie: sealed, one file each.

mod opened;

pub use opened::OpenedArtifact;

use super::stream::{self, Header, Sealer};
use super::value::Value;
use super::{Scope, Vault, VaultError};
use crate::context::CommandId;
use crate::objects::{Objects, ObjectsError, Upload};
use bytes::Bytes;
use domain::{ArtifactId, KeyedHash, TaskId};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Bytes that hold the header of a file of any form.
const ANY_HEADER: usize = 128;

/// A file that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredArtifact {
    pub id: ArtifactId,
    /// Of the plaintext.
    pub size_bytes: u64,
    /// Keyed hash of the plaintext's SHA-256.
    pub digest: KeyedHash,
}

/// The files of artifacts, for who has no keys: can remove them, and read none. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ArtifactFiles {
    objects: Objects,
}

impl ArtifactFiles {
    /// The files in that store.
    pub fn new(objects: Objects) -> Self {
        Self { objects }
    }

    /// The id of the data key that an artifact's file was sealed under; `None` when there is no such
    /// file, or it is no sealed one.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn key_of(&self, id: ArtifactId) -> Result<Option<Uuid>, ObjectsError> {
        let Some(mut object) = self.objects.read(&name(id)).await? else {
            return Ok(None);
        };
        let mut beginning = Vec::new();
        while beginning.len() < ANY_HEADER
            && let Some(piece) = object.content.try_next().await?
        {
            beginning.extend_from_slice(&piece);
        }
        let key = match stream::is_chunked(&beginning) {
            true => Header::parse(&beginning).map(|header| header.key),
            false => Value::parse(&beginning).map(|value| value.key),
        };
        Ok(key.ok().map(|key| key.id))
    }

    /// Removes an artifact's file, for good. One that is not there is removed.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remove(&self, id: ArtifactId) -> Result<(), ObjectsError> {
        self.objects.remove(&name(id)).await
    }
}

/// The artifacts in a store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ArtifactStore {
    vault: Vault,
    files: ArtifactFiles,
}

impl ArtifactStore {
    /// A store in a folder of this machine, which is made at the first `put`.
    pub fn new(vault: Vault, folder: impl Into<PathBuf>) -> Self {
        Self::within(vault, Objects::folder(folder))
    }

    /// A store in any place.
    pub fn within(vault: Vault, objects: Objects) -> Self {
        let files = ArtifactFiles::new(objects);
        Self { vault, files }
    }

    /// The id of a task's file with that digest: its address by content. The same content is one
    /// file within a task; in another task, or of another owner, it is another, so that none is
    /// lost with another's, and nobody sees which are equal.
    pub fn address(task: TaskId, digest: &KeyedHash) -> ArtifactId {
        ArtifactId(CommandId::derived(&["artifact", &task.to_string(), &digest.0]).0)
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
        let mut file = self.begin(scope, id).await?;
        file.push(bytes).await?;
        file.finish(self, scope).await
    }

    /// As [`Self::put`], of a file that comes in pieces and is never in memory as a whole. Nothing
    /// is stored when the pieces end with an error.
    ///
    /// # Errors
    /// As [`Self::put`]; [`VaultError::ArtifactSource`] when the pieces end with an error.
    pub async fn put_stream(
        &self,
        scope: Scope,
        id: ArtifactId,
        pieces: impl Stream<Item = std::io::Result<Bytes>> + Send,
    ) -> Result<StoredArtifact, VaultError> {
        let mut file = self.begin(scope, id).await?;
        let mut pieces = std::pin::pin!(pieces);
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => file.push(&piece).await?,
                Err(broken) => {
                    file.upload.abort().await;
                    return Err(VaultError::ArtifactSource(broken));
                }
            }
        }
        file.finish(self, scope).await
    }

    /// Opens a stored file.
    ///
    /// # Errors
    /// As [`Self::get_stream`], and when any of it was altered.
    pub async fn get(
        &self,
        scope: Scope,
        id: ArtifactId,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.get_stream(scope, id).await?.whole().await
    }

    /// Opens a stored file piece by piece: it is never in memory as a whole, and its beginning has
    /// been opened when this returns. Only a stream that ends without an error was the whole file.
    ///
    /// # Errors
    /// When it is not there, its beginning was altered, or it belongs to another scope.
    pub async fn get_stream(
        &self,
        scope: Scope,
        id: ArtifactId,
    ) -> Result<OpenedArtifact, VaultError> {
        let object = self.files.objects.read(&name(id)).await?;
        let object = object.ok_or(VaultError::ArtifactMissing(id))?;
        OpenedArtifact::open(&self.vault, scope, id, object).await
    }

    /// As [`ArtifactFiles::remove`].
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remove(&self, id: ArtifactId) -> Result<(), VaultError> {
        Ok(self.files.remove(id).await?)
    }

    /// The digest a file of these bytes has.
    pub fn digest(&self, scope: Scope, bytes: &[u8]) -> KeyedHash {
        self.digest_of(scope, Sha256::new_with_prefix(bytes))
    }

    fn digest_of(&self, scope: Scope, hash: Sha256) -> KeyedHash {
        self.vault
            .keyed_hash_of(scope.user(), "artifact", &hash.finalize())
    }

    async fn begin(&self, scope: Scope, id: ArtifactId) -> Result<Incoming, VaultError> {
        let keys = self.vault.keys.for_sealing(scope).await?;
        let (key_name, key) = keys.newest().ok_or(VaultError::Erased)?;
        let text = id.to_string();
        let (sealer, header) = Sealer::new(key_name, key, &stream::place(scope, &text))?;
        let mut upload = self.files.objects.write(&name(id)).await?;
        upload.buffer().extend_from_slice(&header);
        Ok(Incoming {
            id,
            sealer,
            upload,
            size_bytes: 0,
            hash: Sha256::new(),
        })
    }
}

/// A file that is being sealed and stored.
struct Incoming {
    id: ArtifactId,
    sealer: Sealer,
    upload: Upload,
    size_bytes: u64,
    hash: Sha256,
}

impl Incoming {
    async fn push(&mut self, mut bytes: &[u8]) -> Result<(), VaultError> {
        self.size_bytes += bytes.len() as u64;
        self.hash.update(bytes);
        while !bytes.is_empty() {
            let taken = self.sealer.push(bytes, self.upload.buffer())?;
            bytes = &bytes[taken..];
            self.upload.flush().await?;
        }
        Ok(())
    }

    async fn finish(
        mut self,
        store: &ArtifactStore,
        scope: Scope,
    ) -> Result<StoredArtifact, VaultError> {
        self.sealer.finish(self.upload.buffer())?;
        self.upload.finish().await?;
        Ok(StoredArtifact {
            id: self.id,
            size_bytes: self.size_bytes,
            digest: store.digest_of(scope, self.hash),
        })
    }
}

/// Spread over 256 folders by the id's last byte (the first ones of a UUIDv7 are time).
fn name(id: ArtifactId) -> String {
    let last = id.0.as_bytes()[15];
    format!("{last:02x}/{id}")
}
