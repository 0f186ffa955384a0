//! What can go wrong with keys and sealed values. None of it repeats a secret.

use std::path::PathBuf;
use thiserror::Error;

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
    #[error("the key file {} is malformed: {detail}", path.display())]
    KeyFileMalformed { path: PathBuf, detail: String },
    #[error(
        "the key file {} holds key {id:?}, which is not the one this database was sealed with",
        path.display()
    )]
    WrongKeyFile { path: PathBuf, id: String },
    #[error("a data key can't be unwrapped")]
    DataKeyDamaged,
    /// The data key is gone, and with it everything it sealed.
    #[error("the key of this value was erased")]
    Erased,
    /// Altered, or sealed for another user, aggregate or field.
    #[error("the sealed value does not open here")]
    DoesNotOpen,
    #[error("the system gives no random bytes")]
    NoRandomness,
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error("the artifact {0} is not there")]
    ArtifactMissing(domain::ArtifactId),
    #[error("the artifact store fails at {}", path.display())]
    ArtifactStore {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}
