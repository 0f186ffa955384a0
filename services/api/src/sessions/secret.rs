//! What only a cookie holds: found again by its hash, and what is sealed under it opens with it
//! alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::fmt;
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;

/// 256 random bits.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; 32]>);

/// The machine gives no random numbers, or a value can't be sealed.
#[derive(Debug, thiserror::Error)]
#[error("nothing can be sealed: {0}")]
pub struct SecretError(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// When the machine gives no random numbers.
    pub fn random() -> Result<Self, SecretError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).map_err(|e| SecretError(e.to_string()))?;
        Ok(Self(bytes))
    }

    /// The secret a cookie's value spells.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        bytes
            .as_slice()
            .try_into()
            .map(Zeroizing::new)
            .map(Self)
            .ok()
    }

    /// The value of a cookie.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(*self.0)
    }

    /// What a table keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(*self.0).into()
    }

    /// Seals a value, bound to where it is kept.
    ///
    /// # Errors
    /// When there are no random numbers, or the value is no JSON.
    pub fn seal(&self, bound_to: &[u8], value: &impl Serialize) -> Result<Vec<u8>, SecretError> {
        let text = serde_json::to_vec(value).map_err(|e| SecretError(e.to_string()))?;
        let text = Zeroizing::new(text);
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|e| SecretError(e.to_string()))?;
        let payload = Payload {
            msg: &text,
            aad: bound_to,
        };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|e| SecretError(e.to_string()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Self::seal`] sealed there.
    pub fn open<T: DeserializeOwned>(&self, bound_to: &[u8], sealed: &[u8]) -> Option<T> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: sealed,
            aad: bound_to,
        };
        let text = self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()?;
        serde_json::from_slice(&Zeroizing::new(text)).ok()
    }

    /// The hash is in the table, so the key must not follow from it.
    fn cipher(&self) -> XChaCha20Poly1305 {
        let key =
            Hmac::<Sha256>::new_from_slice(&*self.0).map(|mac| mac.chain_update("relevo web 1"));
        let key = key.map_or([0; 32], |mac| mac.finalize().into_bytes().into());
        XChaCha20Poly1305::new(&Key::from(key))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_secret_at_its_place_only() {
        let secret = Secret::random().unwrap();
        let sealed = secret.seal(b"here", &"Ana").unwrap();
        let again = Secret::parse(&secret.text()).unwrap();
        assert_eq!(again.open::<String>(b"here", &sealed).unwrap(), "Ana");
        assert_eq!(again.open::<String>(b"there", &sealed), None);
        let other = Secret::random().unwrap();
        assert_eq!(other.open::<String>(b"here", &sealed), None);
        for cut in 0..sealed.len() {
            assert_eq!(again.open::<String>(b"here", &sealed[..cut]), None);
        }
        assert_ne!(secret.hash(), other.hash());
    }

    #[test]
    fn a_cookie_that_spells_no_secret_is_none() {
        for text in ["", "x", &"A".repeat(42), &"A".repeat(44), &"=".repeat(43)] {
            assert!(Secret::parse(text).is_none(), "{text}");
        }
    }
}
