//! The key-encryption key, from a file that only its owner may read.

use super::VaultError;
use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use zeroize::Zeroizing;

/// A key-encryption key. On disk it is TOML: `id = "k1"` and `key = "<64 hex digits>"`, mode 0600.
pub struct KeyFile {
    pub(super) id: String,
    pub(super) key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFile")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    id: String,
    key: SecretString,
}

impl KeyFile {
    /// Reads a key file.
    ///
    /// # Errors
    /// When it is missing, unreadable, open to others than its owner, or malformed.
    pub fn read(path: &Path) -> Result<Self, VaultError> {
        let unreadable = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => VaultError::KeyFileMissing { path: path.into() },
            _ => VaultError::KeyFileUnreadable {
                path: path.into(),
                source,
            },
        };
        let mut file = File::open(path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(VaultError::KeyFileOpenToOthers {
                path: path.into(),
                mode,
            });
        }
        let malformed = |detail: &str| VaultError::KeyFileMalformed {
            path: path.into(),
            detail: detail.to_owned(),
        };
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text)
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::InvalidData => malformed("it is not text"),
                _ => unreadable(error),
            })?;
        // The parser's own words would quote the line with the key.
        let parsed: Text = toml::from_str(&text)
            .map_err(|_| malformed("it wants the two lines `id = \"…\"` and `key = \"…\"`"))?;
        if parsed.id.is_empty() || parsed.id.len() > 64 {
            return Err(malformed("`id` wants 1 to 64 characters"));
        }
        let mut key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(parsed.key.expose_secret(), key.as_mut_slice())
            .map_err(|_| malformed("`key` wants 64 hexadecimal digits"))?;
        if key.iter().all(|byte| *byte == 0) {
            return Err(malformed("`key` is all zeros"));
        }
        Ok(Self { id: parsed.id, key })
    }

    /// Makes a key file with a new random key, mode 0600. An existing file is never touched.
    ///
    /// # Errors
    /// When the file exists or can't be written.
    pub fn create(path: &Path, id: &str) -> Result<(), VaultError> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(|_| VaultError::NoRandomness)?;
        let hex = Zeroizing::new(hex::encode(key.as_slice()));
        let text = Zeroizing::new(format!("id = \"{id}\"\nkey = \"{}\"\n", hex.as_str()));
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|source| VaultError::KeyFileUnreadable {
            path: path.into(),
            source,
        })
    }
}
