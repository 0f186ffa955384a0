//! The signer's key pair: the secret half in a file, the public half for auditors.

use super::error::AuditError;
use super::head::SignedHead;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use zeroize::Zeroizing;

/// The secret half. On disk it is 64 hexadecimal digits (the seed of RFC 8032), mode 0600.
#[derive(Debug)]
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Reads a key file.
    ///
    /// # Errors
    /// When it is missing, unreadable, open to others than its owner, or malformed.
    pub fn read(path: &Path) -> Result<Self, AuditError> {
        let unusable = |source| AuditError::File {
            path: path.into(),
            source,
        };
        let mut file = File::open(path).map_err(unusable)?;
        let mode = file.metadata().map_err(unusable)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(AuditError::KeyOpenToOthers {
                path: path.into(),
                mode,
            });
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(unusable)?;
        let malformed = || AuditError::KeyMalformed { path: path.into() };
        let mut seed = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), seed.as_mut_slice()).map_err(|_| malformed())?;
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|_| malformed())?;
        Ok(Self(pair))
    }

    /// The half that auditors get.
    pub fn public(&self) -> PublicKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(key)
    }

    /// Puts this key's id and signature on a head.
    pub(super) fn sign(&self, mut head: SignedHead) -> SignedHead {
        head.key_id = self.public().id();
        let signature = self.0.sign(&head.message());
        head.signature.copy_from_slice(signature.as_ref());
        head
    }
}

/// The public half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Takes 64 hexadecimal digits, or the path of a file each line of which begins with them (as
    /// `relevo audit key` prints them), because a signer may have changed its key.
    ///
    /// # Errors
    /// When it is neither, or the file has no or another text.
    pub fn parse(digits_or_path: &str) -> Result<Vec<Self>, AuditError> {
        if let Some(key) = Self::from_digits(digits_or_path) {
            return Ok(vec![key]);
        }
        let malformed = |_| AuditError::PublicKeyMalformed(digits_or_path.to_owned());
        let text = std::fs::read_to_string(digits_or_path).map_err(malformed)?;
        let keys = text.lines().filter(|line| !line.trim().is_empty());
        let keys: Option<Vec<_>> = keys
            .map(|line| Self::from_digits(line.split_whitespace().next()?))
            .collect();
        keys.filter(|keys| !keys.is_empty())
            .ok_or_else(|| AuditError::PublicKeyMalformed(digits_or_path.to_owned()))
    }

    fn from_digits(digits: &str) -> Option<Self> {
        let mut key = [0; 32];
        hex::decode_to_slice(digits, &mut key).ok()?;
        Some(Self(key))
    }

    /// The first eight bytes of its SHA-256: which key signed a head.
    pub fn id(&self) -> [u8; 8] {
        let hash = Sha256::digest(self.0);
        let mut id = [0; 8];
        id.copy_from_slice(&hash[..8]);
        id
    }

    /// Whether this key signed the head.
    pub fn signed(&self, head: &SignedHead) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(&head.message(), &head.signature)
            .is_ok()
    }
}

/// 64 hexadecimal digits.
impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A key's id as it is shown: 16 hexadecimal digits.
pub fn key_id_text(id: &[u8; 8]) -> String {
    hex::encode(id)
}
