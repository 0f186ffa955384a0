//! Every command in every situation: accepted, nothing to do, or refused by which variant.

use super::*;

/// The situations: the statuses, with and without what matters inside of them.
fn situations() -> [Vec<TaskEvent>; 12] {
    let parked = || [TaskEvent::TaskParked];
    [
        vec![],
        pending(),
        awaiting_delivery(),
        running(),
        and(running(), [intended(SubmitBy::Agent)]),
        paused(),
        and(paused(), parked()),
        waiting(),
        held(),
        and(waiting(), parked()),
        done(),
        ended(true),
    ]
}

/// Each command as the current worker, human or policy would send it.
fn commands() -> Vec<TaskCommand> {
    use TaskCommand as C;
    let (epoch, control_epoch) = (1, 1);
    vec![
        C::SubmitTask(submission()),
        C::AmendTask(Amendment {
            ticket: ticket(),
            profile: submission().profile,
            uso_cfdi: UsoCfdi::G03,
            forma_pago: None,
        }),
        C::StartTask {
            worker: "worker".to_owned(),
            profile_version: 1,
        },
        C::OpenSession {
            epoch,
            session: session(2),
            provider: "local".to_owned(),
        },
        C::CloseSession {
            session: session(1),
            reason: "gone".to_owned(),
        },
        C::RecordStep {
            epoch,
            step: Step {
                kind: StepKind::Read,
                field: None,
                content: None,
                outcome: StepOutcome::Ok,
                duration_ms: 1,
            },
        },
        C::StoreArtifact {
            by: FactSource::Worker { epoch },
            artifact: artifact(ArtifactKind::Pdf),
        },
        C::EraseArtifact {
            id: artifact(ArtifactKind::Screenshot).id,
            reason: ErasureReason::Retention,
        },
        C::UseCredential {
            epoch,
            usage: CredentialUse {
                credential: crate::CredentialId(uuid::Uuid::nil()),
                portal: "practice".to_owned(),
                origin: "https://practice.example".to_owned(),
                part: CredentialPart::Login,
            },
        },
        C::RecordSubmitOutcome {
            epoch,
            outcome: SubmitOutcome::Unknown,
            evidence: "page".to_owned(),
        },
        C::IntendSubmit {
            epoch,
            by: SubmitBy::Agent,
            values_hash: "hash".to_owned(),
        },
        C::RequestIntervention {
            epoch: Some(epoch),
            intervention: intervention(1, InterventionKind::Login),
        },
        C::AnswerIntervention {
            id: question(1),
            answer: Sealed("v1.answer".to_owned()),
        },
        C::DeclineIntervention {
            id: question(1),
            reason: "no".to_owned(),
        },
        C::PauseTask,
        C::ParkTask,
        C::ResumeTask,
        C::TakeControl { user: user() },
        C::ReturnControl {
            control_epoch,
            outcome: ReturnOutcome::Done,
        },
        C::LapseControl { control_epoch },
        C::ScheduleRetry {
            epoch,
            class: TechnicalClass::Internal,
            not_before: now(),
            detail: String::new(),
        },
        C::DeferTask {
            epoch,
            reason: DeferReason::PortalBusy,
            not_before: now(),
        },
        C::AwaitDelivery {
            epoch,
            channel: DeliveryChannel::Portal,
            expected_by: now(),
        },
        C::CompleteTask {
            epoch: None,
            invoice: invoice(),
            warnings: vec![],
            delivered_by: DeliveredBy::User,
        },
        C::FailTask {
            epoch: Some(epoch),
            failure: failure(FailureClass::Blocked, true),
        },
        C::CancelTask,
        C::ExpireTask,
        C::RetryTask,
        C::ArchiveTask,
        C::ExpireLease {
            epoch,
            given_back: false,
        },
    ]
}

/// Of the situations: none, PENDING, PENDING (delivery), RUNNING, RUNNING (intended), PAUSED,
/// PAUSED (parked), INTERVENTION_NEEDED (question), (a human holds control), (parked), COMPLETED,
/// FAILED (retryable).
///
/// `ok` accepted, `-` nothing to do; refusals: `st` WrongStatus, `ep` StaleEpoch, `nl` NoLease,
/// `ns` NoSession, `so` SessionAlreadyOpen, `hc` HumanHoldsControl, `cn` ControlNotHeld, `sb`
/// SubmitAlreadyTaken, `na` SubmitNotAccepted, `io` InterventionAlreadyOpen, `wh` WaitsForHuman, `xm` XmlNotStored, `wb` WindowNotBinding, `un`
/// TaskUnknown, `ex` TaskExists, `au` ArtifactUnknown.
#[rustfmt::skip]
const MATRIX: [(&str, &str); 30] = [
    //                     none pen del run int pau ppk que hel qpk com fai
    ("SubmitTask",          "ok ex  ex  ex  ex  ex  ex  ex  ex  ex  ex  ex"),
    ("AmendTask",           "un ok  sb  st  st  ok  ok  ok  ok  ok  st  ok"),
    ("StartTask",           "un ok  wh  st  st  st  st  st  st  st  st  st"),
    ("OpenSession",         "un ep  st  so  so  st  st  st  st  st  st  st"),
    ("CloseSession",        "un -   ok  ok  ok  ok  ok  ok  ok  ok  ok  ok"),
    ("RecordStep",          "un ep  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok"),
    ("StoreArtifact",       "un ep  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok"),
    ("EraseArtifact",       "un au  au  au  au  au  au  au  au  au  au  au"),
    ("UseCredential",       "un ep  st  ok  ok  st  st  st  st  st  st  st"),
    ("RecordSubmitOutcome", "un ep  sb  ok  ok  ok  ok  ok  ok  ok  sb  ok"),
    ("IntendSubmit",        "un ep  st  ok  sb  st  st  st  hc  nl  st  st"),
    ("RequestIntervention", "un ep  st  ok  ok  st  st  io  st  io  st  st"),
    ("AnswerIntervention",  "un st  st  st  st  st  st  ok  hc  ok  st  st"),
    ("DeclineIntervention", "un st  st  st  st  st  st  ok  hc  ok  st  st"),
    ("PauseTask",           "un ok  ok  ok  ok  -   -   st  st  st  st  st"),
    ("ParkTask",            "un st  st  st  st  ok  -   ok  hc  -   st  st"),
    ("ResumeTask",          "un st  st  st  st  ok  ok  ok  hc  ok  st  st"),
    ("TakeControl",         "un st  st  ok  ok  ok  ns  ok  hc  ns  st  st"),
    ("ReturnControl",       "un cn  cn  cn  cn  cn  cn  cn  ok  cn  cn  cn"),
    ("LapseControl",        "un cn  cn  cn  cn  cn  cn  cn  ok  cn  cn  cn"),
    ("ScheduleRetry",       "un ep  st  ok  ok  st  st  st  st  st  st  st"),
    ("DeferTask",           "un ep  st  ok  ok  st  st  st  st  st  st  st"),
    ("AwaitDelivery",       "un ep  st  na  na  st  st  st  st  st  st  st"),
    ("CompleteTask",        "un st  xm  xm  xm  st  st  xm  xm  xm  st  st"),
    ("FailTask",            "un ep  nl  ok  ok  ok  nl  ok  ok  nl  st  st"),
    ("CancelTask",          "un ok  ok  ok  ok  ok  ok  ok  ok  ok  st  st"),
    ("ExpireTask",          "un wb  wb  wb  wb  wb  wb  wb  wb  wb  st  st"),
    ("RetryTask",           "un st  st  st  st  st  st  st  st  st  st  ok"),
    ("ArchiveTask",         "un st  st  st  st  st  st  st  st  st  ok  ok"),
    ("ExpireLease",         "un ep  nl  ok  ok  ok  nl  ok  ok  nl  nl  nl"),
];

fn class(result: Result<Vec<TaskEvent>, TaskError>) -> &'static str {
    match result {
        Ok(events) if events.is_empty() => "-",
        Ok(_) => "ok",
        Err(TaskError::TaskUnknown) => "un",
        Err(TaskError::TaskExists) => "ex",
        Err(TaskError::WrongStatus { .. }) => "st",
        Err(TaskError::TooEarly { .. }) => "early",
        Err(TaskError::WaitsForHuman) => "wh",
        Err(TaskError::StaleEpoch { .. }) => "ep",
        Err(TaskError::NoLease) => "nl",
        Err(TaskError::StaleControlEpoch { .. }) => "ce",
        Err(TaskError::NoSession) => "ns",
        Err(TaskError::SessionAlreadyOpen) => "so",
        Err(TaskError::HumanHoldsControl) => "hc",
        Err(TaskError::ControlNotHeld) => "cn",
        Err(TaskError::SubmitAlreadyTaken { .. }) => "sb",
        Err(TaskError::SubmitNotAccepted) => "na",
        Err(TaskError::InterventionAlreadyOpen) => "io",
        Err(TaskError::InterventionNotOpen { .. }) => "in",
        Err(TaskError::AttemptsExhausted { .. }) => "ae",
        Err(TaskError::WindowEnds { .. }) => "we",
        Err(TaskError::XmlNotStored { .. }) => "xm",
        Err(TaskError::ArtifactUnknown { .. }) => "au",
        Err(TaskError::ArtifactKept { .. }) => "ak",
        Err(TaskError::ArtifactErased { .. }) => "aer",
        Err(TaskError::NotRetryable) => "nr",
        Err(TaskError::WindowNotBinding) => "wb",
    }
}

#[test]
fn every_command_in_every_situation_has_its_outcome() {
    assert_eq!(commands().len(), MATRIX.len());
    let mut differs = vec![];
    for (command, (name, row)) in commands().into_iter().zip(MATRIX) {
        assert_eq!(command.name(), name, "the rows follow the commands");
        let expected: Vec<_> = row.split_whitespace().collect();
        let found: Vec<_> = situations()
            .iter()
            .map(|history| class(task(history).decide(command.clone(), now())))
            .collect();
        if expected != found {
            differs.push(format!(
                "{name}\n  expected {expected:?}\n  found    {found:?}"
            ));
        }
    }
    assert!(differs.is_empty(), "{}", differs.join("\n"));
}

#[test]
fn the_situations_cover_every_status() {
    for status in [
        Status::Pending,
        Status::Running,
        Status::Paused,
        Status::InterventionNeeded,
        Status::Completed,
        Status::Failed,
    ] {
        let reached = situations()
            .iter()
            .any(|history| !history.is_empty() && task(history).status == status);
        assert!(reached, "{status}");
    }
}
