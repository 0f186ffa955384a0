//! Bytes as hexadecimal digits in JSON: lower case, of one length, so that one text has one meaning.

use serde::de::{Deserialize as _, Deserializer, Error};
use serde::ser::Serializer;

pub(super) fn serialize<S: Serializer, const N: usize>(
    bytes: &[u8; N],
    to: S,
) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hex::encode(bytes))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
    from: D,
) -> Result<[u8; N], D::Error> {
    let text = String::deserialize(from)?;
    let mut bytes = [0; N];
    let decoded = hex::decode_to_slice(&text, &mut bytes);
    if decoded.is_err() || hex::encode(bytes) != text {
        return Err(D::Error::custom(format!(
            "{} lower-case hexadecimal digits are wanted",
            2 * N
        )));
    }
    Ok(bytes)
}
