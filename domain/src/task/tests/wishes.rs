//! Pause, cancel, fail and expire while the irreversible step has no outcome.

use super::*;

/// RUNNING, the irreversible step intended.
fn pressing() -> Vec<TaskEvent> {
    let submission = Submission {
        window: window(WindowSource::Printed, in_hours(-1)),
        ..submission()
    };
    vec![
        TaskEvent::TaskSubmitted(submission),
        started(1, RunMode::Run),
        opened(1, 1),
        intended(SubmitBy::Agent),
    ]
}

fn record(outcome: SubmitOutcome) -> TaskCommand {
    TaskCommand::RecordSubmitOutcome {
        epoch: 1,
        outcome,
        evidence: "page".to_owned(),
    }
}

fn silent(epoch: u64) -> TaskCommand {
    TaskCommand::ExpireLease {
        epoch,
        given_back: false,
    }
}

fn decide(history: &[TaskEvent], command: TaskCommand) -> Vec<TaskEvent> {
    task(history).decide(command, now()).unwrap()
}

/// The history with the command's events after it.
fn then(mut history: Vec<TaskEvent>, command: TaskCommand) -> Vec<TaskEvent> {
    let events = decide(&history, command);
    history.extend(events);
    history
}

fn last_failure(history: &[TaskEvent]) -> Failure {
    match history.last() {
        Some(TaskEvent::TaskFailed { failure }) => failure.clone(),
        other => panic!("not failed: {other:?}"),
    }
}

#[test]
fn an_end_wished_while_pressing_waits_for_the_outcome() {
    for (command, class) in [
        (TaskCommand::CancelTask, FailureClass::Cancelled),
        (TaskCommand::ExpireTask, FailureClass::Expired),
        (
            TaskCommand::FailTask {
                epoch: Some(1),
                failure: failure(FailureClass::AgentError, false),
            },
            FailureClass::AgentError,
        ),
    ] {
        let wished = then(pressing(), command.clone());
        let after = task(&wished);
        stands(&after, Status::Running, WaitingFor::None);
        assert!(matches!(
            wished.last(),
            Some(TaskEvent::WishRecorded { wish: Wish::End { failure } }) if failure.class == class
        ));
        gives_nothing(wished.clone(), command);

        let rejected = then(wished.clone(), record(SubmitOutcome::Rejected));
        assert_eq!(task(&rejected).status, Status::Failed);
        assert_eq!(last_failure(&rejected).class, class);
        let retryable = class == FailureClass::Cancelled;
        assert_eq!(last_failure(&rejected).retryable, retryable);

        let unknown = then(wished.clone(), record(SubmitOutcome::Unknown));
        assert_eq!(task(&unknown).status, Status::Failed);
        assert!(last_failure(&unknown).retryable, "a retry recovers");

        let accepted = then(wished, record(SubmitOutcome::Accepted));
        let after = task(&accepted);
        stands(&after, Status::Running, WaitingFor::None);
        assert_eq!(after.wish, None);
    }
}

#[test]
fn a_pause_wished_while_pressing_comes_with_the_outcome() {
    let wished = then(pressing(), TaskCommand::PauseTask);
    assert_eq!(task(&wished).status, Status::Running);
    gives_nothing(wished.clone(), TaskCommand::PauseTask);
    for result in [
        SubmitOutcome::Accepted,
        SubmitOutcome::Rejected,
        SubmitOutcome::Unknown,
    ] {
        let after = gives(
            wished.clone(),
            record(result),
            [outcome(result), TaskEvent::TaskPaused],
        );
        stands(&after, Status::Paused, WaitingFor::Human);
        assert_eq!(after.wish, None);
    }
}

#[test]
fn an_end_outweighs_a_pause() {
    let pause_first = then(pressing(), TaskCommand::PauseTask);
    let both = then(pause_first, TaskCommand::CancelTask);
    assert!(matches!(task(&both).wish, Some(Wish::End { .. })));
    gives_nothing(both.clone(), TaskCommand::PauseTask);
    let expired = TaskEvent::LeaseExpired {
        epoch: 1,
        attempt: 1,
    };
    gives_nothing(and(both, [expired]), TaskCommand::PauseTask);
}

#[test]
fn the_first_end_that_was_wished_counts() {
    let cancelled = then(pressing(), TaskCommand::CancelTask);
    gives_nothing(cancelled.clone(), TaskCommand::ExpireTask);
    let rejected = then(cancelled, record(SubmitOutcome::Rejected));
    assert_eq!(last_failure(&rejected).class, FailureClass::Cancelled);
}

#[test]
fn a_wish_survives_a_lost_worker_and_is_granted_by_the_recovery() {
    let wished = then(pressing(), TaskCommand::CancelTask);
    let expired = TaskEvent::LeaseExpired {
        epoch: 1,
        attempt: 1,
    };
    let recovering = and(wished, [expired, started(2, RunMode::Recover)]);
    let found = TaskCommand::RecordSubmitOutcome {
        epoch: 2,
        outcome: SubmitOutcome::Rejected,
        evidence: "page".to_owned(),
    };
    let after = then(recovering, found);
    assert_eq!(last_failure(&after).class, FailureClass::Cancelled);
}

#[test]
fn an_end_wished_after_parking_does_not_wait_for_ever() {
    let parked = and(pressing(), [asked(1), TaskEvent::TaskParked]);
    let after = then(parked, TaskCommand::CancelTask);
    let task = task(&after);
    assert_eq!(task.status, Status::Failed);
    assert_eq!(task.submit, SubmitState::Unknown);
    assert!(task.can_retry());
}

#[test]
fn parking_grants_an_end_that_was_wished() {
    let wished = then(and(pressing(), [asked(1)]), TaskCommand::CancelTask);
    assert_eq!(task(&wished).status, Status::InterventionNeeded);
    for command in [TaskCommand::ParkTask, silent(1)] {
        let after = then(wished.clone(), command);
        assert!(after.contains(&TaskEvent::TaskParked));
        assert_eq!(task(&after).submit, SubmitState::Unknown);
        assert_eq!(last_failure(&after).class, FailureClass::Cancelled);
    }
}

#[test]
fn a_parked_task_keeps_the_step_open_when_no_end_was_wished() {
    let parked = gives(
        and(pressing(), [asked(1)]),
        TaskCommand::ParkTask,
        [TaskEvent::TaskParked],
    );
    assert_eq!(parked.submit, SubmitState::Intended(SubmitBy::Agent));
}

#[test]
fn a_task_cancelled_while_its_workers_kept_failing_is_cancelled() {
    let mut history = pressing();
    for attempt in 1..=3 {
        history.push(TaskEvent::LeaseExpired {
            epoch: u64::from(attempt),
            attempt,
        });
        history.push(started(u64::from(attempt) + 1, RunMode::Recover));
    }
    let wished = then(history, TaskCommand::CancelTask);
    let after = then(wished, silent(4));
    assert_eq!(last_failure(&after).class, FailureClass::Cancelled);
    assert!(last_failure(&after).retryable);
}

#[test]
fn a_retry_after_an_unseen_outcome_recovers() {
    let parked = and(pressing(), [asked(1), TaskEvent::TaskParked]);
    let cancelled = then(parked, TaskCommand::CancelTask);
    gives(
        and(cancelled, [TaskEvent::TaskReopened]),
        TaskCommand::StartTask {
            worker: "worker".to_owned(),
            profile_version: 1,
        },
        [started(2, RunMode::Recover)],
    );
}

#[test]
fn a_late_outcome_of_an_ended_task_is_recorded_and_nothing_more() {
    let cancelled = then(
        and(pressing(), [asked(1), TaskEvent::TaskParked]),
        TaskCommand::CancelTask,
    );
    let after = gives(
        cancelled,
        record(SubmitOutcome::Accepted),
        [outcome(SubmitOutcome::Accepted)],
    );
    assert_eq!(after.status, Status::Failed);
    assert_eq!(after.submit, SubmitState::Accepted);
}
