//! What can go wrong with keys and sealed values. None of it repeats a secret.

use std::path::PathBuf;
use thiserror::Error;
use uuid::Uuid;

/// Why the vault does not open, or a value does not.
#[derive(Debug, Error)]
pub enum VaultError {
    #[error("the key file {} does not exist", path.display())]
    KeyFileMissing { path: PathBuf },
    #[error("the key file {} can't be read", path.display())]
    KeyFileUnreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "the key file {} is open to others (mode {mode:04o}): set it to 0600",
        path.display()
    )]
    KeyFileOpenToOthers { path: PathBuf, mode: u32 },
    /// `place` is the file or the variable.
    #[error("{place} is malformed: {detail}")]
    KeysMalformed { place: String, detail: &'static str },
    #[error("{place} does not wrap or unwrap keys")]
    KeyService {
        place: String,
        #[source]
        source: super::KeyServiceError,
    },
    #[error(
        "{place} holds another key {id:?} than the one this database was sealed with: \
         put the right one back"
    )]
    WrongKey { place: String, id: String },
    #[error(
        "{place} holds none of this database's key-encryption keys ({}): \
         put them back; a new one may stand beside them", known.join(", ")
    )]
    ForeignKeys { place: String, known: Vec<String> },
    #[error(
        "data keys are wrapped by key-encryption key {id:?}, which {place} does not hold: \
         put it back, and remove it only when `relevo keys status` shows nothing under it"
    )]
    KekMissing { place: String, id: String },
    #[error("data key {id} (version {version}) was altered: restore its row from a backup")]
    DataKeyDamaged { id: Uuid, version: i32 },
    #[error("data key {id} (version {version}) is malformed: restore its row from a backup")]
    DataKeyMalformed {
        id: Uuid,
        version: i32,
        #[source]
        source: BlobError,
    },
    /// The data key is gone, and with it everything it sealed.
    #[error("the key of this value was erased")]
    Erased,
    /// Altered, or sealed for another user, aggregate or field.
    #[error("the sealed value does not open here")]
    DoesNotOpen,
    #[error("the sealed value is malformed")]
    Malformed(#[source] BlobError),
    #[error("the system gives no random bytes")]
    NoRandomness,
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error("the artifact {0} is not there")]
    ArtifactMissing(domain::ArtifactId),
    /// The beginning opened, and a piece further on does not: it was altered, cut off, moved or added.
    #[error("the artifact's file is damaged at chunk {chunk}: restore it from a backup")]
    ArtifactDamaged { chunk: u64 },
    #[error("the artifact is too long to be sealed")]
    ArtifactTooLong,
    #[error("the artifact to be stored can't be read")]
    ArtifactSource(#[source] std::io::Error),
    #[error("the artifact store fails")]
    ArtifactStore(#[from] crate::objects::ObjectsError),
}

/// Why bytes are no sealed value and no wrapped key.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum BlobError {
    #[error("its form {0} is not known to this program")]
    UnknownVersion(u8),
    #[error("its algorithm {0} is not known to this program")]
    UnknownAlgorithm(u8),
    #[error("it is cut short")]
    CutShort,
    #[error("its key's id is no text")]
    KeyIdNoText,
    #[error("it is not Base64")]
    NoBase64,
}
