//! Random requests, and the commands they become.

use super::model::{Model, Op};
use super::*;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Mostly true: a request that counts.
fn fresh() -> impl Strategy<Value = bool> + Clone {
    prop::bool::weighted(0.93)
}

/// Requests, those that lead somewhere more often than those that end everything.
fn op() -> impl Strategy<Value = Op> {
    use SubmitOutcome::{Accepted, Rejected, Unknown};
    let by = select(vec![SubmitBy::Agent, SubmitBy::Agent, SubmitBy::Human]);
    let outcome = select(vec![Accepted, Rejected, Unknown]);
    let any = any::<bool>;
    let work = prop_oneof![
        6 => Just(Op::Start),
        5 => (fresh(), any()).prop_map(|(fresh, same)| Op::Open { fresh, same }),
        1 => (0..3usize).prop_map(|nth| Op::Close { nth }),
        1 => fresh().prop_map(|fresh| Op::Step { fresh }),
        1 => fresh().prop_map(|fresh| Op::Store { fresh }),
        2 => (fresh(), outcome).prop_map(|(fresh, outcome)| Op::Outcome { fresh, outcome }),
        5 => (fresh(), by).prop_map(|(fresh, by)| Op::Intend { fresh, by }),
        2 => fresh().prop_map(|fresh| Op::Retry { fresh }),
        1 => (fresh(), any()).prop_map(|(fresh, late)| Op::Defer { fresh, late }),
        2 => fresh().prop_map(|fresh| Op::Await { fresh }),
        4 => (fresh(), prop::bool::weighted(0.25))
            .prop_map(|(fresh, given_back)| Op::ExpireLease { fresh, given_back }),
    ];
    let humans = prop_oneof![
        1 => Just(Op::Amend),
        4 => option::weighted(0.8, fresh()).prop_map(|fresh| Op::Ask { fresh }),
        3 => fresh().prop_map(|right| Op::Answer { right }),
        1 => fresh().prop_map(|right| Op::Decline { right }),
        2 => Just(Op::Pause),
        2 => Just(Op::Park),
        4 => Just(Op::Resume),
        4 => Just(Op::Take),
        3 => (fresh(), any()).prop_map(|(fresh, done)| Op::Return { fresh, done }),
        1 => fresh().prop_map(|fresh| Op::Lapse { fresh }),
    ];
    let ends = prop_oneof![
        2 => (option::of(fresh()), any()).prop_map(|(fresh, portal)| Op::Complete { fresh, portal }),
        1 => (option::of(fresh()), any())
            .prop_map(|(fresh, retryable)| Op::Fail { fresh, retryable }),
        3 => Just(Op::Cancel),
        2 => Just(Op::Expire),
        4 => Just(Op::Reopen),
        1 => Just(Op::Archive),
    ];
    prop_oneof![6 => work, 4 => humans, 2 => ends]
}

/// Whether the portal always asks a human, and requests with the hours that pass before each.
pub fn lives() -> impl Strategy<Value = (bool, Vec<(i64, Op)>)> {
    let hours = prop_oneof![8 => Just(0i64), 3 => Just(1), 1 => Just(3)];
    let ops = prop::collection::vec((hours, op()), 1..80);
    (prop::bool::weighted(0.2), ops)
}

pub fn at(hour: i64) -> DateTime<Utc> {
    in_hours(hour)
}

/// The request as the command that the one who makes it would send.
pub fn command(op: Op, model: &Model, asked: u128) -> TaskCommand {
    use TaskCommand as C;
    let lease = |fresh: bool| if fresh { model.epoch } else { model.epoch + 1 };
    let control = |fresh: bool| model.control_epoch + u64::from(!fresh);
    let open = |right: bool| question(if right { asked } else { asked + 100 });
    let text = || "text".to_owned();
    match op {
        Op::Amend => C::AmendTask(Amendment {
            ticket: ticket(),
            profile: submission().profile,
            uso_cfdi: UsoCfdi::G03,
            forma_pago: None,
        }),
        Op::Start => C::StartTask {
            worker: text(),
            profile_version: 1,
        },
        Op::Open { fresh, same } => C::OpenSession {
            epoch: lease(fresh),
            session: session(match model.session {
                Some(open) if same => open,
                _ => model.sessions + 1,
            }),
            provider: text(),
        },
        Op::Close { nth } => C::CloseSession {
            session: session(match model.open.len() {
                0 => 1_000,
                n => model.open[nth % n],
            }),
            reason: text(),
        },
        Op::Step { fresh } => C::RecordStep {
            epoch: lease(fresh),
            step: Step {
                kind: StepKind::Read,
                field: None,
                content: Some(text()),
                outcome: StepOutcome::Ok,
                duration_ms: 1,
            },
        },
        Op::Store { fresh } => C::StoreArtifact {
            by: FactSource::Worker {
                epoch: lease(fresh),
            },
            artifact: artifact(ArtifactKind::Xml),
        },
        Op::Outcome { fresh, outcome } => C::RecordSubmitOutcome {
            epoch: lease(fresh),
            outcome,
            evidence: text(),
        },
        Op::Intend { fresh, by } => C::IntendSubmit {
            epoch: lease(fresh),
            by,
            values_hash: text(),
        },
        Op::Ask { fresh } => C::RequestIntervention {
            epoch: fresh.map(lease),
            intervention: intervention(asked + 1, InterventionKind::Login),
        },
        Op::Answer { right } => C::AnswerIntervention {
            id: open(right),
            answer: Sealed(text()),
        },
        Op::Decline { right } => C::DeclineIntervention {
            id: open(right),
            reason: text(),
        },
        Op::Pause => C::PauseTask,
        Op::Park => C::ParkTask,
        Op::Resume => C::ResumeTask,
        Op::Take => C::TakeControl { user: user() },
        Op::Return { fresh, done } => C::ReturnControl {
            control_epoch: control(fresh),
            outcome: if done {
                ReturnOutcome::Done
            } else {
                ReturnOutcome::CouldNot
            },
        },
        Op::Lapse { fresh } => C::LapseControl {
            control_epoch: control(fresh),
        },
        Op::Retry { fresh } => C::ScheduleRetry {
            epoch: lease(fresh),
            class: TechnicalClass::PortalDown,
            not_before: at(model.clock + 1),
            detail: text(),
        },
        Op::Defer { fresh, late } => C::DeferTask {
            epoch: lease(fresh),
            reason: DeferReason::TooNew,
            not_before: at(Model::deferred_to(model.clock, late)),
        },
        Op::Await { fresh } => C::AwaitDelivery {
            epoch: lease(fresh),
            channel: DeliveryChannel::Email,
            expected_by: at(72),
        },
        Op::Complete { fresh, portal } => C::CompleteTask {
            epoch: fresh.map(lease),
            invoice: invoice(),
            warnings: vec![],
            delivered_by: if portal {
                DeliveredBy::Portal
            } else {
                DeliveredBy::User
            },
        },
        Op::Fail { fresh, retryable } => C::FailTask {
            epoch: fresh.map(lease),
            failure: failure(FailureClass::Blocked, retryable),
        },
        Op::Cancel => C::CancelTask,
        Op::Expire => C::ExpireTask,
        Op::Reopen => C::RetryTask,
        Op::Archive => C::ArchiveTask,
        Op::ExpireLease { fresh, given_back } => C::ExpireLease {
            epoch: lease(fresh),
            given_back,
        },
    }
}
