//! The rules of the Task, sentence by sentence.

#![allow(clippy::unwrap_used, reason = "tests")]

mod control;
mod ends;
mod facts;
mod matrix;
mod model;
mod pace;
mod properties;
mod questions;
mod requests;
mod start;
mod wishes;

use super::*;
use crate::fiscal::{FormaPago, Money, UsoCfdi};
use crate::{ArtifactId, InterventionId, KeyedHash, Now, ProfileId, Sealed, SessionId, UserId};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use cqrs_es::test::TestFramework;
use uuid::Uuid;

/// The time at which every command of these tests is decided.
fn now() -> DateTime<Utc> {
    "2026-03-10T18:00:00Z".parse().unwrap()
}

fn in_hours(hours: i64) -> DateTime<Utc> {
    now() + TimeDelta::hours(hours)
}

fn user() -> UserId {
    UserId(Uuid::from_u128(1))
}

fn session(n: u128) -> SessionId {
    SessionId(Uuid::from_u128(0x5e55 + n))
}

fn question(n: u128) -> InterventionId {
    InterventionId(Uuid::from_u128(0xa5c + n))
}

fn ticket() -> Ticket {
    Ticket {
        portal: "practice".to_owned(),
        url: None,
        key: KeyedHash("aa".repeat(32)),
        fields: Sealed("v1.fields".to_owned()),
        purchase_date: NaiveDate::from_ymd_opt(2026, 3, 9),
        total: Some(Money::mxn(36_001)),
    }
}

fn submission() -> Submission {
    Submission {
        owner: user(),
        ticket: ticket(),
        profile: ProfileId(Uuid::from_u128(2)),
        uso_cfdi: UsoCfdi::G03,
        forma_pago: Some(FormaPago::F04),
        window: None,
        not_before: None,
        confirm: ConfirmPolicy::Ask,
        confirmed_values: Some("hash of what was confirmed".to_owned()),
        needs_human: false,
    }
}

fn window(verified: WindowSource, until: DateTime<Utc>) -> Option<TaskWindow> {
    let rule = "calendar_month".to_owned();
    Some(TaskWindow {
        until,
        rule,
        verified,
    })
}

fn intervention(n: u128, kind: InterventionKind) -> Intervention {
    Intervention {
        id: question(n),
        kind,
        guide: "Escribe las letras de la imagen.".to_owned(),
        answer: AnswerShape::Text { max_chars: 8 },
        answer_by: None,
    }
}

fn artifact(kind: ArtifactKind) -> Artifact {
    let n = match kind {
        ArtifactKind::Xml => 1,
        ArtifactKind::Pdf => 2,
        ArtifactKind::Screenshot => 3,
        ArtifactKind::Other => 4,
        ArtifactKind::Session => 5,
    };
    Artifact {
        id: ArtifactId(Uuid::from_u128(n)),
        kind,
        size_bytes: 4_096,
        digest: KeyedHash("bb".repeat(32)),
    }
}

fn invoice() -> Box<Invoice> {
    Box::new(Invoice {
        uuid_key: KeyedHash("cc".repeat(32)),
        details: Sealed("v1.details".to_owned()),
        issued_at: NaiveDate::from_ymd_opt(2026, 3, 10)
            .unwrap()
            .and_hms_opt(12, 0, 0)
            .unwrap(),
        subtotal: Money::mxn(31_035),
        taxes: Money::mxn(4_966),
        total: Money::mxn(36_001),
        uso_cfdi: "G03".to_owned(),
        forma_pago: Some("04".to_owned()),
        signature: "valid".to_owned(),
        xml: artifact(ArtifactKind::Xml).id,
        pdf: None,
    })
}

fn failure(class: FailureClass, retryable: bool) -> Failure {
    Failure {
        class,
        retryable,
        next_step: "Reintenta.".to_owned(),
    }
}

fn submitted() -> TaskEvent {
    TaskEvent::TaskSubmitted(submission())
}

fn started(epoch: u64, mode: RunMode) -> TaskEvent {
    TaskEvent::TaskStarted {
        epoch,
        mode,
        worker: "worker".to_owned(),
        profile_version: 1,
    }
}

fn opened(epoch: u64, n: u128) -> TaskEvent {
    TaskEvent::SessionOpened {
        epoch,
        session: session(n),
        provider: "local".to_owned(),
    }
}

fn closed(n: u128) -> TaskEvent {
    TaskEvent::SessionClosed {
        session: session(n),
        reason: "gone".to_owned(),
    }
}

fn asked(n: u128) -> TaskEvent {
    asked_for(n, InterventionKind::Captcha)
}

fn asked_for(n: u128, kind: InterventionKind) -> TaskEvent {
    TaskEvent::InterventionRequested {
        intervention: intervention(n, kind),
    }
}

fn taken(control_epoch: u64) -> TaskEvent {
    TaskEvent::ControlTaken {
        control_epoch,
        user: user(),
    }
}

fn intended(by: SubmitBy) -> TaskEvent {
    TaskEvent::SubmitIntended {
        epoch: 1,
        by,
        values_hash: "hash".to_owned(),
    }
}

fn outcome(outcome: SubmitOutcome) -> TaskEvent {
    TaskEvent::SubmitOutcomeRecorded {
        epoch: 1,
        outcome,
        evidence: "page".to_owned(),
    }
}

fn xml_stored() -> TaskEvent {
    TaskEvent::ArtifactStored {
        artifact: artifact(ArtifactKind::Xml),
    }
}

fn failed(class: FailureClass, retryable: bool) -> TaskEvent {
    TaskEvent::TaskFailed {
        failure: failure(class, retryable),
    }
}

fn completed() -> TaskEvent {
    TaskEvent::TaskCompleted {
        invoice: invoice(),
        warnings: vec![],
        delivered_by: DeliveredBy::Portal,
    }
}

fn delivery_awaited() -> TaskEvent {
    TaskEvent::DeliveryAwaited {
        channel: DeliveryChannel::Email,
        expected_by: in_hours(72),
    }
}

// Histories, each as short as the status allows.

fn pending() -> Vec<TaskEvent> {
    vec![submitted()]
}

/// RUNNING in epoch 1, with session 1.
fn running() -> Vec<TaskEvent> {
    vec![submitted(), started(1, RunMode::Run), opened(1, 1)]
}

fn paused() -> Vec<TaskEvent> {
    and(running(), [TaskEvent::TaskPaused])
}

/// INTERVENTION_NEEDED with question 1 open and the session alive.
fn waiting() -> Vec<TaskEvent> {
    and(running(), [asked(1)])
}

/// A human holds control under control epoch 1, taken from RUNNING.
fn held() -> Vec<TaskEvent> {
    and(running(), [taken(1)])
}

fn awaiting_delivery() -> Vec<TaskEvent> {
    and(
        running(),
        [
            intended(SubmitBy::Agent),
            outcome(SubmitOutcome::Accepted),
            delivery_awaited(),
        ],
    )
}

fn done() -> Vec<TaskEvent> {
    and(running(), [xml_stored(), completed()])
}

fn ended(retryable: bool) -> Vec<TaskEvent> {
    and(running(), [failed(FailureClass::AgentError, retryable)])
}

fn and<const N: usize>(mut history: Vec<TaskEvent>, more: [TaskEvent; N]) -> Vec<TaskEvent> {
    history.extend(more);
    history
}

fn task(history: &[TaskEvent]) -> Task {
    let mut task = Task::default();
    for event in history {
        task.fold(event);
    }
    task
}

/// Given, when, then; answers the task as it is afterwards.
fn gives<const N: usize>(given: Vec<TaskEvent>, when: TaskCommand, then: [TaskEvent; N]) -> Task {
    let mut after = task(&given);
    TestFramework::<Task>::with(Now(now()))
        .given(given)
        .when(when)
        .then_expect_events(then.to_vec());
    for event in &then {
        after.fold(event);
    }
    after
}

/// The command asks for what is so already.
fn gives_nothing(given: Vec<TaskEvent>, when: TaskCommand) {
    gives(given, when, []);
}

fn refuses(given: Vec<TaskEvent>, when: TaskCommand, then: TaskError) {
    TestFramework::<Task>::with(Now(now()))
        .given(given)
        .when(when)
        .then_expect_error(then);
}

/// Refused because of the status alone.
fn refuses_status(given: Vec<TaskEvent>, when: TaskCommand) {
    let status = task(&given).status;
    let command = when.name();
    refuses(given, when, TaskError::WrongStatus { command, status });
}

fn stale(given: u64, current: u64) -> TaskError {
    TaskError::StaleEpoch { given, current }
}

/// Status and reason of waiting, in one look.
#[track_caller]
fn stands(task: &Task, status: Status, waiting_for: WaitingFor) {
    assert_eq!((task.status, task.waiting_for), (status, waiting_for));
}
