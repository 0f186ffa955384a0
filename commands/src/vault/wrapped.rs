//! The header of what a key-encryption key wraps: version and algorithm, length of the key's id
//! (1 byte), the id. The first form had version (1) and 16 zeros.

use super::blob::{self, BEGINNING, Blob, Form, Secret};
use super::error::BlobError;
use super::{VaultError, joined};
use zeroize::Zeroizing;

/// What a wrapped secret is, for the associated data: of the present form and of the first.
pub(super) struct Purpose<'a> {
    pub label: &'static [u8],
    pub parts: &'a [&'a [u8]],
    pub first: [&'a [u8]; 2],
}

/// Something wrapped, parsed.
pub(super) struct Wrapped<'a> {
    /// The key-encryption key it names; the first form names none.
    pub kek: Option<&'a str>,
    blob: Blob<'a>,
}

impl<'a> Wrapped<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, BlobError> {
        let form = blob::form(bytes)?;
        let header = match form {
            Form::First => 17,
            Form::Second => 3 + usize::from(*bytes.get(2).ok_or(BlobError::CutShort)?),
        };
        let blob = Blob::split(form, bytes, header)?;
        let kek = match form {
            Form::First => None,
            Form::Second => {
                Some(std::str::from_utf8(&blob.header[3..]).map_err(|_| BlobError::KeyIdNoText)?)
            }
        };
        Ok(Self { kek, blob })
    }

    pub(super) fn open(&self, key: &Secret, purpose: &Purpose<'_>) -> Option<Zeroizing<Vec<u8>>> {
        let bound = match self.blob.form {
            Form::First => joined(&purpose.first),
            Form::Second => blob::bound_to(purpose.label, self.blob.header, purpose.parts),
        };
        self.blob.open(key, &bound)
    }
}

/// Wraps a secret under the key of that id, which has at most 255 bytes.
pub(super) fn seal(
    kek: &str,
    key: &Secret,
    purpose: &Purpose<'_>,
    secret: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let mut header = BEGINNING.to_vec();
    let length = u8::try_from(kek.len()).map_err(|_| VaultError::DoesNotOpen)?;
    header.push(length);
    header.extend_from_slice(kek.as_bytes());
    blob::seal(key, header, purpose.label, purpose.parts, secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PURPOSE: Purpose<'static> = Purpose {
        label: b"label",
        parts: &[b"one", b"two"],
        first: [b"first", b"one"],
    };

    fn key() -> Secret {
        Zeroizing::new([9; 32])
    }

    #[test]
    fn the_header_names_the_key() {
        let bytes = seal("k-2026", &key(), &PURPOSE, &[1; 32]).unwrap();
        let wrapped = Wrapped::parse(&bytes).unwrap();
        assert_eq!(wrapped.kek, Some("k-2026"));
        assert_eq!(wrapped.open(&key(), &PURPOSE).unwrap().as_slice(), [1; 32]);
        let elsewhere = Purpose {
            parts: &[b"one", b"three"],
            ..PURPOSE
        };
        assert!(wrapped.open(&key(), &elsewhere).is_none());
        let no_text = [&BEGINNING[..], &[1, 0xff], &[0; 40]].concat();
        let refused = Wrapped::parse(&no_text).err();
        assert_eq!(refused, Some(BlobError::KeyIdNoText));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_refused(
            right_beginning in any::<bool>(),
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let beginning: &[u8] = if right_beginning { &BEGINNING } else { &[] };
            let bytes = [beginning, &bytes].concat();
            if let Ok(wrapped) = Wrapped::parse(&bytes) {
                prop_assert!(wrapped.open(&key(), &PURPOSE).is_none());
            }
        }
    }
}
