#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use cqrs_es::DomainEvent;
use domain::account::AccountEvent;
use domain::task::TaskEvent;
use domain::ticket::TicketEvent;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;

/// An aggregate whose first event is at its third version: it began as a text of pesos, became
/// cents, and got a currency.
#[derive(Debug, PartialEq, Deserialize)]
enum BillEvent {
    Billed { cents: i64, currency: String },
    Paid,
}

const BILL: &[Lifts] = &[Lifts {
    aggregate: "bill",
    event_type: "Billed",
    steps: &[to_cents, with_currency],
}];

fn to_cents(payload: Value) -> Result<Value, String> {
    let pesos = payload.pointer("/Billed/pesos").and_then(Value::as_str);
    let pesos = pesos.ok_or("it has no pesos")?;
    let pesos: i64 = pesos
        .parse()
        .map_err(|_| format!("{pesos:?} is no amount"))?;
    Ok(json!({ "Billed": { "cents": pesos * 100 } }))
}

fn with_currency(payload: Value) -> Result<Value, String> {
    let cents = payload.pointer("/Billed/cents").ok_or("it has no cents")?;
    Ok(json!({ "Billed": { "cents": cents, "currency": "MXN" } }))
}

fn bill(event_type: &str, event_version: &str, payload: Value) -> Result<BillEvent, DecodeError> {
    let stored = Stored {
        aggregate: "bill",
        event_type,
        event_version,
    };
    stored.decode(BILL, || Ok(payload))
}

#[test]
fn an_old_event_is_lifted_step_by_step() {
    let expected = BillEvent::Billed {
        cents: 1200,
        currency: "MXN".to_owned(),
    };
    for (version, payload) in [
        ("1", json!({ "Billed": { "pesos": "12" } })),
        ("2", json!({ "Billed": { "cents": 1200 } })),
        (
            "3",
            json!({ "Billed": { "cents": 1200, "currency": "MXN" } }),
        ),
    ] {
        assert_eq!(bill("Billed", version, payload).as_ref(), Ok(&expected));
    }
    assert_eq!(bill("Paid", "1", json!("Paid")), Ok(BillEvent::Paid));
}

#[test]
fn a_step_that_fails_says_which_event_which_step_and_why() {
    let refused = bill("Billed", "1", json!({ "Billed": { "pesos": "twelve" } }));
    assert_eq!(
        refused.unwrap_err().to_string(),
        "bill.Billed can't be lifted from version 1 to 2: \"twelve\" is no amount"
    );
    let refused = bill("Billed", "2", json!({ "Billed": { "pesos": "12" } }));
    assert_eq!(
        refused.unwrap_err().to_string(),
        "bill.Billed can't be lifted from version 2 to 3: it has no cents"
    );
}

#[test]
fn a_newer_version_is_told_from_a_broken_one() {
    let payload = || json!({ "Billed": { "cents": 1, "currency": "MXN" } });
    for (event_type, version, known) in [("Billed", "4", 3), ("Paid", "2", 1)] {
        let refused = bill(event_type, version, payload()).unwrap_err();
        let newer = DecodeError::NewerVersion {
            aggregate: "bill".to_owned(),
            event_type: event_type.to_owned(),
            version: version.parse().unwrap(),
            known,
        };
        assert_eq!(refused, newer);
    }
    for version in ["0", "-1", "", "one", "99999999999"] {
        let refused = bill("Billed", version, payload());
        assert!(
            matches!(refused, Err(DecodeError::Malformed { .. })),
            "{version}"
        );
    }
    // A newer one is not even parsed: its text may be anything.
    let stored = Stored {
        aggregate: "bill",
        event_type: "Billed",
        event_version: "4",
    };
    let unparsed = stored.decode::<BillEvent>(BILL, || panic!("parsed"));
    assert!(matches!(unparsed, Err(DecodeError::NewerVersion { .. })));
}

#[test]
fn the_same_name_of_another_aggregate_has_its_own_steps() {
    let stored = Stored {
        aggregate: "invoice",
        event_type: "Billed",
        event_version: "2",
    };
    let refused = stored.decode::<BillEvent>(BILL, || Ok(json!(null)));
    assert!(matches!(
        refused,
        Err(DecodeError::NewerVersion { known: 1, .. })
    ));
}

/// Every recorded example is read as the log would read it, and what is written today is the newest
/// version there is.
#[test]
fn every_recorded_version_is_lifted_to_the_one_written_today() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/testdata/events");
    let mut newest: BTreeMap<String, u32> = BTreeMap::new();
    let mut written: BTreeMap<String, u32> = BTreeMap::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let (event_type, version) = stem.split_once(".v").unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let known = [
            read::<TaskEvent>("task", event_type, version, &text),
            read::<AccountEvent>("account", event_type, version, &text),
            read::<TicketEvent>("ticket", event_type, version, &text),
        ];
        let known: Vec<u32> = known.into_iter().flatten().collect();
        assert_eq!(known.len(), 1, "{stem} belongs to one aggregate");
        written.insert(event_type.to_owned(), known[0]);
        let seen = newest.entry(event_type.to_owned()).or_default();
        *seen = (*seen).max(version.parse().unwrap());
    }
    assert_eq!(written, newest);
    assert!(written.len() > 30);
}

/// The version an example is written in today, if it is of this aggregate; the table must know it.
fn read<E: DomainEvent + Serialize + DeserializeOwned>(
    aggregate: &str,
    event_type: &str,
    version: &str,
    text: &str,
) -> Option<u32> {
    let read = decode_payload::<E>(aggregate, event_type, version, || {
        serde_json::from_str(text)
    });
    let event = match read {
        Ok(event) => event,
        Err(DecodeError::UnknownType { .. }) => return None,
        Err(error) => panic!("{error}"),
    };
    let known = steps(LIFTS, aggregate, event_type).len() + 1;
    let written = event.event_version();
    assert_eq!(written, known.to_string(), "{aggregate}.{event_type}");
    written.parse().ok()
}
