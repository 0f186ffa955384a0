//! SubmitTask, AmendTask, StartTask, OpenSession, CloseSession.

use super::*;

fn start() -> TaskCommand {
    TaskCommand::StartTask {
        worker: "worker".to_owned(),
        profile_version: 1,
    }
}

fn open(epoch: u64, n: u128) -> TaskCommand {
    TaskCommand::OpenSession {
        epoch,
        session: session(n),
        provider: "local".to_owned(),
    }
}

fn close(n: u128) -> TaskCommand {
    TaskCommand::CloseSession {
        session: session(n),
        reason: "gone".to_owned(),
    }
}

fn amend() -> TaskCommand {
    TaskCommand::AmendTask(Amendment {
        ticket: amended_ticket(),
        profile: ProfileId(Uuid::from_u128(3)),
        uso_cfdi: UsoCfdi::G01,
        forma_pago: None,
    })
}

fn amended_ticket() -> Ticket {
    Ticket {
        total: Some(Money::mxn(36_100)),
        ..ticket()
    }
}

fn amended() -> TaskEvent {
    TaskEvent::TaskAmended {
        ticket: amended_ticket(),
        profile: ProfileId(Uuid::from_u128(3)),
        uso_cfdi: UsoCfdi::G01,
        forma_pago: None,
    }
}

fn given(change: impl FnOnce(&mut Submission)) -> Vec<TaskEvent> {
    let mut submission = submission();
    change(&mut submission);
    vec![TaskEvent::TaskSubmitted(submission)]
}

#[test]
fn a_submitted_task_waits_in_the_queue() {
    let after = gives(vec![], TaskCommand::SubmitTask(submission()), [submitted()]);
    stands(&after, Status::Pending, WaitingFor::Queue);
    assert_eq!(after.owner(), Some(user()));
    assert_eq!(after.profile(), Some(submission().profile));
}

#[test]
fn a_ticket_the_portal_does_not_have_yet_waits_for_its_time() {
    let task = task(&given(|s| s.not_before = Some(in_hours(2))));
    stands(&task, Status::Pending, WaitingFor::NotBefore);
}

#[test]
fn a_portal_that_always_asks_a_human_waits_for_the_owner() {
    let history = given(|s| s.needs_human = true);
    stands(&task(&history), Status::Pending, WaitingFor::Human);
    refuses(history.clone(), start(), TaskError::WaitsForHuman);
    let resumed = TaskEvent::TaskResumed {
        resumes: Resumes::Queue,
    };
    let after = gives(history.clone(), TaskCommand::ResumeTask, [resumed.clone()]);
    stands(&after, Status::Pending, WaitingFor::Queue);
    assert!(after.head_of_queue);
    gives(and(history, [resumed]), start(), [started(1, RunMode::Run)]);
}

#[test]
fn a_task_is_submitted_once() {
    for history in [pending(), running(), done(), ended(true)] {
        refuses(
            history,
            TaskCommand::SubmitTask(submission()),
            TaskError::TaskExists,
        );
    }
}

#[test]
fn a_task_that_does_not_exist_is_refused_by_name() {
    for command in [start(), amend(), close(1), TaskCommand::CancelTask] {
        refuses(vec![], command, TaskError::TaskUnknown);
    }
}

#[test]
fn a_worker_that_claims_a_waiting_task_gets_the_next_epoch() {
    let after = gives(pending(), start(), [started(1, RunMode::Run)]);
    stands(&after, Status::Running, WaitingFor::None);
    assert_eq!((after.epoch, after.lease.as_deref()), (1, Some("worker")));
    let retried = TaskEvent::RetryScheduled {
        attempt: 1,
        class: TechnicalClass::BrowserLost,
        not_before: now(),
        detail: String::new(),
    };
    let after = gives(
        and(running(), [retried]),
        start(),
        [started(2, RunMode::Run)],
    );
    assert_eq!((after.epoch, after.not_before), (2, None));
}

#[test]
fn a_second_worker_is_refused() {
    refuses_status(running(), start());
}

#[test]
fn a_task_starts_only_from_the_queue() {
    for history in [paused(), waiting(), held(), done(), ended(true)] {
        refuses_status(history, start());
    }
    refuses(awaiting_delivery(), start(), TaskError::WaitsForHuman);
}

#[test]
fn a_task_does_not_start_before_its_time_and_starts_at_it() {
    let not_before = now() + TimeDelta::milliseconds(1);
    refuses(
        given(|s| s.not_before = Some(not_before)),
        start(),
        TaskError::TooEarly { not_before },
    );
    gives(
        given(|s| s.not_before = Some(now())),
        start(),
        [started(1, RunMode::Run)],
    );
}

#[test]
fn a_task_whose_last_step_may_have_happened_starts_only_to_recover() {
    let expired = TaskEvent::LeaseExpired {
        epoch: 1,
        attempt: 1,
    };
    let by_agent = and(running(), [intended(SubmitBy::Agent)]);
    let histories = [
        (by_agent.clone(), RunMode::Recover),
        (
            and(by_agent.clone(), [outcome(SubmitOutcome::Unknown)]),
            RunMode::Recover,
        ),
        (
            and(by_agent.clone(), [outcome(SubmitOutcome::Accepted)]),
            RunMode::Recover,
        ),
        (
            and(by_agent, [outcome(SubmitOutcome::Rejected)]),
            RunMode::Run,
        ),
        (running(), RunMode::Run),
    ];
    for (history, mode) in histories {
        gives(and(history, [expired.clone()]), start(), [started(2, mode)]);
    }
}

#[test]
fn a_session_opens_for_the_worker_that_runs_the_task() {
    let claimed = vec![submitted(), started(1, RunMode::Run)];
    let after = gives(claimed.clone(), open(1, 1), [opened(1, 1)]);
    assert_eq!(after.session, Some(session(1)));
    gives_nothing(running(), open(1, 1));
    refuses(running(), open(1, 2), TaskError::SessionAlreadyOpen);
    refuses(claimed.clone(), open(0, 1), stale(0, 1));
    refuses(claimed.clone(), open(2, 1), stale(2, 1));
    for end in [TaskEvent::TaskPaused, asked(1), completed()] {
        refuses_status(and(claimed.clone(), [end]), open(1, 1));
    }
}

#[test]
fn a_worker_whose_browser_died_may_open_another() {
    gives(and(running(), [closed(1)]), open(1, 2), [opened(1, 2)]);
}

#[test]
fn a_session_is_closed_in_every_status_and_once() {
    for history in [running(), paused(), waiting(), held(), done(), ended(true)] {
        let after = gives(history.clone(), close(1), [closed(1)]);
        assert!(after.session.is_none() && after.open_sessions.is_empty());
        assert_eq!(after.control, Control::Agent);
        gives_nothing(and(history, [closed(1)]), close(1));
    }
    gives_nothing(pending(), close(1));
}

#[test]
fn the_late_end_of_an_old_session_leaves_the_new_one_alone() {
    let parked = and(paused(), [TaskEvent::TaskParked]);
    let resumed = TaskEvent::TaskResumed {
        resumes: Resumes::Queue,
    };
    let again = and(parked, [resumed, started(2, RunMode::Run), opened(2, 2)]);
    let after = gives(again, close(1), [closed(1)]);
    assert_eq!(after.session, Some(session(2)));
    assert!(after.open_sessions.contains(&session(2)));
}

#[test]
fn a_task_is_amended_while_nothing_was_sent() {
    for history in [pending(), paused(), waiting(), held(), ended(true)] {
        let before = task(&history);
        let after = gives(history, amend(), [amended()]);
        stands(&after, before.status, before.waiting_for);
        let submission = after.submission.unwrap();
        assert_eq!(submission.uso_cfdi, UsoCfdi::G01);
        assert_eq!(submission.ticket, amended_ticket());
        assert_eq!(submission.owner, user());
    }
}

#[test]
fn an_amended_task_is_confirmed_anew() {
    let id = question(1);
    let answered = TaskEvent::InterventionAnswered {
        id,
        answer: Sealed("yes".to_owned()),
        resumes: Resumes::Session,
    };
    let history = and(
        running(),
        [
            asked_for(1, InterventionKind::Confirm),
            answered,
            TaskEvent::TaskPaused,
        ],
    );
    assert!(task(&history).answers.contains_key(&id));
    let after = gives(history, amend(), [amended()]);
    assert_eq!(after.submission.unwrap().confirmed_values, None);
    assert!(!after.answers.contains_key(&id));
}

#[test]
fn a_running_or_finally_ended_task_is_not_amended() {
    for history in [running(), done(), ended(false)] {
        refuses_status(history, amend());
    }
}

#[test]
fn what_was_sent_to_the_portal_is_not_amended() {
    for (sent, state) in [
        (vec![intended(SubmitBy::Agent)], "intended"),
        (vec![outcome(SubmitOutcome::Unknown)], "unknown"),
        (vec![outcome(SubmitOutcome::Accepted)], "accepted"),
    ] {
        for last in [
            TaskEvent::TaskPaused,
            asked(1),
            failed(FailureClass::Cancelled, true),
        ] {
            let mut history = running();
            history.extend(sent.clone());
            history.push(last);
            refuses(history, amend(), TaskError::SubmitAlreadyTaken { state });
        }
    }
}

#[test]
fn what_the_portal_rejected_is_amended() {
    gives(
        and(
            running(),
            [
                intended(SubmitBy::Agent),
                outcome(SubmitOutcome::Rejected),
                asked(1),
            ],
        ),
        amend(),
        [amended()],
    );
}
