//! Headers of sealed values and of wrapped keys: whatever the bytes, a name or an error by name.
#![no_main]

use commands::{BlobError, sealed_under, wrapped_under};
use libfuzzer_sys::fuzz_target;

/// Version, algorithm, the shortest header, nonce and tag.
const SHORTEST: usize = 3 + 24 + 16;

fuzz_target!(|bytes: &[u8]| {
    let sealed = sealed_under(bytes);
    let wrapped = wrapped_under(bytes);
    if bytes.len() < SHORTEST {
        assert!(sealed.is_err() && wrapped.is_err());
    }
    match bytes {
        [0 | 3.., ..] => {
            assert_eq!(sealed, Err(BlobError::UnknownVersion(bytes[0])));
            assert_eq!(wrapped, Err(BlobError::UnknownVersion(bytes[0])));
        }
        [1, ..] => assert!(sealed.is_ok() == wrapped.is_ok()),
        _ => {}
    }
    if let Ok((_, version)) = sealed {
        assert!(bytes[0] == 2 || version == 1);
    }
});
