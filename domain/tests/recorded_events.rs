//! One recorded example of every version of every event stays in `testdata/events`, named
//! `<Event>.v<version>.json`, so that what was once written is read for ever. A file is added with
//! each new event or version, and never changed.

#![allow(clippy::unwrap_used, reason = "tests")]

use cqrs_es::DomainEvent;
use domain::account::AccountEvent;
use domain::task::{
    ArtifactKind, ConfirmPolicy, CredentialPart, DeferReason, DeliveredBy, DeliveryChannel,
    ErasureReason, FailureClass, InterventionKind, Rejection, Resumes, ReturnOutcome, RunMode,
    StepKind, StepOutcome, SubmitBy, SubmitOutcome, TaskEvent, TechnicalClass, WindowSource,
};
use domain::ticket::TicketEvent;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names serde knows for an enum, from its own refusal of one that does not exist: complete
/// without a list that somebody would have to keep.
fn variants<E: DeserializeOwned>() -> BTreeSet<String> {
    let refusal = match serde_json::from_value::<E>(Value::from("?")) {
        Ok(_) => panic!("the name ? exists"),
        Err(refusal) => refusal.to_string(),
    };
    let names: BTreeSet<_> = refusal
        .split('`')
        .skip(3)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert!(refusal.starts_with("unknown variant `?`") && !names.is_empty());
    names
}

/// Reads every recorded example of the aggregate and compares what would be written today.
fn stays_readable<E: DomainEvent + Serialize + DeserializeOwned>() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/events");
    let mut recorded = BTreeSet::new();
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let (event_type, version) = name
            .strip_suffix(".json")
            .and_then(|stem| stem.split_once(".v"))
            .unwrap_or_else(|| panic!("{name} is not <Event>.v<version>.json"));
        if !variants::<E>().contains(event_type) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let event: E = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(event.event_type(), event_type, "{name}");
        if event.event_version() == version {
            let written: Value = serde_json::to_value(&event).unwrap();
            assert_eq!(
                written,
                serde_json::from_str::<Value>(&text).unwrap(),
                "{name}"
            );
            recorded.insert(event_type.to_owned());
        }
    }
    assert_eq!(
        recorded,
        variants::<E>(),
        "each has its current version recorded"
    );
}

#[test]
fn every_event_of_a_task_stays_readable() {
    stays_readable::<TaskEvent>();
}

#[test]
fn every_event_of_an_account_stays_readable() {
    stays_readable::<AccountEvent>();
}

#[test]
fn every_event_of_a_ticket_stays_readable() {
    stays_readable::<TicketEvent>();
}

#[test]
fn no_recorded_example_is_left_without_its_event() {
    let mut known = variants::<TaskEvent>();
    known.extend(variants::<AccountEvent>());
    known.extend(variants::<TicketEvent>());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/events");
    for file in fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let event_type = name.split('.').next().unwrap();
        assert!(known.contains(event_type), "{name} can no longer be read");
    }
}

/// The words inside of events are kept for ever, too; new ones may join.
#[test]
fn the_words_inside_of_events_stay() {
    fn stay<E: DeserializeOwned>(words: &str) {
        let known = variants::<E>();
        for word in words.split(' ') {
            assert!(known.contains(word), "{word} is missing in {known:?}");
        }
    }
    stay::<WindowSource>("printed observed assumed fiscal_year");
    stay::<ConfirmPolicy>("ask auto");
    stay::<RunMode>("run recover");
    stay::<Resumes>("session queue");
    stay::<StepKind>(
        "navigate read fill select click wait submit download verify recover refusal human",
    );
    stay::<StepOutcome>("ok skipped failed");
    stay::<ArtifactKind>("xml pdf screenshot session other");
    stay::<ErasureReason>("retention");
    stay::<CredentialPart>("login totp");
    stay::<SubmitBy>("agent human");
    stay::<SubmitOutcome>("accepted rejected unknown");
    stay::<InterventionKind>(
        "captcha login two_factor confirm missing_data ambiguous_field check delivery agent_stuck \
         manual",
    );
    stay::<ReturnOutcome>("done could_not");
    stay::<TechnicalClass>(
        "browser_lost page_timeout portal_down unexpected_page download_failed internal",
    );
    stay::<DeferReason>("too_new portal_down portal_busy");
    stay::<DeliveryChannel>("email portal");
    stay::<DeliveredBy>("portal email user");
    stay::<FailureClass>(
        "cancelled timed_out expired ticket_rejected portal_down blocked agent_error",
    );
    stay::<Rejection>("not_found already_invoiced_elsewhere amount_differs fiscal_data_refused");
}
