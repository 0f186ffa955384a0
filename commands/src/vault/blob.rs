//! What sealed values and wrapped keys have in common: header, nonce (24 bytes), ciphertext with
//! its tag (16). The header begins with its version; from version 2 on the algorithm follows, and
//! the whole header is part of the associated data.

use super::error::BlobError;
use super::{VaultError, joined};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// A key of either kind.
pub(super) type Secret = Zeroizing<[u8; 32]>;

const NONCE: usize = 24;
const TAG: usize = 16;
const ALGORITHM: u8 = 1;

/// How a header of the present form begins: version 2, XChaCha20-Poly1305.
pub(super) const BEGINNING: [u8; 2] = [2, ALGORITHM];

/// The forms of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Version 1: an id (16 bytes) follows. Read for ever, no longer written.
    First,
    /// Version 2.
    Second,
}

/// A blob in its parts.
#[derive(Clone, Copy)]
pub(super) struct Blob<'a> {
    pub form: Form,
    pub header: &'a [u8],
    /// Nonce and ciphertext; of a wrapped key, whatever its key service made.
    pub body: &'a [u8],
}

/// Which form a blob says it has.
pub(super) fn form(blob: &[u8]) -> Result<Form, BlobError> {
    match *blob {
        [1, ..] => Ok(Form::First),
        [2, ALGORITHM, ..] => Ok(Form::Second),
        [2, algorithm, ..] => Err(BlobError::UnknownAlgorithm(algorithm)),
        [] | [2] => Err(BlobError::CutShort),
        [version, ..] => Err(BlobError::UnknownVersion(version)),
    }
}

impl<'a> Blob<'a> {
    /// Parts a blob whose header is that long.
    pub(super) fn split(form: Form, blob: &'a [u8], header: usize) -> Result<Self, BlobError> {
        if blob.len() < header + NONCE + TAG {
            return Err(BlobError::CutShort);
        }
        let (header, body) = blob.split_at(header);
        Ok(Self { form, header, body })
    }

    /// The plaintext, if key and associated data are those it was sealed with.
    pub(super) fn open(&self, key: &Secret, bound_to: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        decrypt(key, bound_to, self.body)
    }
}

/// Seals in the present form, under a header that is bound along with the parts.
pub(super) fn seal(
    key: &Secret,
    mut header: Vec<u8>,
    label: &[u8],
    parts: &[&[u8]],
    text: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let body = encrypt(key, &bound_to(label, &header, parts), text)?;
    header.extend_from_slice(&body);
    Ok(header)
}

/// Nonce and ciphertext.
pub(super) fn encrypt(key: &Secret, bound_to: &[u8], text: &[u8]) -> Result<Vec<u8>, VaultError> {
    let nonce = nonce()?;
    let payload = Payload {
        msg: text,
        aad: bound_to,
    };
    let ciphertext = XChaCha20Poly1305::new((&**key).into())
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| VaultError::DoesNotOpen)?;
    Ok([&nonce, ciphertext.as_slice()].concat())
}

/// What [`encrypt`] made, if key and associated data are the same.
pub(super) fn decrypt(key: &Secret, bound_to: &[u8], body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, ciphertext) = body.split_at_checked(NONCE)?;
    let payload = Payload {
        msg: ciphertext,
        aad: bound_to,
    };
    let nonce = XNonce::try_from(nonce).ok()?;
    let cipher = XChaCha20Poly1305::new((&**key).into());
    cipher.decrypt(&nonce, payload).map(Zeroizing::new).ok()
}

/// The associated data of the present form.
pub(super) fn bound_to(label: &[u8], header: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut all = vec![label, header];
    all.extend_from_slice(parts);
    joined(&all)
}

/// Random: with 192 bits none comes twice.
fn nonce() -> Result<[u8; NONCE], VaultError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| VaultError::NoRandomness)?;
    Ok(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_million_nonces_are_a_million() {
        let nonces: HashSet<_> = (0..1_000_000).map(|_| nonce().unwrap()).collect();
        assert_eq!(nonces.len(), 1_000_000);
    }

    #[test]
    fn a_form_is_known_or_refused_by_name() {
        assert_eq!(form(&[]), Err(BlobError::CutShort));
        assert_eq!(form(&[2]), Err(BlobError::CutShort));
        assert_eq!(form(&[1, 9]), Ok(Form::First));
        assert_eq!(form(&[2, 1, 9]), Ok(Form::Second));
        assert_eq!(form(&[2, 2]), Err(BlobError::UnknownAlgorithm(2)));
        for version in [0].into_iter().chain(3..=255) {
            let unknown = Err(BlobError::UnknownVersion(version));
            assert_eq!(form(&[version, 1]), unknown);
        }
    }
}
