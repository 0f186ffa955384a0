#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use chrono::DateTime;
use domain::TaskId;
use domain::task::{AnswerShape, InterventionKind, Status, WaitingFor};
use serde_json::json;

const ID: &str = "00000000-0000-0000-0000-000000000007";

/// A task that has been through these events, from the first.
fn after(events: &[(&str, Value)]) -> State {
    let mut state = State::default();
    for (n, (name, data)) in (1..).zip(events) {
        state.events(vec![event(n, name, data.clone())]);
    }
    state
}

fn event(sequence: u64, name: &str, data: Value) -> PublicEvent {
    PublicEvent {
        position: 100 + sequence,
        sequence,
        task_id: TaskId(uuid::Uuid::nil()),
        event: format!("task.{name}"),
        at: DateTime::from_timestamp(sequence as i64, 0).unwrap(),
        data,
    }
}

fn submitted() -> (&'static str, Value) {
    let data = json!({ "portal": "p", "not_before": null, "needs_human": false });
    ("submitted", data)
}

fn running() -> Vec<(&'static str, Value)> {
    vec![
        submitted(),
        ("started", json!({ "epoch": 1, "mode": "run" })),
        (
            "session_opened",
            json!({ "session": ID, "provider": "local" }),
        ),
    ]
}

fn asked() -> Vec<(&'static str, Value)> {
    let question = json!({
        "id": ID, "kind": "captcha", "guide": "Escribe lo que ves",
        "answer": { "type": "text", "max_chars": 64 }, "answer_by": null,
    });
    let mut events = running();
    events.push(("intervention_requested", question));
    events
}

fn with(mut events: Vec<(&'static str, Value)>, more: &[(&'static str, Value)]) -> State {
    events.extend_from_slice(more);
    after(&events)
}

fn view(sequence: u64, status: &str) -> TaskView {
    serde_json::from_value(json!({
        "task_id": ID, "portal": "p", "portal_name": "La Paloma", "profile": ID,
        "status": status, "waiting_for": "none", "not_before": null, "submit": "none",
        "attempts": 0, "deferrals": 0, "purchase_date": null, "total": null, "uso_cfdi": "G03",
        "forma_pago": null, "window_until": null, "window_verified": null, "control": "agent",
        "control_epoch": 0, "session": null, "intervention": null, "failure": null,
        "warnings": [], "invoice": null, "artifacts": [], "archived": false, "can_retry": false,
        "created_at": "2026-11-26T00:00:00Z", "updated_at": "2026-11-26T00:00:00Z",
        "sequence": sequence, "position": sequence,
    }))
    .unwrap()
}

#[test]
fn a_new_ticket_waits_for_its_turn_its_time_or_its_owner() {
    let waits = |data: Value| after(&[("submitted", data)]).facts.waiting_for;
    assert_eq!(waits(submitted().1), WaitingFor::Queue);
    let later = json!({ "not_before": "2026-12-01T00:00:00Z", "needs_human": false });
    assert_eq!(waits(later), WaitingFor::NotBefore);
    assert_eq!(waits(json!({ "needs_human": true })), WaitingFor::Human);
}

#[test]
fn a_question_stands_until_it_is_answered() {
    let state = after(&asked());
    assert_eq!(state.facts.status, Status::InterventionNeeded);
    let question = state.facts.question.unwrap();
    assert_eq!(question.kind, InterventionKind::Captcha);
    assert_eq!(question.answer, AnswerShape::Text { max_chars: 64 });
    let answered = with(
        asked(),
        &[(
            "intervention_answered",
            json!({ "id": ID, "resumes": "session" }),
        )],
    );
    assert_eq!(answered.facts.status, Status::Running);
    assert_eq!(answered.facts.question, None);
    let parked = with(
        asked(),
        &[
            ("parked", json!({})),
            (
                "intervention_answered",
                json!({ "id": ID, "resumes": "queue" }),
            ),
        ],
    );
    assert_eq!(parked.facts.status, Status::Pending);
    assert_eq!(parked.facts.waiting_for, WaitingFor::Queue);
}

#[test]
fn what_is_published_beside_a_question_is_neither_a_pause_nor_a_row() {
    let mut state = after(&asked());
    let rows = state.rows.len();
    let beside = PublicEvent {
        sequence: 4,
        ..event(4, "paused", json!({ "reason": "intervention" }))
    };
    state.events(vec![beside]);
    assert_eq!(state.facts.status, Status::InterventionNeeded);
    assert_eq!(state.rows.len(), rows);
    let paused = with(running(), &[("paused", json!({ "reason": "user" }))]);
    assert_eq!(paused.facts.status, Status::Paused);
    assert_eq!(paused.rows.len(), 4);
}

#[test]
fn one_drives_when_the_agent_has_stopped_under_ones_own_epoch() {
    let taken = ("control_taken", json!({ "control_epoch": 3, "user": ID }));
    let mut state = with(asked(), std::slice::from_ref(&taken));
    assert_eq!(state.facts.control, Some(3));
    assert_eq!(state.may_drive(), None);
    state.ready(2);
    assert_eq!(state.may_drive(), None, "another's");
    state.ready(3);
    assert_eq!(state.may_drive(), Some(3));
    let back = json!({ "control_epoch": 3, "outcome": "could_not" });
    let could_not = with(asked(), &[taken.clone(), ("control_returned", back)]);
    assert!(could_not.facts.question.is_some());
    assert_eq!(could_not.facts.status, Status::InterventionNeeded);
    let back = json!({ "control_epoch": 3, "outcome": "done" });
    let done = with(asked(), &[taken.clone(), ("control_returned", back)]);
    assert_eq!(done.facts.question, None);
    assert_eq!(done.facts.status, Status::Running);
    let lapsed = with(
        running(),
        &[taken, ("control_lapsed", json!({ "control_epoch": 3 }))],
    );
    assert_eq!((lapsed.facts.control, lapsed.may_drive()), (None, None));
    assert_eq!(lapsed.facts.status, Status::InterventionNeeded);
}

#[test]
fn control_taken_in_a_pause_goes_back_to_the_pause() {
    let state = with(
        running(),
        &[
            ("paused", json!({ "reason": "user" })),
            ("control_taken", json!({ "control_epoch": 1, "user": ID })),
            (
                "control_returned",
                json!({ "control_epoch": 1, "outcome": "done" }),
            ),
        ],
    );
    assert_eq!(state.facts.status, Status::Paused);
}

#[test]
fn a_parked_task_has_no_browser() {
    let state = with(asked(), &[("parked", json!({}))]);
    assert!(state.facts.is_parked());
    assert!(state.facts.question.is_some(), "the question stays");
    assert!(!after(&running()).facts.is_parked());
}

#[test]
fn a_failure_says_why_and_a_retry_starts_anew() {
    let failure = json!({
        "class": "ticket_rejected", "rejection": "not_found", "retryable": true,
        "next_step": "Revisa el folio.",
    });
    let failed = with(running(), &[("failed", failure.clone())]);
    assert_eq!(failed.facts.status, Status::Failed);
    assert!(failed.facts.failure.unwrap().retryable);
    let again = with(running(), &[("failed", failure), ("reopened", json!({}))]);
    assert_eq!(again.facts.status, Status::Pending);
    assert_eq!(again.facts.failure, None);
}

#[test]
fn a_wish_waits_for_the_outcome() {
    let intended = [
        ("submit_intended", json!({ "by": "agent" })),
        ("wish_recorded", json!({ "type": "end" })),
    ];
    let state = with(running(), &intended);
    assert_eq!(state.facts.wish, Some(Wish::End));
    assert_eq!(state.facts.submit, "intended");
    let mut events = running();
    events.extend(intended);
    let state = with(
        events,
        &[("submit_outcome", json!({ "outcome": "accepted" }))],
    );
    assert_eq!(
        (state.facts.wish, state.facts.submit.as_str()),
        (None, "accepted")
    );
}

#[test]
fn the_task_as_told_counts_when_it_is_not_older_than_the_events() {
    let mut state = after(&running());
    state.loaded(view(2, "PENDING"));
    assert_eq!(state.facts.status, Status::Running, "older");
    assert_eq!(state.view.as_ref().unwrap().portal_name, "La Paloma");
    state.loaded(view(5, "COMPLETED"));
    assert_eq!(state.facts.status, Status::Completed);
    // Events the view has already don't turn the page back, but are rows.
    let rows = state.rows.len();
    state.events(vec![event(4, "paused", json!({ "reason": "user" }))]);
    assert_eq!(state.facts.status, Status::Completed);
    assert_eq!(state.rows.len(), rows + 1);
    state.loaded(view(3, "RUNNING"));
    assert_eq!(state.view.as_ref().unwrap().status, "COMPLETED");
}

#[test]
fn only_what_shows_makes_a_picture_late() {
    let step = |kind: &str| json!({ "kind": kind, "outcome": "ok", "duration_ms": 400 });
    let acted = |kind| with(running(), &[("step", step(kind))]).acted_ms;
    assert_eq!(
        acted("fill"),
        Some(3_600),
        "the fourth second less its length"
    );
    assert_eq!(acted("verify"), None);
}

#[test]
fn a_wish_is_known_and_granted_though_the_task_was_told_first() {
    let mut state = after(&running());
    state.loaded(view(5, "RUNNING"));
    state.events(vec![event(4, "wish_recorded", json!({ "type": "end" }))]);
    assert_eq!(state.facts.wish, Some(Wish::End));
    state.events(vec![event(
        5,
        "submit_outcome",
        json!({ "outcome": "rejected" }),
    )]);
    assert_eq!(state.facts.wish, None);
}

#[test]
fn an_amendment_is_remembered_beside_other_changes() {
    let amended = with(asked(), &[("amended", json!({})), ("parked", json!({}))]);
    assert_eq!(
        (amended.amended_position, amended.changed_position),
        (105, 106)
    );
    assert_eq!(after(&asked()).amended_position, 0);
}
