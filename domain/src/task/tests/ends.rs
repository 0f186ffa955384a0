//! CompleteTask, FailTask, CancelTask, ExpireTask, RetryTask, ArchiveTask.

use super::*;

fn complete(epoch: Option<u64>, delivered_by: DeliveredBy) -> TaskCommand {
    TaskCommand::CompleteTask {
        epoch,
        invoice: invoice(),
        warnings: vec!["total_differs".to_owned()],
        delivered_by,
    }
}

fn delivered(delivered_by: DeliveredBy) -> TaskEvent {
    TaskEvent::TaskCompleted {
        invoice: invoice(),
        warnings: vec!["total_differs".to_owned()],
        delivered_by,
    }
}

fn fail(epoch: Option<u64>) -> TaskCommand {
    TaskCommand::FailTask {
        epoch,
        failure: failure(FailureClass::PortalDown, true),
    }
}

fn with_window(verified: WindowSource, until: DateTime<Utc>) -> Vec<TaskEvent> {
    vec![TaskEvent::TaskSubmitted(Submission {
        window: window(verified, until),
        ..submission()
    })]
}

fn ending(history: &[TaskEvent], command: TaskCommand) -> Failure {
    let mut task = task(history);
    let events = task.decide(command, now()).unwrap();
    let [TaskEvent::TaskFailed { failure }] = &events[..] else {
        panic!("not one failure: {events:?}");
    };
    task.fold(&events[0]);
    stands(&task, Status::Failed, WaitingFor::None);
    assert!(task.lease.is_none() && task.session.is_none());
    assert!(task.intervention.is_none() && task.control == Control::Agent);
    failure.clone()
}

fn open() -> Vec<Vec<TaskEvent>> {
    vec![
        pending(),
        running(),
        paused(),
        waiting(),
        held(),
        awaiting_delivery(),
        and(waiting(), [TaskEvent::TaskParked]),
    ]
}

#[test]
fn a_verified_invoice_completes_the_task() {
    for history in [running(), waiting(), held()] {
        let after = gives(
            and(history, [xml_stored()]),
            complete(Some(1), DeliveredBy::Portal),
            [delivered(DeliveredBy::Portal)],
        );
        stands(&after, Status::Completed, WaitingFor::None);
        assert_eq!(after.invoice, Some(invoice()));
        assert_eq!(after.submit, SubmitState::Accepted);
        assert!(after.lease.is_none() && after.session.is_none());
        assert!(after.intervention.is_none() && after.control == Control::Agent);
    }
}

#[test]
fn an_invoice_by_mail_or_by_hand_needs_no_worker() {
    let parked = and(waiting(), [TaskEvent::TaskParked]);
    for history in [awaiting_delivery(), parked, running()] {
        for by in [DeliveredBy::Email, DeliveredBy::User] {
            gives(
                and(history.clone(), [xml_stored()]),
                complete(None, by),
                [delivered(by)],
            );
        }
    }
}

#[test]
fn a_task_completes_only_with_its_xml_stored() {
    let id = artifact(ArtifactKind::Xml).id;
    refuses(
        running(),
        complete(Some(1), DeliveredBy::Portal),
        TaskError::XmlNotStored { id },
    );
    let mislabelled = Artifact {
        kind: ArtifactKind::Other,
        ..artifact(ArtifactKind::Xml)
    };
    let artifact = mislabelled;
    refuses(
        and(running(), [TaskEvent::ArtifactStored { artifact }]),
        complete(None, DeliveredBy::User),
        TaskError::XmlNotStored { id },
    );
}

#[test]
fn a_worker_completes_only_under_its_lease() {
    let history = and(running(), [xml_stored()]);
    for by in [DeliveredBy::Portal, DeliveredBy::Email, DeliveredBy::User] {
        refuses(history.clone(), complete(Some(2), by), stale(2, 1));
        refuses(
            and(waiting(), [xml_stored(), TaskEvent::TaskParked]),
            complete(Some(1), by),
            TaskError::NoLease,
        );
    }
    refuses(
        history,
        complete(None, DeliveredBy::Portal),
        TaskError::NoLease,
    );
}

#[test]
fn a_task_that_is_queued_paused_or_ended_does_not_complete() {
    for history in [pending(), paused(), done(), ended(true)] {
        refuses_status(
            and(history, [xml_stored()]),
            complete(None, DeliveredBy::User),
        );
    }
}

#[test]
fn a_pause_during_the_download_does_not_lose_the_invoice() {
    let resumes = Resumes::Session;
    gives(
        and(paused(), [xml_stored(), TaskEvent::TaskResumed { resumes }]),
        complete(Some(1), DeliveredBy::Portal),
        [delivered(DeliveredBy::Portal)],
    );
}

#[test]
fn any_open_task_fails_by_policy_or_is_cancelled() {
    for history in open() {
        let failed = ending(&history, fail(None));
        assert_eq!(failed, failure(FailureClass::PortalDown, true));
        let failed = ending(&history, TaskCommand::CancelTask);
        assert_eq!(failed.class, FailureClass::Cancelled);
        assert!(failed.retryable);
    }
}

#[test]
fn a_worker_fails_its_task_under_its_lease() {
    for history in [running(), paused(), waiting(), held()] {
        ending(&history, fail(Some(1)));
        refuses(history, fail(Some(2)), stale(2, 1));
    }
    let parked = and(waiting(), [TaskEvent::TaskParked]);
    refuses(parked, fail(Some(1)), TaskError::NoLease);
    refuses_status(done(), fail(Some(1)));
}

#[test]
fn a_finished_task_does_not_end_again() {
    for history in [done(), ended(true), ended(false)] {
        for command in [fail(None), TaskCommand::CancelTask, TaskCommand::ExpireTask] {
            refuses_status(history.clone(), command);
        }
    }
}

#[test]
fn a_printed_rule_or_the_end_of_the_fiscal_year_expires_a_task() {
    for source in [WindowSource::Printed, WindowSource::FiscalYear] {
        let failed = ending(&with_window(source, now()), TaskCommand::ExpireTask);
        assert_eq!(failed.class, FailureClass::Expired);
        assert!(!failed.retryable);
    }
}

#[test]
fn a_guessed_or_missing_window_expires_nothing() {
    for source in [WindowSource::Assumed, WindowSource::Observed] {
        refuses(
            with_window(source, in_hours(-1)),
            TaskCommand::ExpireTask,
            TaskError::WindowNotBinding,
        );
    }
    refuses(
        pending(),
        TaskCommand::ExpireTask,
        TaskError::WindowNotBinding,
    );
}

#[test]
fn a_task_does_not_expire_before_its_window_ends() {
    let until = now() + TimeDelta::milliseconds(1);
    refuses(
        with_window(WindowSource::Printed, until),
        TaskCommand::ExpireTask,
        TaskError::WindowEnds { until },
    );
}

#[test]
fn what_the_portal_accepted_in_time_does_not_expire() {
    let state = "accepted";
    let history = and(
        with_window(WindowSource::Printed, in_hours(-1)),
        [
            started(1, RunMode::Run),
            outcome(SubmitOutcome::Accepted),
            delivery_awaited(),
        ],
    );
    refuses(
        history,
        TaskCommand::ExpireTask,
        TaskError::SubmitAlreadyTaken { state },
    );
}

#[test]
fn what_may_have_been_invoiced_in_time_does_not_expire_until_the_portal_denies_it() {
    let state = "unknown";
    let recovering = and(
        with_window(WindowSource::Printed, in_hours(-1)),
        [
            started(1, RunMode::Run),
            outcome(SubmitOutcome::Unknown),
            failed(FailureClass::Expired, true),
            TaskEvent::TaskReopened,
        ],
    );
    refuses(
        recovering.clone(),
        TaskCommand::ExpireTask,
        TaskError::SubmitAlreadyTaken { state },
    );
    let denied = and(recovering, [outcome(SubmitOutcome::Rejected)]);
    let failed = ending(&denied, TaskCommand::ExpireTask);
    assert_eq!(failed.class, FailureClass::Expired);
    assert!(!failed.retryable);
}

#[test]
fn a_task_that_may_have_been_invoiced_never_ends_for_good() {
    for (result, retryable) in [
        (SubmitOutcome::Accepted, true),
        (SubmitOutcome::Unknown, true),
        (SubmitOutcome::Rejected, false),
    ] {
        for class in [FailureClass::Expired, FailureClass::AgentError] {
            let fail = TaskCommand::FailTask {
                epoch: Some(1),
                failure: failure(class, false),
            };
            let failed = ending(&and(running(), [outcome(result)]), fail);
            assert_eq!((failed.class, failed.retryable), (class, retryable));
        }
    }
}

#[test]
fn the_owner_retries_what_may_be_retried() {
    let after = gives(
        and(ended(true), [TaskEvent::TaskArchived]),
        TaskCommand::RetryTask,
        [TaskEvent::TaskReopened],
    );
    stands(&after, Status::Pending, WaitingFor::Queue);
    assert_eq!((after.attempts, after.failure.clone()), (0, None));
    assert!(!after.archived && !after.can_retry());
    refuses(
        ended(false),
        TaskCommand::RetryTask,
        TaskError::NotRetryable,
    );
    for history in open() {
        refuses_status(history, TaskCommand::RetryTask);
    }
    refuses_status(done(), TaskCommand::RetryTask);
}

#[test]
fn a_finished_task_is_archived_once() {
    for history in [done(), ended(true), ended(false)] {
        let before = task(&history);
        let after = gives(
            history.clone(),
            TaskCommand::ArchiveTask,
            [TaskEvent::TaskArchived],
        );
        assert!(after.archived && after.status == before.status);
        gives_nothing(
            and(history, [TaskEvent::TaskArchived]),
            TaskCommand::ArchiveTask,
        );
    }
    for history in open() {
        refuses_status(history, TaskCommand::ArchiveTask);
    }
}
