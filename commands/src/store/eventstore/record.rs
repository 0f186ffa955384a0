//! How an event of ours stands in EventStoreDB.

use crate::error::LogError;
use crate::store::tail::Cursor;
use crate::store::types::{Append, Event, NewEvent};
use ::eventstore::{EventData, RecordedEvent};
use chrono::DateTime;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The aggregates' types: streams of other names are not ours.
pub(super) const TYPES: [&str; 3] = ["task", "account", "ticket"];
/// The largest event, as in Postgres.
const MAX_BYTES: usize = 65_536;
/// The longest aggregate id, as in Postgres.
const MAX_ID_BYTES: usize = 200;
/// What stands in the metadata beside our own.
const VERSION: &str = "event_version";
const APPEND: &str = "append_id";

/// The stream of an aggregate.
pub(super) fn stream(aggregate_type: &str, aggregate_id: &str) -> String {
    format!("{aggregate_type}-{aggregate_id}")
}

/// Whether a stream is an aggregate's.
pub(super) fn is_ours(stream: &str) -> bool {
    split(stream).is_some()
}

fn split(stream: &str) -> Option<(&str, &str)> {
    let (aggregate_type, id) = stream.split_once('-')?;
    TYPES
        .contains(&aggregate_type)
        .then_some((aggregate_type, id))
}

/// The id of a command's event, by its number from 0.
fn event_id(append: &Append, number: usize) -> Uuid {
    Uuid::new_v5(&append.command_id.0, number.to_string().as_bytes())
}

/// The place of an event in the tail.
pub(super) fn cursor(recorded: &RecordedEvent) -> Cursor {
    Cursor::of(recorded.position.commit, recorded.position.prepare)
}

/// The append's events for the client, marked with the id of this append; or why they can't be
/// stored. What Postgres refuses is refused here too.
pub(super) fn events(append: &Append, append_id: Uuid) -> Result<Vec<EventData>, String> {
    let length = append.aggregate_id.len();
    if length == 0 || length > MAX_ID_BYTES {
        return Err(format!("an aggregate id of {length} bytes"));
    }
    let numbered = append.events.iter().enumerate();
    numbered
        .map(|(number, event)| one(append, append_id, number, event))
        .collect()
}

fn one(
    append: &Append,
    append_id: Uuid,
    number: usize,
    event: &NewEvent,
) -> Result<EventData, String> {
    let size = event.payload.len() + append.metadata.len();
    if size > MAX_BYTES {
        return Err(format!("an event of {size} bytes, above {MAX_BYTES}"));
    }
    if has_nul(&event.payload) || has_nul(&append.metadata) {
        return Err("an event with a NUL in it".to_owned());
    }
    let wrong = |error: serde_json::Error| error.to_string();
    let payload: &RawValue = serde_json::from_str(&event.payload).map_err(wrong)?;
    let mut metadata: BTreeMap<String, String> =
        serde_json::from_str(&append.metadata).map_err(wrong)?;
    metadata.insert(VERSION.to_owned(), event.event_version.clone());
    metadata.insert(APPEND.to_owned(), append_id.to_string());
    EventData::json(&event.event_type, &payload)
        .and_then(|data| data.metadata_as_json(&metadata))
        .map(|data| data.id(event_id(append, number)))
        .map_err(wrong)
}

/// Whether JSON text has an escaped NUL: an odd number of backslashes before `u0000`.
fn has_nul(json: &str) -> bool {
    let mut escapes = json.match_indices("\\u0000");
    escapes.any(|(at, _)| {
        let before = json.as_bytes()[..at].iter().rev();
        before.take_while(|byte| **byte == b'\\').count() % 2 == 0
    })
}

/// The id of the append an event came with.
pub(super) fn append_id(recorded: &RecordedEvent) -> Option<Uuid> {
    let metadata: BTreeMap<String, String> =
        serde_json::from_slice(&recorded.custom_metadata).ok()?;
    metadata.get(APPEND)?.parse().ok()
}

/// An event as it was given to [`events`].
pub(super) fn event(recorded: &RecordedEvent) -> Result<Event, LogError> {
    let wrong = |what: &str| {
        let RecordedEvent {
            stream_id,
            revision,
            ..
        } = recorded;
        LogError::Foreign(format!("revision {revision} of {stream_id}: {what}"))
    };
    let (aggregate_type, aggregate_id) =
        split(&recorded.stream_id).ok_or_else(|| wrong("no aggregate's stream"))?;
    let mut metadata: BTreeMap<String, String> = serde_json::from_slice(&recorded.custom_metadata)
        .map_err(|_| wrong("its metadata is no flat object of strings"))?;
    metadata.remove(APPEND);
    let event_version = metadata
        .remove(VERSION)
        .ok_or_else(|| wrong("its metadata has no event_version"))?;
    // In units of 100 ns; the client's own field has whole seconds.
    let created = recorded.metadata.get("created");
    let recorded_at = created
        .and_then(|ticks| ticks.parse::<i64>().ok())
        .and_then(|ticks| DateTime::from_timestamp_micros(ticks / 10))
        .unwrap_or(recorded.created);
    Ok(Event {
        event_id: recorded.id,
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: aggregate_id.to_owned(),
        sequence: recorded.revision + 1,
        position: recorded.position.commit,
        recorded_at,
        event_type: recorded.event_type.clone(),
        event_version,
        payload: String::from_utf8(recorded.data.to_vec())
            .map_err(|_| wrong("its payload is no text"))?,
        metadata: serde_json::to_string(&metadata).map_err(|_| wrong("its metadata"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_nul_is_told_from_an_escaped_backslash() {
        assert!(has_nul(r#""\u0000""#));
        assert!(has_nul(r#""\\\u0000""#));
        assert!(!has_nul(r#""\\u0000""#));
        assert!(!has_nul(r#""u0000""#));
    }

    #[test]
    fn a_stream_of_another_kind_is_not_ours() {
        assert_eq!(split("task-a-b"), Some(("task", "a-b")));
        for other in ["$stats-task", "tasks-a", "task", "order-a"] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
