//! What the task's history tells of what was typed before. Pure.

use domain::CredentialId;
use domain::task::{CredentialPart, StepKind, StepOutcome, TaskEvent};
use std::sync::Arc;

/// What the press is called that sends user and password; no press of a plan begins like it
/// ([`schemas::adapter::OWN_PRESS`]).
pub(super) const LOGIN: &str = "relevo:login";
/// The one that sends a code of the stored seed.
pub(super) const CODE: &str = "relevo:code";

/// A part of the account was typed, and no step since tells that the portal took it. The user's
/// wish to try anew ends the doubt.
pub(super) fn in_doubt(history: &[Arc<TaskEvent>], id: CredentialId, part: CredentialPart) -> bool {
    let name = match part {
        CredentialPart::Login => LOGIN,
        CredentialPart::Totp => CODE,
    };
    let mut doubt = false;
    for event in history {
        match &**event {
            TaskEvent::CredentialUsed { usage, .. } => {
                doubt |= usage.credential == id && usage.part == part;
            }
            TaskEvent::StepRecorded { step, .. } => {
                let pressed = step.kind == StepKind::Click && step.outcome == StepOutcome::Ok;
                doubt &= !(pressed && step.field.as_deref() == Some(name));
            }
            TaskEvent::TaskReopened => doubt = false,
            _ => {}
        }
    }
    doubt
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::task::{CredentialUse, Step};
    use uuid::Uuid;

    fn id(n: u128) -> CredentialId {
        CredentialId(Uuid::from_u128(n))
    }

    fn used(n: u128, part: CredentialPart) -> Arc<TaskEvent> {
        let usage = CredentialUse {
            credential: id(n),
            portal: "p".to_owned(),
            origin: "https://p.example".to_owned(),
            part,
        };
        Arc::new(TaskEvent::CredentialUsed { epoch: 1, usage })
    }

    fn pressed(name: &str, outcome: StepOutcome) -> Arc<TaskEvent> {
        let step = Step {
            kind: StepKind::Click,
            field: Some(name.to_owned()),
            content: None,
            outcome,
            duration_ms: 1,
        };
        Arc::new(TaskEvent::StepRecorded { epoch: 1, step })
    }

    #[test]
    fn no_plan_presses_what_is_called_so() {
        for name in [LOGIN, CODE] {
            assert!(name.starts_with(schemas::adapter::OWN_PRESS));
        }
    }

    #[test]
    fn what_was_typed_is_in_doubt_until_the_portal_took_it() {
        use CredentialPart::{Login, Totp};
        let doubt = |history: &[Arc<TaskEvent>]| {
            (
                in_doubt(history, id(1), Login),
                in_doubt(history, id(1), Totp),
            )
        };
        let mut history = vec![used(2, Login)];
        assert_eq!(doubt(&history), (false, false), "another one");
        history.push(used(1, Login));
        assert_eq!(doubt(&history), (true, false));
        history.push(pressed(LOGIN, StepOutcome::Failed));
        for of_a_plan in ["Continuar", "login", "code"] {
            history.push(pressed(of_a_plan, StepOutcome::Ok));
        }
        assert_eq!(doubt(&history), (true, false));
        history.push(pressed(LOGIN, StepOutcome::Ok));
        assert_eq!(doubt(&history), (false, false));
        history.push(used(1, Totp));
        assert_eq!(doubt(&history), (false, true));
        history.push(Arc::new(TaskEvent::TaskReopened));
        assert_eq!(doubt(&history), (false, false));
    }
}
