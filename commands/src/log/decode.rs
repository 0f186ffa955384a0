//! From stored text to an event: the upcaster, which may fail.
//!
//! Every event type has a version. Old versions are lifted here, step by step, to the one the
//! domain knows; a newer one is an error of its own, since skipping it would lose history.

use crate::error::DecodeError;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The version the domain knows of each event type. All are at 1 so far; a second version gets an
/// arm here and a step in [`lift`].
fn known_version(_aggregate: &str, _event_type: &str) -> u32 {
    1
}

/// Lifts a payload by one version. There is none to lift yet.
fn lift(_aggregate: &str, _event_type: &str, _from: u32, payload: Value) -> Result<Value, String> {
    Ok(payload)
}

/// Decodes an event's payload, of whatever version it is.
pub(crate) fn decode_payload<E: DeserializeOwned>(
    aggregate: &str,
    event_type: &str,
    event_version: &str,
    payload: impl FnOnce() -> Result<Value, serde_json::Error>,
) -> Result<E, DecodeError> {
    let malformed = |detail: String| DecodeError::Malformed {
        aggregate: aggregate.to_owned(),
        event_type: event_type.to_owned(),
        version: event_version.to_owned(),
        detail,
    };
    let version: u32 = event_version
        .parse()
        .map_err(|_| malformed("the version is not a number".to_owned()))?;
    let known = known_version(aggregate, event_type);
    if version > known {
        return Err(DecodeError::NewerVersion {
            aggregate: aggregate.to_owned(),
            event_type: event_type.to_owned(),
            version,
            known,
        });
    }
    let mut payload = payload().map_err(|e| malformed(e.to_string()))?;
    for from in version..known {
        payload = lift(aggregate, event_type, from, payload).map_err(malformed)?;
    }
    serde_json::from_value(payload).map_err(|error| {
        let detail = error.to_string();
        if detail.starts_with(&format!("unknown variant `{event_type}`")) {
            DecodeError::UnknownType {
                aggregate: aggregate.to_owned(),
                event_type: event_type.to_owned(),
            }
        } else {
            malformed(detail)
        }
    })
}
