//! What both sides are given to do: the first six commands of a task, each one event.

use domain::fiscal::UsoCfdi;
use domain::task::{ConfirmPolicy, Step, StepKind, StepOutcome, Submission, TaskCommand, Ticket};
use domain::{KeyedHash, ProfileId, Sealed, SessionId, UserId};
use uuid::Uuid;

/// Commands of a task, and events.
pub const COMMANDS: usize = 6;

/// Of one task, in order; each needs the one before.
pub fn task_commands(task: &str) -> [TaskCommand; COMMANDS] {
    [
        TaskCommand::SubmitTask(submission(task)),
        TaskCommand::StartTask {
            worker: "bench-1".to_owned(),
            profile_version: 1,
        },
        TaskCommand::OpenSession {
            epoch: 1,
            session: SessionId(Uuid::now_v7()),
            provider: "chromedriver".to_owned(),
        },
        fill("ticket", "············"),
        fill("total", "····.··"),
        fill("rfc", "·············"),
    ]
}

fn submission(task: &str) -> Submission {
    Submission {
        owner: UserId(Uuid::from_u128(7)),
        ticket: Ticket {
            portal: "la-paloma".to_owned(),
            url: None,
            key: KeyedHash(task.to_owned()),
            // As long as four sealed fields are.
            fields: Sealed("c2VhbGVk".repeat(24)),
            purchase_date: None,
            total: None,
        },
        profile: ProfileId(Uuid::from_u128(8)),
        uso_cfdi: UsoCfdi::G03,
        forma_pago: None,
        window: None,
        not_before: None,
        confirm: ConfirmPolicy::Auto,
        confirmed_values: None,
        needs_human: false,
    }
}

fn fill(field: &str, masked: &str) -> TaskCommand {
    TaskCommand::RecordStep {
        epoch: 1,
        step: Step {
            kind: StepKind::Fill,
            field: Some(field.to_owned()),
            content: Some(masked.to_owned()),
            outcome: StepOutcome::Ok,
            duration_ms: 12,
        },
    }
}
