//! RequestIntervention, AnswerIntervention, DeclineIntervention, PauseTask, ParkTask, ResumeTask.

use super::*;

fn request(epoch: Option<u64>) -> TaskCommand {
    TaskCommand::RequestIntervention {
        epoch,
        intervention: intervention(1, InterventionKind::Captcha),
    }
}

fn answer(n: u128) -> TaskCommand {
    TaskCommand::AnswerIntervention {
        id: question(n),
        answer: Sealed("v1.answer".to_owned()),
    }
}

fn decline(n: u128) -> TaskCommand {
    TaskCommand::DeclineIntervention {
        id: question(n),
        reason: "no la tengo".to_owned(),
    }
}

fn answered(resumes: Resumes) -> TaskEvent {
    TaskEvent::InterventionAnswered {
        id: question(1),
        answer: Sealed("v1.answer".to_owned()),
        resumes,
    }
}

fn declined(resumes: Resumes) -> TaskEvent {
    TaskEvent::InterventionDeclined {
        id: question(1),
        reason: "no la tengo".to_owned(),
        resumes,
    }
}

fn resumed(resumes: Resumes) -> TaskEvent {
    TaskEvent::TaskResumed { resumes }
}

fn parked(history: Vec<TaskEvent>) -> Vec<TaskEvent> {
    and(history, [TaskEvent::TaskParked])
}

#[test]
fn a_worker_that_needs_a_human_asks_and_stops() {
    let after = gives(running(), request(Some(1)), [asked(1)]);
    stands(&after, Status::InterventionNeeded, WaitingFor::Human);
    assert!(after.intervention.is_some() && after.session.is_some());
}

#[test]
fn only_the_worker_of_the_last_epoch_asks() {
    refuses(running(), request(Some(2)), stale(2, 1));
    refuses(paused(), request(Some(0)), stale(0, 1));
    refuses_status(running(), request(None));
}

#[test]
fn a_delivery_that_does_not_come_is_asked_about_without_a_worker() {
    let after = gives(awaiting_delivery(), request(None), [asked(1)]);
    stands(&after, Status::InterventionNeeded, WaitingFor::Human);
    assert!(after.is_parked());
    refuses_status(awaiting_delivery(), request(Some(1)));
}

#[test]
fn one_question_is_open_at_a_time() {
    refuses(
        waiting(),
        request(Some(1)),
        TaskError::InterventionAlreadyOpen,
    );
}

#[test]
fn nobody_is_asked_about_a_task_that_does_not_run() {
    for history in [paused(), held(), done(), ended(true)] {
        refuses_status(history, request(Some(1)));
    }
    refuses_status(pending(), request(None));
}

#[test]
fn an_answer_lets_the_waiting_worker_go_on() {
    let after = gives(waiting(), answer(1), [answered(Resumes::Session)]);
    stands(&after, Status::Running, WaitingFor::None);
    assert!(after.intervention.is_none());
    assert_eq!(after.answers[&question(1)].kind, InterventionKind::Captcha);
    let after = gives(waiting(), decline(1), [declined(Resumes::Session)]);
    stands(&after, Status::Running, WaitingFor::None);
    assert!(after.answers.is_empty());
}

#[test]
fn an_answer_after_parking_puts_the_task_at_the_head_of_the_queue() {
    let cases = [
        (answer(1), answered(Resumes::Queue)),
        (decline(1), declined(Resumes::Queue)),
    ];
    for (command, event) in cases {
        let after = gives(parked(waiting()), command, [event]);
        stands(&after, Status::Pending, WaitingFor::Queue);
        assert!(after.head_of_queue && after.lease.is_none());
    }
}

#[test]
fn an_answer_after_the_browser_died_takes_the_task_from_its_worker() {
    let after = gives(
        and(waiting(), [closed(1)]),
        answer(1),
        [answered(Resumes::Queue)],
    );
    stands(&after, Status::Pending, WaitingFor::Queue);
    assert_eq!(after.lease, None);
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let id = question(2);
    for command in [answer(2), decline(2)] {
        refuses(waiting(), command, TaskError::InterventionNotOpen { id });
    }
}

#[test]
fn a_question_is_answered_once() {
    refuses_status(and(waiting(), [answered(Resumes::Session)]), answer(1));
    let asked_again = and(waiting(), [answered(Resumes::Session), asked(2)]);
    let id = question(1);
    refuses(
        asked_again,
        answer(1),
        TaskError::InterventionNotOpen { id },
    );
}

#[test]
fn nobody_answers_while_a_human_holds_control() {
    let history = and(waiting(), [taken(1)]);
    for command in [answer(1), decline(1)] {
        refuses(history.clone(), command, TaskError::HumanHoldsControl);
    }
}

#[test]
fn nothing_is_answered_where_nothing_is_asked() {
    for history in [pending(), running(), paused(), done(), ended(true)] {
        refuses_status(history.clone(), answer(1));
        refuses_status(history, decline(1));
    }
}

#[test]
fn a_waiting_or_running_task_is_paused() {
    let after = gives(running(), TaskCommand::PauseTask, [TaskEvent::TaskPaused]);
    stands(&after, Status::Paused, WaitingFor::Human);
    assert!(after.session.is_some() && after.lease.is_some());
    for history in [pending(), awaiting_delivery()] {
        let after = gives(history, TaskCommand::PauseTask, [TaskEvent::TaskPaused]);
        stands(&after, Status::Paused, WaitingFor::Human);
    }
}

#[test]
fn a_paused_task_is_paused_already() {
    gives_nothing(paused(), TaskCommand::PauseTask);
}

#[test]
fn a_task_that_waits_for_a_human_or_has_ended_is_not_paused() {
    for history in [waiting(), held(), done(), ended(true)] {
        refuses_status(history, TaskCommand::PauseTask);
    }
}

#[test]
fn a_task_to_which_nobody_came_is_parked() {
    for history in [paused(), waiting()] {
        let before = task(&history);
        let after = gives(
            history.clone(),
            TaskCommand::ParkTask,
            [TaskEvent::TaskParked],
        );
        stands(&after, before.status, before.waiting_for);
        assert!(after.is_parked() && after.session.is_none());
        assert_eq!(after.intervention, before.intervention);
        gives_nothing(parked(history), TaskCommand::ParkTask);
    }
}

#[test]
fn a_task_is_not_parked_under_the_hands_of_a_human() {
    refuses(held(), TaskCommand::ParkTask, TaskError::HumanHoldsControl);
}

#[test]
fn a_task_that_nobody_is_asked_about_is_not_parked() {
    for history in [pending(), running(), done(), ended(true)] {
        refuses_status(history, TaskCommand::ParkTask);
    }
}

#[test]
fn a_resumed_task_goes_on_where_its_browser_lives() {
    for history in [paused(), waiting()] {
        let after = gives(
            history,
            TaskCommand::ResumeTask,
            [resumed(Resumes::Session)],
        );
        stands(&after, Status::Running, WaitingFor::None);
        assert!(after.intervention.is_none());
    }
}

#[test]
fn a_resumed_task_without_a_browser_goes_to_the_head_of_the_queue() {
    let before_the_browser = vec![submitted(), started(1, RunMode::Run), TaskEvent::TaskPaused];
    for history in [
        parked(paused()),
        parked(waiting()),
        and(paused(), [closed(1)]),
        before_the_browser,
        and(pending(), [TaskEvent::TaskPaused]),
        and(awaiting_delivery(), [TaskEvent::TaskPaused]),
    ] {
        let after = gives(history, TaskCommand::ResumeTask, [resumed(Resumes::Queue)]);
        stands(&after, Status::Pending, WaitingFor::Queue);
        assert!(after.head_of_queue && after.lease.is_none() && after.not_before.is_none());
    }
}

#[test]
fn a_task_is_not_resumed_while_a_human_holds_control() {
    refuses(
        held(),
        TaskCommand::ResumeTask,
        TaskError::HumanHoldsControl,
    );
}

#[test]
fn a_task_that_waits_for_no_human_is_not_resumed() {
    for history in [
        pending(),
        running(),
        awaiting_delivery(),
        done(),
        ended(true),
    ] {
        refuses_status(history, TaskCommand::ResumeTask);
    }
}

#[test]
fn the_worker_of_a_parked_task_decides_nothing_any_more() {
    let again = and(
        parked(waiting()),
        [answered(Resumes::Queue), started(2, RunMode::Run)],
    );
    refuses(again, request(Some(1)), stale(1, 2));
    let queued = and(parked(waiting()), [answered(Resumes::Queue)]);
    refuses_status(queued, request(Some(1)));
}
