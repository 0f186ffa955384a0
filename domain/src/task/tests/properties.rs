//! Random requests to one task, checked against the reference model and against what must hold
//! whatever happens.

use super::model::{Model, Op, Place, Step as Submitted, Verdict, WINDOW_ENDS, Wanted};
use super::requests::{at, command, lives};
use super::*;
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs `handle` to its end; the sink never waits for anything.
fn handle(task: &mut Task, command: TaskCommand, now: Now) -> Result<Vec<TaskEvent>, TaskError> {
    let sink = EventSink::default();
    let mut context = Context::from_waker(Waker::noop());
    let result = match pin!(task.handle(command, &now, &sink)).poll(&mut context) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("handle waits"),
    };
    let events = match pin!(sink.collect()).poll(&mut context) {
        Poll::Ready(events) => events,
        Poll::Pending => panic!("the sink waits"),
    };
    match result {
        Ok(()) => Ok(events),
        Err(refusal) => {
            assert!(events.is_empty(), "a refused command emits nothing");
            Err(refusal)
        }
    }
}

#[test]
fn the_rules_agree_with_the_reference_model() {
    let config = Config {
        cases: 3_000,
        failure_persistence: None,
        ..Config::default()
    };
    let seen = RefCell::new(BTreeSet::new());
    TestRunner::new(config)
        .run(&lives(), |(needs_human, ops)| {
            live(needs_human, ops, &seen);
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_random_lives_reach_every_status_and_every_event() {
    // The deterministic generator, so that what is reached does not depend on luck.
    let mut runner = TestRunner::deterministic();
    let seen = RefCell::new(BTreeSet::new());
    for _ in 0..3_000 {
        let tree = lives().new_tree(&mut runner).unwrap();
        let (needs_human, ops) = tree.current();
        live(needs_human, ops, &seen);
    }
    let seen = seen.into_inner();
    let reached = |name: &str| assert!(seen.contains(name), "never reached: {name}");
    for status in [
        "PENDING",
        "RUNNING",
        "PAUSED",
        "INTERVENTION_NEEDED",
        "COMPLETED",
        "FAILED",
    ] {
        reached(status);
    }
    // The corners, where one request decides several things.
    for decision in [
        "RecordSubmitOutcome: SubmitOutcomeRecorded, TaskPaused",
        "RecordSubmitOutcome: SubmitOutcomeRecorded, TaskFailed",
        "CancelTask: SubmitOutcomeRecorded, TaskFailed",
        "ExpireTask: SubmitOutcomeRecorded, TaskFailed",
        "FailTask: SubmitOutcomeRecorded, TaskFailed",
        "ParkTask: TaskParked, SubmitOutcomeRecorded, TaskFailed",
        "ExpireLease: TaskParked, SubmitOutcomeRecorded, TaskFailed",
        "ExpireLease: LeaseExpired, TaskFailed",
    ] {
        reached(decision);
    }
    let events = seen
        .iter()
        .filter(|name| name.starts_with(char::is_uppercase) && !name.contains([' ', '_']))
        .filter(|name| name.chars().any(char::is_lowercase));
    assert_eq!(events.count(), 27, "event types: {seen:?}");
}

/// One task's life, everything checked after each request.
fn live(needs_human: bool, ops: Vec<(i64, Op)>, seen: &RefCell<BTreeSet<String>>) {
    let mut model = Model::new(needs_human);
    let mut asked = 0;
    let mut pressed = false;
    let first = TaskCommand::SubmitTask(Submission {
        needs_human,
        window: window(WindowSource::Printed, at(WINDOW_ENDS)),
        ..submission()
    });
    let mut task = Task::default();
    for event in handle(&mut task, first, Now(at(0))).unwrap() {
        seen.borrow_mut().insert(event.name().to_owned());
    }
    for (hours, op) in ops {
        model.clock += hours;
        let before = task.clone();
        let request = command(op, &model, asked);
        let name = request.name();
        let decided = before.decide(request.clone(), at(model.clock));
        let result = handle(&mut task, request, Now(at(model.clock)));
        assert_eq!(result, decided, "handle does what decide says");
        let verdict = match &result {
            Ok(events) if events.is_empty() => Verdict::Nothing,
            Ok(_) => Verdict::Taken,
            Err(_) => Verdict::Refused,
        };
        assert_eq!(verdict, model.take(op), "{op:?} on {before:?}: {result:?}");
        let events = result.unwrap_or_default();
        if events.is_empty() {
            assert_eq!(task, before, "nothing happened, nothing changed");
        }
        if events.len() > 1 {
            let all: Vec<_> = events.iter().map(TaskEvent::name).collect();
            let decision = format!("{name}: {}", all.join(", "));
            seen.borrow_mut().insert(decision);
        }
        let mut folded = before.clone();
        for event in &events {
            seen.borrow_mut().insert(event.name().to_owned());
            round_trips(event);
            never_pressed_twice(event, &mut pressed);
            if let TaskEvent::TaskStarted { mode, .. } = event {
                let recovers = *mode == RunMode::Recover;
                assert_eq!(recovers, before.submit.may_have_happened());
            }
            folded.fold(event);
            holds(&folded);
        }
        assert_eq!(folded, task, "the events alone make the state");
        seen.borrow_mut().insert(task.status.to_string());
        grows(&before, &task, &events);
        agrees(&task, &model);
        if matches!(op, Op::Ask { .. }) && verdict == Verdict::Taken {
            asked += 1;
        }
    }
    let text = serde_json::to_string(&task).unwrap();
    assert_eq!(serde_json::from_str::<Task>(&text).unwrap(), task);
}

fn round_trips(event: &TaskEvent) {
    let text = serde_json::to_string(event).unwrap();
    assert_eq!(&serde_json::from_str::<TaskEvent>(&text).unwrap(), event);
}

/// The irreversible step is intended again only after the portal rejected it.
fn never_pressed_twice(event: &TaskEvent, pressed: &mut bool) {
    match event {
        TaskEvent::SubmitIntended { .. } => {
            assert!(!*pressed, "pressed twice");
            *pressed = true;
        }
        TaskEvent::SubmitOutcomeRecorded { outcome, .. } => {
            *pressed = *outcome != SubmitOutcome::Rejected;
        }
        TaskEvent::TaskCompleted { .. } => *pressed = true,
        _ => {}
    }
}

/// What holds after every single event.
fn holds(task: &Task) {
    let human = matches!(task.control, Control::User { .. });
    assert!(
        !human || task.session.is_some(),
        "control without a session: {task:?}"
    );
    assert!(
        !human || task.status == Status::InterventionNeeded,
        "{task:?}"
    );
    assert_eq!(human, task.taken_from.is_some(), "{task:?}");
    if let Some(session) = task.session {
        assert!(task.lease.is_some() && task.open_sessions.contains(&session));
    }
    if task.status.is_finished() {
        assert_eq!((&task.lease, task.session, human), (&None, None, false));
        assert!(task.intervention.is_none() && task.wish.is_none());
        assert_eq!(task.waiting_for, WaitingFor::None);
    }
    match task.status {
        Status::Pending => assert!(task.lease.is_none() && task.intervention.is_none()),
        Status::Running => assert!(task.lease.is_some() && task.intervention.is_none()),
        _ => {}
    }
    assert_eq!(task.status == Status::Failed, task.failure.is_some());
    assert_eq!(task.status == Status::Completed, task.invoice.is_some());
    if task.waiting_for == WaitingFor::NotBefore {
        assert!(task.not_before.is_some());
    }
}

/// Epochs never fall, and each that is given out is new.
fn grows(before: &Task, after: &Task, events: &[TaskEvent]) {
    assert!(after.epoch >= before.epoch && after.control_epoch >= before.control_epoch);
    for event in events {
        match event {
            TaskEvent::TaskStarted { epoch, .. } => assert_eq!(*epoch, before.epoch + 1),
            TaskEvent::ControlTaken { control_epoch, .. } => {
                assert_eq!(*control_epoch, before.control_epoch + 1);
            }
            _ => {}
        }
    }
}

fn agrees(task: &Task, model: &Model) {
    let status = match model.place {
        Place::Queue | Place::Owner | Place::Delivery => Status::Pending,
        Place::Running => Status::Running,
        Place::Paused => Status::Paused,
        Place::Asking => Status::InterventionNeeded,
        Place::Completed => Status::Completed,
        Place::Failed => Status::Failed,
    };
    let waiting_for = match model.place {
        Place::Queue if model.not_before.is_some() => WaitingFor::NotBefore,
        Place::Queue => WaitingFor::Queue,
        Place::Owner | Place::Paused | Place::Asking => WaitingFor::Human,
        Place::Delivery => WaitingFor::Delivery,
        Place::Running | Place::Completed | Place::Failed => WaitingFor::None,
    };
    assert_eq!((task.status, task.waiting_for), (status, waiting_for));
    let submit = match task.submit {
        SubmitState::None => Submitted::Untouched,
        SubmitState::Intended(_) => Submitted::Intended,
        SubmitState::Accepted => Submitted::Accepted,
        SubmitState::Rejected => Submitted::Rejected,
        SubmitState::Unknown => Submitted::Unknown,
    };
    assert_eq!(submit, model.step);
    assert_eq!(task.lease.is_some(), model.lease);
    assert_eq!(task.session, model.session.map(session));
    assert_eq!(task.open_sessions.len(), model.open.len());
    let human = matches!(task.control, Control::User { .. });
    assert_eq!(human, model.human);
    assert_eq!(
        (task.epoch, task.control_epoch),
        (model.epoch, model.control_epoch)
    );
    assert_eq!(task.intervention.is_some(), model.question);
    assert_eq!(task.attempts, model.attempts);
    let wished = match task.wish {
        None => model.wanted == Wanted::Nothing,
        Some(Wish::Pause) => model.wanted == Wanted::Pause,
        Some(Wish::End { .. }) => matches!(model.wanted, Wanted::End(_)),
    };
    assert!(wished, "{:?}, {:?}", task.wish, model.wanted);
    let can_retry = model.place == Place::Failed && model.retryable;
    assert_eq!(
        (task.can_retry(), task.archived),
        (can_retry, model.archived)
    );
}
