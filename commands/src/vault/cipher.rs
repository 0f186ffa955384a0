//! The format of a sealed value: version (1 byte, 1), id of the data key (16), nonce (24),
//! ciphertext with its tag.

use super::VaultError;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use uuid::Uuid;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const ID_END: usize = 17;
const NONCE_END: usize = 41;

/// A key that seals, with its id.
pub(super) struct DataKey {
    pub id: Uuid,
    pub key: Zeroizing<[u8; 32]>,
}

pub(super) fn seal(key: &DataKey, bound_to: &[u8], text: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; 24];
    getrandom::fill(&mut nonce).map_err(|_| VaultError::NoRandomness)?;
    let payload = Payload {
        msg: text,
        aad: bound_to,
    };
    let ciphertext = XChaCha20Poly1305::new(&Key::from(*key.key))
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| VaultError::DoesNotOpen)?;
    let mut sealed = Vec::with_capacity(NONCE_END + ciphertext.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(key.id.as_bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

/// The id of the key a value was sealed with.
pub(super) fn key_id(sealed: &[u8]) -> Result<Uuid, VaultError> {
    match (sealed.first(), sealed.get(1..ID_END)) {
        (Some(&VERSION), Some(id)) => Uuid::from_slice(id).map_err(|_| VaultError::DoesNotOpen),
        _ => Err(VaultError::DoesNotOpen),
    }
}

pub(super) fn open(
    key: &DataKey,
    bound_to: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let nonce: [u8; 24] = sealed
        .get(ID_END..NONCE_END)
        .and_then(|nonce| nonce.try_into().ok())
        .ok_or(VaultError::DoesNotOpen)?;
    let payload = Payload {
        msg: sealed.get(NONCE_END..).ok_or(VaultError::DoesNotOpen)?,
        aad: bound_to,
    };
    XChaCha20Poly1305::new(&Key::from(*key.key))
        .decrypt(&XNonce::from(nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| VaultError::DoesNotOpen)
}
