//! TakeControl, ReturnControl, LapseControl, and sessions that die meanwhile.

use super::*;

fn take() -> TaskCommand {
    TaskCommand::TakeControl { user: user() }
}

fn give_back(control_epoch: u64, outcome: ReturnOutcome) -> TaskCommand {
    TaskCommand::ReturnControl {
        control_epoch,
        outcome,
    }
}

fn lapse(control_epoch: u64) -> TaskCommand {
    TaskCommand::LapseControl { control_epoch }
}

fn given_back(outcome: ReturnOutcome, settles_intervention: bool) -> TaskEvent {
    TaskEvent::ControlReturned {
        control_epoch: 1,
        outcome,
        settles_intervention,
    }
}

fn lapsed() -> TaskEvent {
    TaskEvent::ControlLapsed { control_epoch: 1 }
}

const HELD: Control = Control::User {
    user: UserId(Uuid::from_u128(1)),
    control_epoch: 1,
};

#[test]
fn a_human_takes_control_of_a_living_browser() {
    for history in [running(), paused(), waiting()] {
        let after = gives(history, take(), [taken(1)]);
        stands(&after, Status::InterventionNeeded, WaitingFor::Human);
        assert_eq!(after.control, HELD);
    }
}

#[test]
fn each_takeover_has_a_greater_control_epoch() {
    let after = gives(
        and(held(), [given_back(ReturnOutcome::Done, false)]),
        take(),
        [taken(2)],
    );
    assert_eq!(after.control_epoch, 2);
    let again = and(held(), [given_back(ReturnOutcome::Done, false), taken(2)]);
    let refusal = TaskError::StaleControlEpoch {
        given: 1,
        current: 2,
    };
    refuses(
        again.clone(),
        give_back(1, ReturnOutcome::Done),
        refusal.clone(),
    );
    refuses(again, lapse(1), refusal);
}

#[test]
fn control_has_one_holder() {
    refuses(held(), take(), TaskError::HumanHoldsControl);
}

#[test]
fn there_is_no_control_without_a_living_session() {
    for history in [
        vec![submitted(), started(1, RunMode::Run)],
        and(running(), [closed(1)]),
        and(paused(), [TaskEvent::TaskParked]),
        and(waiting(), [closed(1)]),
        and(pending(), [TaskEvent::TaskPaused]),
    ] {
        refuses(history, take(), TaskError::NoSession);
    }
}

#[test]
fn nobody_takes_control_of_a_task_that_waits_or_has_ended() {
    for history in [pending(), awaiting_delivery(), done(), ended(true)] {
        refuses_status(history, take());
    }
}

#[test]
fn returned_control_leads_back_to_the_run() {
    for outcome in [ReturnOutcome::Done, ReturnOutcome::CouldNot] {
        let after = gives(held(), give_back(1, outcome), [given_back(outcome, false)]);
        stands(&after, Status::Running, WaitingFor::None);
        assert_eq!(after.control, Control::Agent);
    }
}

#[test]
fn control_taken_of_a_paused_task_leads_back_to_the_pause() {
    for outcome in [ReturnOutcome::Done, ReturnOutcome::CouldNot] {
        let after = gives(
            and(paused(), [taken(1)]),
            give_back(1, outcome),
            [given_back(outcome, false)],
        );
        stands(&after, Status::Paused, WaitingFor::Human);
    }
}

#[test]
fn a_human_who_did_it_settles_the_question() {
    let after = gives(
        and(waiting(), [taken(1)]),
        give_back(1, ReturnOutcome::Done),
        [given_back(ReturnOutcome::Done, true)],
    );
    stands(&after, Status::Running, WaitingFor::None);
    assert_eq!(after.intervention, None);
}

#[test]
fn a_human_who_could_not_leaves_the_question_open() {
    let after = gives(
        and(waiting(), [taken(1)]),
        give_back(1, ReturnOutcome::CouldNot),
        [given_back(ReturnOutcome::CouldNot, false)],
    );
    stands(&after, Status::InterventionNeeded, WaitingFor::Human);
    assert_eq!(after.intervention.unwrap().id, question(1));
}

#[test]
fn control_that_lapsed_waits_for_a_human() {
    for history in [running(), paused(), waiting()] {
        let before = task(&history);
        let after = gives(and(history, [taken(1)]), lapse(1), [lapsed()]);
        stands(&after, Status::InterventionNeeded, WaitingFor::Human);
        assert_eq!(after.control, Control::Agent);
        assert_eq!(after.intervention, before.intervention);
    }
}

#[test]
fn after_a_lapse_the_owner_goes_on() {
    let history = and(held(), [lapsed()]);
    gives(history.clone(), take(), [taken(2)]);
    let resumes = Resumes::Session;
    let after = gives(
        history,
        TaskCommand::ResumeTask,
        [TaskEvent::TaskResumed { resumes }],
    );
    stands(&after, Status::Running, WaitingFor::None);
}

#[test]
fn control_that_nobody_holds_is_neither_returned_nor_lapsed() {
    for history in [
        running(),
        waiting(),
        and(held(), [lapsed()]),
        and(held(), [given_back(ReturnOutcome::Done, false)]),
    ] {
        refuses(
            history.clone(),
            give_back(1, ReturnOutcome::Done),
            TaskError::ControlNotHeld,
        );
        refuses(history, lapse(1), TaskError::ControlNotHeld);
    }
}

#[test]
fn control_ends_with_the_session() {
    for history in [
        held(),
        and(waiting(), [taken(1)]),
        and(paused(), [taken(1)]),
    ] {
        let dead = and(history, [closed(1)]);
        let after = task(&dead);
        stands(&after, Status::InterventionNeeded, WaitingFor::Human);
        assert_eq!(after.control, Control::Agent);
        refuses(
            dead.clone(),
            give_back(1, ReturnOutcome::Done),
            TaskError::ControlNotHeld,
        );
        refuses(dead.clone(), take(), TaskError::NoSession);
        let resumes = Resumes::Queue;
        gives(
            dead,
            TaskCommand::ResumeTask,
            [TaskEvent::TaskResumed { resumes }],
        );
    }
}

#[test]
fn control_ends_with_the_lease() {
    let after = gives(
        held(),
        TaskCommand::ExpireLease {
            epoch: 1,
            given_back: false,
        },
        [TaskEvent::TaskParked],
    );
    stands(&after, Status::InterventionNeeded, WaitingFor::Human);
    assert_eq!(after.control, Control::Agent);
}
