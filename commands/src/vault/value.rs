//! The header of a sealed value: version and algorithm, id of the data key (16 bytes), version of
//! the data key (4, big-endian). The first form had version (1) and id only; it meant version 1 of
//! the key.

use super::blob::{self, BEGINNING, Blob, Form, Secret};
use super::error::BlobError;
use super::{Scope, VaultError, joined};
use uuid::Uuid;
use zeroize::Zeroizing;

const LABEL: &[u8] = b"relevo-sealed-2";
const FIRST_LABEL: &[u8] = b"relevo-sealed";
const ID: std::ops::Range<usize> = 2..18;
const VERSION: std::ops::Range<usize> = 18..22;

/// A data key's id and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyName {
    pub id: Uuid,
    pub version: i32,
}

/// Where a value belongs.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub scope: Scope,
    pub aggregate: &'a str,
    pub field: &'a str,
}

/// A sealed value, parsed.
pub(super) struct Value<'a> {
    pub key: KeyName,
    blob: Blob<'a>,
}

impl<'a> Value<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, BlobError> {
        let form = blob::form(bytes)?;
        let (id, end) = match form {
            Form::First => (1..17, 17),
            Form::Second => (ID, VERSION.end),
        };
        let blob = Blob::split(form, bytes, end)?;
        let id = Uuid::from_slice(&blob.header[id]).map_err(|_| BlobError::CutShort)?;
        let version = match form {
            Form::First => 1,
            Form::Second => blob.header[VERSION]
                .try_into()
                .map(i32::from_be_bytes)
                .map_err(|_| BlobError::CutShort)?,
        };
        let key = KeyName { id, version };
        Ok(Self { key, blob })
    }

    /// Opens it with the key of its name, at its place.
    pub(super) fn open(
        &self,
        key: &Secret,
        place: &Place<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let scope = place.scope.text();
        let parts = [
            scope.as_bytes(),
            place.aggregate.as_bytes(),
            place.field.as_bytes(),
        ];
        let bound = match self.blob.form {
            Form::First => joined(&[FIRST_LABEL, parts[0], parts[1], parts[2]]),
            Form::Second => blob::bound_to(LABEL, self.blob.header, &parts),
        };
        let opened = self.blob.open(key, &bound);
        opened.ok_or(VaultError::DoesNotOpen)
    }
}

/// Seals a value for a place, under the key of that name.
pub(super) fn seal(
    name: KeyName,
    key: &Secret,
    place: &Place<'_>,
    text: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let mut header = BEGINNING.to_vec();
    header.extend_from_slice(name.id.as_bytes());
    header.extend_from_slice(&name.version.to_be_bytes());
    let scope = place.scope.text();
    let parts = [
        scope.as_bytes(),
        place.aggregate.as_bytes(),
        place.field.as_bytes(),
    ];
    blob::seal(key, header, LABEL, &parts, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::UserId;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [7; 32];
    const NAME: KeyName = KeyName {
        id: Uuid::from_u128(0x0102_0304),
        version: 3,
    };

    fn place() -> Place<'static> {
        Place {
            scope: Scope::User(UserId(Uuid::from_u128(1))),
            aggregate: "task-1",
            field: "rfc",
        }
    }

    fn sealed(text: &[u8]) -> Vec<u8> {
        seal(NAME, &Zeroizing::new(KEY), &place(), text).unwrap()
    }

    fn opened(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let value = Value::parse(bytes).ok()?;
        value.open(&Zeroizing::new(KEY), &place()).ok()
    }

    /// Sealed by the program before headers had an algorithm, under `KEY`, id 0x01020304.
    const OF_THE_FIRST_FORM: &str = "0100000000000000000000000001020304050505050505050505050505050505050505050505050505a9fb2db52d46f91eeb4f9623d730588bab6398753dc1d2a39bb1d89a14";

    #[test]
    fn a_value_of_the_first_form_opens_for_ever() {
        let bytes = hex::decode(OF_THE_FIRST_FORM).unwrap();
        let value = Value::parse(&bytes).unwrap();
        assert_eq!((value.key.id, value.key.version), (NAME.id, 1));
        assert_eq!(opened(&bytes).unwrap().as_slice(), b"XAXX010101000");
    }

    #[test]
    fn the_header_tells_form_algorithm_key_and_version() {
        let bytes = sealed(b"text");
        assert_eq!(bytes[..2], [2, 1]);
        assert_eq!(Value::parse(&bytes).unwrap().key, NAME);
        assert_eq!(bytes.len(), 22 + 24 + 4 + 16);
    }

    #[test]
    fn a_header_says_under_which_key_or_nothing_opens() {
        // The same key under another name: the name is bound, not only looked up.
        for n in 0..22 {
            let mut bytes = sealed(b"text");
            bytes[n] ^= 3;
            assert!(opened(&bytes).is_none(), "byte {n}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(opened(&bytes).is_none());
        }

        #[test]
        fn arbitrary_bytes_behind_a_right_beginning_are_refused(
            first in any::<bool>(),
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let beginning: &[u8] = if first { &[1] } else { &BEGINNING };
            let bytes = [beginning, &bytes].concat();
            match Value::parse(&bytes) {
                Ok(_) => prop_assert!(opened(&bytes).is_none()),
                Err(error) => prop_assert_eq!(error, BlobError::CutShort),
            }
        }

        #[test]
        fn what_was_sealed_opens_and_no_longer_once_it_was_changed(
            text in proptest::collection::vec(any::<u8>(), 0..100),
            at in any::<proptest::sample::Index>(),
            change in 1..=255_u8,
        ) {
            let mut bytes = sealed(&text);
            prop_assert_eq!(opened(&bytes).map(|text| text.to_vec()), Some(text));
            let at = at.index(bytes.len());
            prop_assert!(opened(&bytes[..at]).is_none());
            bytes[at] ^= change;
            prop_assert!(opened(&bytes).is_none());
        }
    }
}
