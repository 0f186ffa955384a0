//! RecordStep, StoreArtifact, EraseArtifact, RecordSubmitOutcome, IntendSubmit.

use super::*;

fn step() -> Step {
    Step {
        kind: StepKind::Fill,
        field: Some("rfc".to_owned()),
        content: Some("XAXX…".to_owned()),
        outcome: StepOutcome::Ok,
        duration_ms: 120,
    }
}

fn record_step(epoch: u64) -> TaskCommand {
    TaskCommand::RecordStep {
        epoch,
        step: step(),
    }
}

fn store(by: FactSource) -> TaskCommand {
    TaskCommand::StoreArtifact {
        by,
        artifact: artifact(ArtifactKind::Xml),
    }
}

fn record(epoch: u64, outcome: SubmitOutcome) -> TaskCommand {
    TaskCommand::RecordSubmitOutcome {
        epoch,
        outcome,
        evidence: "page".to_owned(),
    }
}

fn intend(epoch: u64, by: SubmitBy) -> TaskCommand {
    TaskCommand::IntendSubmit {
        epoch,
        by,
        values_hash: "hash".to_owned(),
    }
}

/// Every status after the first start, also without lease and browser.
fn after_a_start() -> Vec<Vec<TaskEvent>> {
    vec![
        running(),
        paused(),
        and(paused(), [TaskEvent::TaskParked]),
        waiting(),
        and(waiting(), [TaskEvent::TaskParked]),
        held(),
        and(
            running(),
            [TaskEvent::LeaseExpired {
                epoch: 1,
                attempt: 1,
            }],
        ),
        and(running(), [completed()]),
        ended(true),
        ended(false),
    ]
}

#[test]
fn facts_from_the_last_epoch_are_recorded_in_every_status() {
    for history in after_a_start() {
        let before = task(&history);
        let step_recorded = TaskEvent::StepRecorded {
            epoch: 1,
            step: step(),
        };
        gives(history.clone(), record_step(1), [step_recorded]);
        gives(
            history.clone(),
            store(FactSource::Worker { epoch: 1 }),
            [xml_stored()],
        );
        if before.submit != SubmitState::Accepted {
            let accepted = outcome(SubmitOutcome::Accepted);
            let after = gives(history, record(1, SubmitOutcome::Accepted), [accepted]);
            assert_eq!(after.submit, SubmitState::Accepted);
            stands(&after, before.status, before.waiting_for);
        }
    }
}

#[test]
fn a_worker_with_an_old_epoch_is_refused() {
    let taken_over = TaskEvent::LeaseExpired {
        epoch: 1,
        attempt: 1,
    };
    let again = and(running(), [taken_over, started(2, RunMode::Run)]);
    let worker = FactSource::Worker { epoch: 1 };
    for command in [
        record_step(1),
        store(worker),
        record(1, SubmitOutcome::Accepted),
        intend(1, SubmitBy::Agent),
    ] {
        refuses(again.clone(), command, stale(1, 2));
    }
}

#[test]
fn an_epoch_that_was_never_given_out_is_refused() {
    refuses(pending(), record_step(0), stale(0, 0));
    refuses(pending(), record_step(1), stale(1, 0));
    refuses(running(), record_step(2), stale(2, 1));
}

#[test]
fn the_owner_stores_files_without_an_epoch() {
    for history in [pending(), paused(), waiting(), ended(false)] {
        gives(history, store(FactSource::User), [xml_stored()]);
    }
}

#[test]
fn a_file_is_stored_once() {
    let history = and(running(), [xml_stored()]);
    gives_nothing(history.clone(), store(FactSource::Worker { epoch: 1 }));
    gives_nothing(history, store(FactSource::User));
}

#[test]
fn the_agent_intends_the_last_step_while_it_runs() {
    let after = gives(
        running(),
        intend(1, SubmitBy::Agent),
        [intended(SubmitBy::Agent)],
    );
    stands(&after, Status::Running, WaitingFor::None);
    assert_eq!(after.submit, SubmitState::Intended(SubmitBy::Agent));
    assert_eq!(after.submitted_values.as_deref(), Some("hash"));
}

#[test]
fn the_agent_does_not_press_while_a_question_is_open() {
    refuses_status(waiting(), intend(1, SubmitBy::Agent));
    let lapsed = TaskEvent::ControlLapsed { control_epoch: 1 };
    refuses_status(and(held(), [lapsed]), intend(1, SubmitBy::Agent));
}

#[test]
fn a_human_who_holds_control_intends_the_last_step() {
    let after = gives(
        held(),
        intend(1, SubmitBy::Human),
        [intended(SubmitBy::Human)],
    );
    assert_eq!(after.submit, SubmitState::Intended(SubmitBy::Human));
    refuses(
        held(),
        intend(1, SubmitBy::Agent),
        TaskError::HumanHoldsControl,
    );
    for history in [running(), waiting()] {
        refuses(
            history,
            intend(1, SubmitBy::Human),
            TaskError::ControlNotHeld,
        );
    }
}

#[test]
fn the_last_step_is_not_intended_while_it_may_have_happened() {
    for (last, state) in [
        (intended(SubmitBy::Agent), "intended"),
        (outcome(SubmitOutcome::Accepted), "accepted"),
        (outcome(SubmitOutcome::Unknown), "unknown"),
    ] {
        let refusal = TaskError::SubmitAlreadyTaken { state };
        let history = and(running(), [last]);
        refuses(history.clone(), intend(1, SubmitBy::Agent), refusal.clone());
        refuses(
            and(history, [taken(1)]),
            intend(1, SubmitBy::Human),
            refusal,
        );
    }
}

#[test]
fn the_last_step_is_intended_again_after_a_rejection() {
    gives(
        and(
            running(),
            [intended(SubmitBy::Agent), outcome(SubmitOutcome::Rejected)],
        ),
        intend(1, SubmitBy::Agent),
        [intended(SubmitBy::Agent)],
    );
}

#[test]
fn the_last_step_needs_a_lease_and_a_run() {
    let parked = and(waiting(), [TaskEvent::TaskParked]);
    refuses(parked, intend(1, SubmitBy::Agent), TaskError::NoLease);
    for history in [paused(), done(), ended(true)] {
        refuses_status(history, intend(1, SubmitBy::Agent));
    }
}

#[test]
fn an_outcome_is_recorded_once() {
    for result in [
        SubmitOutcome::Accepted,
        SubmitOutcome::Rejected,
        SubmitOutcome::Unknown,
    ] {
        gives_nothing(and(running(), [outcome(result)]), record(1, result));
    }
}

#[test]
fn an_unknown_outcome_is_found_out_later() {
    for result in [SubmitOutcome::Accepted, SubmitOutcome::Rejected] {
        gives(
            and(running(), [outcome(SubmitOutcome::Unknown)]),
            record(1, result),
            [outcome(result)],
        );
    }
}

#[test]
fn an_accepted_submission_stays_accepted() {
    let state = "accepted";
    for result in [SubmitOutcome::Rejected, SubmitOutcome::Unknown] {
        refuses(
            and(running(), [outcome(SubmitOutcome::Accepted)]),
            record(1, result),
            TaskError::SubmitAlreadyTaken { state },
        );
    }
}

#[test]
fn a_takeover_that_cannot_be_placed_before_the_last_step_makes_it_unknown() {
    let after = gives(
        held(),
        record(1, SubmitOutcome::Unknown),
        [outcome(SubmitOutcome::Unknown)],
    );
    assert!(after.submit.may_have_happened());
}

fn stored(kind: ArtifactKind) -> [TaskEvent; 1] {
    let artifact = artifact(kind);
    [TaskEvent::ArtifactStored { artifact }]
}

fn erase(kind: ArtifactKind) -> TaskCommand {
    TaskCommand::EraseArtifact {
        id: artifact(kind).id,
        reason: ErasureReason::Retention,
    }
}

fn erased(kind: ArtifactKind) -> TaskEvent {
    TaskEvent::ArtifactErased {
        id: artifact(kind).id,
        reason: ErasureReason::Retention,
    }
}

#[test]
fn passing_files_of_a_finished_task_are_erased_once() {
    for kind in [ArtifactKind::Screenshot, ArtifactKind::Session] {
        let id = artifact(kind).id;
        for history in [and(running(), [completed()]), ended(true), ended(false)] {
            let history = and(history, stored(kind));
            assert!(task(&history).passing_artifacts().eq([id]));
            let decided = task(&history).decide(erase(kind), now());
            assert_eq!(decided, Ok(vec![erased(kind)]));
            let after = task(&and(history, [erased(kind)]));
            assert_eq!(after.passing_artifacts().count(), 0);
            assert_eq!(after.decide(erase(kind), now()), Ok(vec![]));
        }
    }
}

#[test]
fn what_the_vendor_delivered_is_kept() {
    for kind in [ArtifactKind::Xml, ArtifactKind::Pdf, ArtifactKind::Other] {
        let id = artifact(kind).id;
        let finished = task(&and(and(running(), stored(kind)), [completed()]));
        assert_eq!(finished.passing_artifacts().count(), 0);
        let refused = finished.decide(erase(kind), now());
        assert_eq!(refused, Err(TaskError::ArtifactKept { id }));
    }
}

#[test]
fn no_file_of_an_open_task_is_erased() {
    let kind = ArtifactKind::Screenshot;
    for history in [running(), paused(), waiting(), held()] {
        let refused = task(&and(history, stored(kind))).decide(erase(kind), now());
        assert!(matches!(refused, Err(TaskError::WrongStatus { .. })));
    }
}

#[test]
fn an_erased_file_is_not_stored_again() {
    let kind = ArtifactKind::Screenshot;
    let history = and(and(ended(true), stored(kind)), [erased(kind)]);
    let again = TaskCommand::StoreArtifact {
        by: FactSource::Worker { epoch: 1 },
        artifact: artifact(kind),
    };
    let id = artifact(kind).id;
    let refused = task(&history).decide(again, now());
    assert_eq!(refused, Err(TaskError::ArtifactErased { id }));
}
