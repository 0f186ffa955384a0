//! Where key-encryption keys come from: a file that only its owner may read, a variable, or a service
//! that keeps them to itself.

use super::VaultError;
use super::blob::{self, Secret};
use super::service::{KeyIds, KeyService, KeyServiceError};
use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Where the key-encryption keys are. File and text hold the same TOML: one key as `id = "k1"` and
/// `key = "<64 hex digits>"`, or several as `active = "k2"` and a table `[keys]` with
/// `k1 = "<64 hex digits>"` and so on.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A file, mode 0600. Read again when a data key is made or asks for a key that is not known.
    File(PathBuf),
    /// The text itself, and the name of the variable that held it.
    Text { name: String, text: SecretString },
    /// A service that wraps for us.
    Service(Arc<dyn KeyService>),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the key file {}", path.display()),
            Self::Text { name, .. } => write!(f, "the variable {name}"),
            Self::Service(service) => f.write_str(&service.place()),
        }
    }
}

/// What a file or text held, in this process's memory.
struct Keks {
    place: String,
    active: String,
    keys: BTreeMap<String, Secret>,
}

impl fmt::Debug for Keks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keks").finish_non_exhaustive()
    }
}

#[async_trait]
impl KeyService for Keks {
    fn place(&self) -> String {
        self.place.clone()
    }

    async fn keys(&self) -> Result<KeyIds, KeyServiceError> {
        Ok(KeyIds {
            active: self.active.clone(),
            all: self.keys.keys().cloned().collect(),
        })
    }

    async fn wrap(
        &self,
        id: &str,
        context: &[u8],
        secret: &[u8],
    ) -> Result<Vec<u8>, KeyServiceError> {
        let key = self.keys.get(id).ok_or(KeyServiceError::Refused)?;
        blob::encrypt(key, context, secret)
            .map_err(|error| KeyServiceError::Unavailable(error.into()))
    }

    async fn unwrap(
        &self,
        id: &str,
        context: &[u8],
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyServiceError> {
        let key = self.keys.get(id).ok_or(KeyServiceError::Refused)?;
        blob::decrypt(key, context, wrapped).ok_or(KeyServiceError::Refused)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    id: Option<String>,
    key: Option<SecretString>,
    active: Option<String>,
    #[serde(default)]
    keys: BTreeMap<String, SecretString>,
}

impl KeySource {
    /// Who wraps: what is read into memory, or the service itself.
    pub(super) fn open(&self) -> Result<Arc<dyn KeyService>, VaultError> {
        let malformed = |detail| VaultError::KeysMalformed {
            place: self.to_string(),
            detail,
        };
        let (active, keys) = match self {
            Self::Service(service) => return Ok(Arc::clone(service)),
            Self::Text { text, .. } => parse(text.expose_secret()).map_err(malformed)?,
            Self::File(path) => {
                let text = read_private(path)?;
                let text = std::str::from_utf8(&text).map_err(|_| malformed("it is not text"))?;
                parse(text).map_err(malformed)?
            }
        };
        Ok(Arc::new(Keks {
            place: self.to_string(),
            active,
            keys,
        }))
    }
}

fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let unreadable = |source: std::io::Error| match source.kind() {
        ErrorKind::NotFound => VaultError::KeyFileMissing { path: path.into() },
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
    let mut text = Zeroizing::new(Vec::new());
    file.read_to_end(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// The refusals are in our words: the parser's own would quote the line with the key.
fn parse(text: &str) -> Result<(String, BTreeMap<String, Secret>), &'static str> {
    let text: Text = toml::from_str(text).map_err(|_| {
        "it wants the two lines `id = \"…\"` and `key = \"…\"`, or `active = \"…\"` and a table \
         `[keys]` with a line `<id> = \"…\"` for each key"
    })?;
    let (active, keys) = match (text.id, text.key, text.active) {
        (Some(id), Some(key), None) if text.keys.is_empty() => {
            (id.clone(), BTreeMap::from([(id, key)]))
        }
        (None, None, Some(active)) if !text.keys.is_empty() => (active, text.keys),
        _ => return Err("it wants either `id` and `key`, or `active` and `[keys]`"),
    };
    if keys.keys().any(|id| id.is_empty() || id.len() > 64) {
        return Err("a key's id wants 1 to 64 bytes");
    }
    if !keys.contains_key(&active) {
        return Err("`active` names a key that is not below `[keys]`");
    }
    let keys = keys.into_iter().map(|(id, hex)| Ok((id, decode(&hex)?)));
    let keys: BTreeMap<_, _> = keys.collect::<Result<_, &'static str>>()?;
    let distinct: HashSet<_> = keys.values().map(|key| key.as_slice()).collect();
    if distinct.len() < keys.len() {
        return Err("two ids have the same key");
    }
    Ok((active, keys))
}

fn decode(hex: &SecretString) -> Result<Secret, &'static str> {
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(hex.expose_secret(), key.as_mut_slice())
        .map_err(|_| "a key wants 64 hexadecimal digits")?;
    if key.iter().all(|byte| *byte == 0) {
        return Err("a key is all zeros");
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Result<Arc<dyn KeyService>, VaultError> {
        let source = KeySource::Text {
            name: "RELEVO_X".to_owned(),
            text: text.into(),
        };
        assert!(!format!("{source} {source:?}").contains("abab"));
        source.open()
    }

    #[test]
    fn one_key_or_several_are_read() {
        let (one, two) = ("ab".repeat(32), "cd".repeat(32));
        let (active, keys) = parse(&format!("id = \"k1\"\nkey = \"{one}\"\n")).unwrap();
        assert_eq!((active.as_str(), keys.len()), ("k1", 1));
        let text = format!("active = \"k2\"\n[keys]\nk1 = \"{one}\"\nk2 = \"{two}\"\n");
        let (active, keys) = parse(&text).unwrap();
        assert_eq!(active, "k2");
        assert_eq!(keys["k1"].as_slice(), [0xab; 32]);
        assert_eq!(keys["k2"].as_slice(), [0xcd; 32]);
        assert!(!format!("{:?}", open(&text).unwrap()).contains("abab"));
    }

    #[test]
    fn what_is_malformed_is_refused_and_never_quoted() {
        let one = "ab".repeat(32);
        for text in [
            String::new(),
            format!("id = \"k1\"\nkey = {one}\n"),
            format!("id = \"k1\"\nkey = \"{one}\"\nactive = \"k1\"\n"),
            format!("id = \"k1\"\nkey = \"{one}\"\n[keys]\nk2 = \"{one}\"\n"),
            format!("[keys]\nk1 = \"{one}\"\n"),
            "active = \"k1\"\n".to_owned(),
            format!("active = \"k2\"\n[keys]\nk1 = \"{one}\"\n"),
            format!("active = \"k1\"\n[keys]\nk1 = \"{one}\"\nk1 = \"{one}\"\n"),
            format!("active = \"k1\"\n[keys]\nk1 = \"{one}\"\nk2 = \"{one}\"\n"),
            format!("active = \"k1\"\n[keys]\nk1 = \"{one}ab\"\n"),
            format!("active = \"\"\n[keys]\n\"\" = \"{one}\"\n"),
            format!("active = \"k1\"\n[keys]\nk1 = \"{}\"\n", "00".repeat(32)),
            format!("active = \"k1\"\nmore = 1\n[keys]\nk1 = \"{one}\"\n"),
        ] {
            let error = open(&text).map(drop).unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(
                told.contains("RELEVO_X") && !told.contains("abab"),
                "{told}"
            );
        }
    }
}
