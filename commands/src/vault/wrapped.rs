//! The header of what a key-encryption key wraps: version and algorithm, length of the key's id
//! (1 byte), the id. The first form had version (1) and 16 zeros. What follows is the key service's
//! own; of keys in memory, nonce and ciphertext.

use super::blob::{self, BEGINNING, Blob, Form};
use super::error::BlobError;
use super::joined;

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

    /// What the key service made.
    pub(super) fn body(&self) -> &'a [u8] {
        self.blob.body
    }

    /// What it is bound to.
    pub(super) fn context(&self, purpose: &Purpose<'_>) -> Vec<u8> {
        match self.blob.form {
            Form::First => joined(&purpose.first),
            Form::Second => purpose.context(self.blob.header),
        }
    }
}

impl Purpose<'_> {
    /// What something of the present form is bound to.
    pub(super) fn context(&self, header: &[u8]) -> Vec<u8> {
        blob::bound_to(self.label, header, self.parts)
    }
}

/// The header for the key of that id; `None` when it has more than 255 bytes.
pub(super) fn header(kek: &str) -> Option<Vec<u8>> {
    let mut header = BEGINNING.to_vec();
    header.push(u8::try_from(kek.len()).ok()?);
    header.extend_from_slice(kek.as_bytes());
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::super::blob::{Secret, decrypt, encrypt};
    use super::*;
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    const PURPOSE: Purpose<'static> = Purpose {
        label: b"label",
        parts: &[b"one", b"two"],
        first: [b"first", b"one"],
    };

    fn key() -> Secret {
        Zeroizing::new([9; 32])
    }

    fn seal(kek: &str, secret: &[u8]) -> Vec<u8> {
        let header = header(kek).unwrap();
        let body = encrypt(&key(), &PURPOSE.context(&header), secret).unwrap();
        [header, body].concat()
    }

    fn open(wrapped: &Wrapped<'_>, purpose: &Purpose<'_>) -> Option<Zeroizing<Vec<u8>>> {
        decrypt(&key(), &wrapped.context(purpose), wrapped.body())
    }

    #[test]
    fn the_header_names_the_key() {
        let bytes = seal("k-2026", &[1; 32]);
        let wrapped = Wrapped::parse(&bytes).unwrap();
        assert_eq!(wrapped.kek, Some("k-2026"));
        assert_eq!(open(&wrapped, &PURPOSE).unwrap().as_slice(), [1; 32]);
        let elsewhere = Purpose {
            parts: &[b"one", b"three"],
            ..PURPOSE
        };
        assert!(open(&wrapped, &elsewhere).is_none());
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
                prop_assert!(open(&wrapped, &PURPOSE).is_none());
            }
        }
    }
}
