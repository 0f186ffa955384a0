//! Stored events, of any type and version: an event, or an error by name. What decodes survives
//! being written again, and can be folded and published.
//!
//! An input is the aggregate's type, the event's type and its version, a line each, and the
//! payload.
#![no_main]

use chrono::DateTime;
use commands::{StoredEvent, public_events};
use cqrs_es::Aggregate;
use domain::account::{Account, AccountEvent};
use domain::task::{Task, TaskEvent};
use domain::ticket::{Ticket, TicketEvent};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use uuid::Uuid;

fuzz_target!(|text: &str| {
    let mut parts = text.splitn(4, '\n');
    let [
        Some(aggregate),
        Some(event_type),
        Some(version),
        Some(payload),
    ] = std::array::from_fn(|_| parts.next())
    else {
        return;
    };
    let stored = StoredEvent {
        position: 1,
        event_id: Uuid::from_u128(1),
        recorded_at: DateTime::UNIX_EPOCH,
        aggregate_type: aggregate.to_owned(),
        aggregate_id: Uuid::from_u128(2).to_string(),
        sequence: 1,
        event_type: event_type.to_owned(),
        event_version: version.to_owned(),
        payload: payload.to_owned(),
        metadata: "{}".to_owned(),
        leaf: vec![0; 32],
        chain: vec![0; 32],
        previous_chain: vec![0; 32],
    };
    match aggregate {
        "task" => {
            folded::<Task, TaskEvent>(stored.task_event().ok());
            public_events(&stored);
        }
        "account" => folded::<Account, AccountEvent>(stored.account_event().ok()),
        "ticket" => folded::<Ticket, TicketEvent>(stored.ticket_event().ok()),
        _ => assert!(stored.task_event().is_err()),
    }
});

/// Written again it is the same, and it can be applied to a new aggregate, also twice.
fn folded<A, E>(event: Option<E>)
where
    A: Aggregate<Event = E>,
    E: Serialize + DeserializeOwned + PartialEq + Debug + Clone,
{
    let Some(event) = event else { return };
    let text = serde_json::to_string(&event).expect("an event that was read can be written");
    let again: E = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(event, again);
    let mut state = A::default();
    state.apply(event.clone());
    state.apply(event);
}
