//! What the task's history tells of what was typed before. Pure.

use domain::CredentialId;
use domain::task::{CredentialPart, StepKind, StepOutcome, TaskEvent};
use std::sync::Arc;

/// What the press is called that sends user and password; no press of a plan begins like it
/// ([`schemas::adapter::OWN_PRESS`]).
pub(super) const LOGIN: &str = "relevo:login";
/// The one that sends a code of the stored seed.
pub(super) const CODE: &str = "relevo:code";

/// The one that sends a code which a human typed.
pub(super) const TYPED_CODE: &str = "relevo:typed_code";

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

/// The portal refused this account in this task.
pub(super) fn was_refused(history: &[Arc<TaskEvent>], id: CredentialId) -> bool {
    let mut typed = None;
    history.iter().any(|event| {
        match &**event {
            TaskEvent::CredentialUsed { usage, .. } => {
                typed = (usage.credential == id).then_some(usage.part);
            }
            TaskEvent::StepRecorded { step, .. } if step.field.as_deref() == Some(TYPED_CODE) => {
                // A wrong code now is not the seed's.
                typed = typed.map(|_| CredentialPart::Login);
            }
            TaskEvent::StepRecorded { step, .. } if step.kind == StepKind::Refusal => {
                return match step.content.as_deref() {
                    Some("login_refused") => typed.is_some(),
                    Some("code_refused") => typed == Some(CredentialPart::Totp),
                    _ => false,
                };
            }
            _ => {}
        }
        false
    })
}

/// The account that was typed last.
pub(super) fn last_used(history: &[Arc<TaskEvent>]) -> Option<CredentialId> {
    history.iter().rev().find_map(|event| match &**event {
        TaskEvent::CredentialUsed { usage, .. } => Some(usage.credential),
        _ => None,
    })
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
        for name in [LOGIN, CODE, TYPED_CODE] {
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
        history.push(pressed(TYPED_CODE, StepOutcome::Ok));
        assert_eq!(doubt(&history), (false, true), "a human's code");
        history.push(Arc::new(TaskEvent::TaskReopened));
        assert_eq!(doubt(&history), (false, false));
    }

    fn refused(what: &str) -> Arc<TaskEvent> {
        let step = Step {
            kind: StepKind::Refusal,
            field: None,
            content: Some(what.to_owned()),
            outcome: StepOutcome::Ok,
            duration_ms: 1,
        };
        Arc::new(TaskEvent::StepRecorded { epoch: 1, step })
    }

    #[test]
    fn a_refusal_is_of_what_was_typed_before_it() {
        use CredentialPart::{Login, Totp};
        let by_hand = || pressed(TYPED_CODE, StepOutcome::Failed);
        for (history, wanted) in [
            (vec![refused("login_refused")], false),
            (vec![used(1, Login), refused("not_found")], false),
            (vec![used(1, Login), refused("login_refused")], true),
            (vec![used(1, Login), refused("code_refused")], false),
            (vec![used(1, Totp), refused("code_refused")], true),
            (
                vec![used(1, Totp), by_hand(), refused("code_refused")],
                false,
            ),
            (
                vec![used(1, Totp), by_hand(), refused("login_refused")],
                true,
            ),
            (vec![used(2, Login), refused("login_refused")], false),
            (
                vec![used(1, Login), used(2, Login), refused("login_refused")],
                false,
            ),
        ] {
            assert_eq!(was_refused(&history, id(1)), wanted, "{history:?}");
        }
        let history = [used(1, Login), used(2, Login), by_hand()];
        assert_eq!(last_used(&history), Some(id(2)));
    }
}
