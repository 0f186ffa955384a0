//! ScheduleRetry, DeferTask, AwaitDelivery, ExpireLease.

use super::*;

fn schedule(epoch: u64) -> TaskCommand {
    TaskCommand::ScheduleRetry {
        epoch,
        class: TechnicalClass::PageTimeout,
        not_before: in_hours(1),
        detail: "slow".to_owned(),
    }
}

fn scheduled(attempt: u32) -> TaskEvent {
    TaskEvent::RetryScheduled {
        attempt,
        class: TechnicalClass::PageTimeout,
        not_before: in_hours(1),
        detail: "slow".to_owned(),
    }
}

fn defer(epoch: u64, not_before: DateTime<Utc>) -> TaskCommand {
    TaskCommand::DeferTask {
        epoch,
        reason: DeferReason::TooNew,
        not_before,
    }
}

fn deferred(deferral: u32, not_before: DateTime<Utc>) -> TaskEvent {
    TaskEvent::TaskDeferred {
        deferral,
        reason: DeferReason::TooNew,
        not_before,
    }
}

fn wait_for_delivery(epoch: u64) -> TaskCommand {
    TaskCommand::AwaitDelivery {
        epoch,
        channel: DeliveryChannel::Email,
        expected_by: in_hours(72),
    }
}

fn expire(epoch: u64) -> TaskCommand {
    TaskCommand::ExpireLease {
        epoch,
        given_back: false,
    }
}

fn give_back(epoch: u64) -> TaskCommand {
    TaskCommand::ExpireLease {
        epoch,
        given_back: true,
    }
}

fn expired(epoch: u64, attempt: u32) -> TaskEvent {
    TaskEvent::LeaseExpired { epoch, attempt }
}

/// RUNNING in epoch `n + 1`, after `n` technical failures.
fn failed_times(n: u32) -> Vec<TaskEvent> {
    let mut history = running();
    for attempt in 1..=n {
        history.push(scheduled(attempt));
        history.push(started(u64::from(attempt) + 1, RunMode::Run));
    }
    history
}

fn only_the_running_worker(command: fn(u64) -> TaskCommand) {
    refuses(running(), command(0), stale(0, 1));
    refuses(running(), command(2), stale(2, 1));
    for history in [paused(), waiting(), held(), done(), ended(true)] {
        refuses_status(history, command(1));
    }
    refuses_status(awaiting_delivery(), command(1));
}

#[test]
fn a_technical_failure_is_tried_again_later() {
    let after = gives(running(), schedule(1), [scheduled(1)]);
    stands(&after, Status::Pending, WaitingFor::NotBefore);
    assert_eq!((after.attempts, after.not_before), (1, Some(in_hours(1))));
    assert!(after.lease.is_none() && after.session.is_none());
    only_the_running_worker(schedule);
}

#[test]
fn there_are_three_retries_and_no_fourth() {
    gives(failed_times(2), schedule(3), [scheduled(3)]);
    refuses(
        failed_times(3),
        schedule(4),
        TaskError::AttemptsExhausted { max: 3 },
    );
}

#[test]
fn the_owners_retry_gives_the_attempts_back() {
    let history = and(
        failed_times(3),
        [
            failed(FailureClass::AgentError, true),
            TaskEvent::TaskReopened,
            started(5, RunMode::Run),
        ],
    );
    gives(history, schedule(5), [scheduled(1)]);
}

#[test]
fn a_deferral_is_not_an_attempt_and_ends_the_row_of_failures() {
    let after = gives(
        failed_times(3),
        defer(4, in_hours(2)),
        [deferred(1, in_hours(2))],
    );
    stands(&after, Status::Pending, WaitingFor::NotBefore);
    assert_eq!((after.attempts, after.deferrals), (0, 1));
    only_the_running_worker(|epoch| defer(epoch, in_hours(2)));
}

#[test]
fn deferrals_are_counted() {
    let history = and(running(), [deferred(1, now()), started(2, RunMode::Run)]);
    gives(history, defer(2, in_hours(1)), [deferred(2, in_hours(1))]);
}

#[test]
fn deferrals_end_with_the_window() {
    let until = in_hours(5);
    for source in [
        WindowSource::Printed,
        WindowSource::Observed,
        WindowSource::Assumed,
        WindowSource::FiscalYear,
    ] {
        let submission = Submission {
            window: window(source, until),
            ..submission()
        };
        let history = vec![
            TaskEvent::TaskSubmitted(submission),
            started(1, RunMode::Run),
        ];
        gives(history.clone(), defer(1, until), [deferred(1, until)]);
        refuses(
            history,
            defer(1, until + TimeDelta::milliseconds(1)),
            TaskError::WindowEnds { until },
        );
    }
}

#[test]
fn what_may_have_been_asked_for_in_time_is_looked_up_after_the_window() {
    let until = in_hours(-1);
    let running = vec![
        TaskEvent::TaskSubmitted(Submission {
            window: window(WindowSource::Printed, until),
            ..submission()
        }),
        started(1, RunMode::Run),
    ];
    let later = in_hours(2);
    for last in [
        intended(SubmitBy::Agent),
        outcome(SubmitOutcome::Accepted),
        outcome(SubmitOutcome::Unknown),
    ] {
        gives(
            and(running.clone(), [last]),
            defer(1, later),
            [deferred(1, later)],
        );
    }
    refuses(
        and(running, [outcome(SubmitOutcome::Rejected)]),
        defer(1, later),
        TaskError::WindowEnds { until },
    );
}

#[test]
fn an_accepted_submission_waits_for_its_delivery_without_a_slot() {
    let history = and(running(), [outcome(SubmitOutcome::Accepted)]);
    let after = gives(history, wait_for_delivery(1), [delivery_awaited()]);
    stands(&after, Status::Pending, WaitingFor::Delivery);
    assert!(after.lease.is_none() && after.session.is_none());
    only_the_running_worker(wait_for_delivery);
}

#[test]
fn nothing_is_delivered_before_the_portal_accepts() {
    for last in [
        intended(SubmitBy::Agent),
        outcome(SubmitOutcome::Rejected),
        outcome(SubmitOutcome::Unknown),
    ] {
        refuses(
            and(running(), [last]),
            wait_for_delivery(1),
            TaskError::SubmitNotAccepted,
        );
    }
    refuses(
        running(),
        wait_for_delivery(1),
        TaskError::SubmitNotAccepted,
    );
}

#[test]
fn a_running_task_whose_worker_fell_silent_goes_back_to_the_queue() {
    let after = gives(running(), expire(1), [expired(1, 1)]);
    stands(&after, Status::Pending, WaitingFor::Queue);
    assert_eq!(after.attempts, 1);
    assert!(after.lease.is_none() && after.session.is_none());
}

#[test]
fn a_task_whose_workers_keep_falling_silent_fails_and_may_be_retried() {
    gives(failed_times(2), expire(3), [expired(3, 3)]);
    let task = task(&failed_times(3));
    let events = task.decide(expire(4), now()).unwrap();
    assert_eq!(events[0], expired(4, 4));
    let TaskEvent::TaskFailed { failure } = &events[1] else {
        panic!("not failed: {events:?}");
    };
    assert_eq!(failure.class, FailureClass::AgentError);
    assert!(failure.retryable && events.len() == 2);
}

#[test]
fn a_lease_that_is_given_back_is_no_attempt() {
    let after = gives(failed_times(3), give_back(4), [expired(4, 3)]);
    stands(&after, Status::Pending, WaitingFor::Queue);
    assert!(after.lease.is_none() && after.attempts == 3);
    for history in [paused(), waiting(), held()] {
        gives(history, give_back(1), [TaskEvent::TaskParked]);
    }
    refuses(running(), give_back(2), stale(2, 1));
}

#[test]
fn a_humans_part_gives_the_attempts_back() {
    let returned = |outcome| TaskEvent::ControlReturned {
        control_epoch: 1,
        outcome,
        settles_intervention: false,
    };
    let resumes = Resumes::Session;
    for humans_part in [
        vec![
            asked(1),
            TaskEvent::InterventionAnswered {
                id: question(1),
                answer: Sealed("v1.answer".to_owned()),
                resumes,
            },
        ],
        vec![
            asked(1),
            TaskEvent::InterventionDeclined {
                id: question(1),
                reason: "no".to_owned(),
                resumes,
            },
        ],
        vec![TaskEvent::TaskPaused, TaskEvent::TaskResumed { resumes }],
        vec![taken(1), returned(ReturnOutcome::Done)],
        vec![taken(1), returned(ReturnOutcome::CouldNot)],
    ] {
        let mut history = failed_times(3);
        history.extend(humans_part);
        gives(history, expire(4), [expired(4, 1)]);
    }
    // Nobody came: the row of failures goes on.
    let parked = and(failed_times(3), [asked(1), TaskEvent::TaskParked]);
    assert_eq!(task(&parked).attempts, 3);
}

#[test]
fn a_task_that_waits_for_a_human_is_parked_when_its_worker_falls_silent() {
    for history in [paused(), waiting(), held()] {
        let before = task(&history);
        let after = gives(history, expire(1), [TaskEvent::TaskParked]);
        stands(&after, before.status, before.waiting_for);
        assert_eq!(after.attempts, 0);
        assert!(after.is_parked() && after.session.is_none());
    }
}

#[test]
fn a_lease_that_was_given_back_does_not_expire() {
    for history in [
        and(paused(), [TaskEvent::TaskParked]),
        and(waiting(), [TaskEvent::TaskParked]),
        and(running(), [scheduled(1)]),
        awaiting_delivery(),
        done(),
        ended(true),
    ] {
        refuses(history, expire(1), TaskError::NoLease);
    }
}

#[test]
fn an_old_lease_does_not_expire_the_new_one() {
    let history = and(running(), [expired(1, 1), started(2, RunMode::Run)]);
    refuses(history, expire(1), stale(1, 2));
    refuses(pending(), expire(0), stale(0, 0));
}
