//! From stored text to an event: the upcaster, which may fail.
//!
//! Every event type has a version. Old versions are lifted here, step by step, to the one the
//! domain knows; a newer one is an error of its own, since skipping it would lose history.
//!
//! A new version of an event: change the type in `domain` and its `event_version`, add the step from
//! the old version to [`LIFTS`], record an example (`domain/testdata/events`) and let the schemas be
//! written (`schemas/tests/event_schemas.rs`). The old example and the old schema stay.

use crate::error::DecodeError;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Lifts a payload, as it stands in the log, by one version; or says why it can't.
type Step = fn(Value) -> Result<Value, String>;

/// How the old versions of one event type are lifted.
struct Lifts {
    aggregate: &'static str,
    event_type: &'static str,
    /// The first lifts version 1 to 2, and so on.
    steps: &'static [Step],
}

/// Every event type that has more than its first version: none so far.
const LIFTS: &[Lifts] = &[];

/// The steps of an event type; the version the domain knows is one more than there are.
fn steps(lifts: &[Lifts], aggregate: &str, event_type: &str) -> &'static [Step] {
    lifts
        .iter()
        .find(|l| l.aggregate == aggregate && l.event_type == event_type)
        .map_or(&[], |l| l.steps)
}

/// Decodes an event's payload, of whatever version it is.
pub(crate) fn decode_payload<E: DeserializeOwned>(
    aggregate: &str,
    event_type: &str,
    event_version: &str,
    payload: impl FnOnce() -> Result<Value, serde_json::Error>,
) -> Result<E, DecodeError> {
    let stored = Stored {
        aggregate,
        event_type,
        event_version,
    };
    stored.decode(LIFTS, payload)
}

/// What an event is called where it stands.
#[derive(Clone, Copy)]
struct Stored<'a> {
    aggregate: &'a str,
    event_type: &'a str,
    event_version: &'a str,
}

impl Stored<'_> {
    fn decode<E: DeserializeOwned>(
        self,
        lifts: &[Lifts],
        payload: impl FnOnce() -> Result<Value, serde_json::Error>,
    ) -> Result<E, DecodeError> {
        let version = self.version()?;
        let steps = steps(lifts, self.aggregate, self.event_type);
        let done = usize::try_from(version - 1).unwrap_or(usize::MAX);
        let Some(to_do) = steps.get(done..) else {
            return Err(DecodeError::NewerVersion {
                aggregate: self.aggregate.to_owned(),
                event_type: self.event_type.to_owned(),
                version,
                known: u32::try_from(steps.len() + 1).unwrap_or(u32::MAX),
            });
        };
        let mut payload = payload().map_err(|error| self.malformed(error.to_string()))?;
        for (step, from) in to_do.iter().zip(version..) {
            payload = step(payload).map_err(|reason| DecodeError::NotLifted {
                aggregate: self.aggregate.to_owned(),
                event_type: self.event_type.to_owned(),
                from,
                to: from + 1,
                reason,
            })?;
        }
        serde_json::from_value(payload).map_err(|error| self.unreadable(&error))
    }

    /// At least 1.
    fn version(self) -> Result<u32, DecodeError> {
        match self.event_version.parse() {
            Ok(0) => Err(self.malformed("versions begin with 1".to_owned())),
            Ok(version) => Ok(version),
            Err(_) => Err(self.malformed("the version is not a number".to_owned())),
        }
    }

    fn unreadable(self, error: &serde_json::Error) -> DecodeError {
        let detail = error.to_string();
        if detail.starts_with(&format!("unknown variant `{}`", self.event_type)) {
            DecodeError::UnknownType {
                aggregate: self.aggregate.to_owned(),
                event_type: self.event_type.to_owned(),
            }
        } else {
            self.malformed(detail)
        }
    }

    fn malformed(self, detail: String) -> DecodeError {
        DecodeError::Malformed {
            aggregate: self.aggregate.to_owned(),
            event_type: self.event_type.to_owned(),
            version: self.event_version.to_owned(),
            detail,
        }
    }
}

#[cfg(test)]
mod tests;
