//! What codes of the API mean, in words: each a message's key.

use crate::i18n::I18n;
use crate::key;
use crate::parts::{Colour, Glyph};
use schemas::rest::{FailureView, TaskView};

/// What a task's status means for its owner.
pub fn status(i18n: &I18n, task: &TaskView) -> String {
    let key = match (task.status.as_str(), task.waiting_for.as_str()) {
        ("PENDING", "queue") => key!("status-queue"),
        ("PENDING", "not_before") => match task.not_before {
            Some(at) => {
                return i18n.tf("status-not-before-at", &[("at", i18n.date_time(at).into())]);
            }
            None => key!("status-not-before"),
        },
        ("PENDING", "human") => key!("status-human"),
        ("PENDING", "delivery") => key!("status-delivery"),
        ("PENDING", _) => key!("status-pending"),
        ("RUNNING", _) => key!("status-running"),
        ("PAUSED", _) => key!("status-paused"),
        ("INTERVENTION_NEEDED", _) => match &task.intervention {
            Some(question) => reason(&question.kind),
            None => key!("reason-control"),
        },
        ("COMPLETED", _) => key!("status-completed"),
        ("FAILED", _) => task.failure.as_ref().map_or(key!("status-failed"), failure),
        (other, _) => return other.to_owned(),
    };
    i18n.t(key)
}

/// The same for a filter, without the task.
pub fn status_name(status: &str) -> Option<&'static str> {
    Some(match status {
        "PENDING" => key!("status-pending"),
        "RUNNING" => key!("status-running"),
        "PAUSED" => key!("status-paused"),
        "INTERVENTION_NEEDED" => key!("status-intervention"),
        "COMPLETED" => key!("status-completed"),
        "FAILED" => key!("status-failed"),
        _ => return None,
    })
}

/// How a status looks.
pub fn look(task: &TaskView) -> (Colour, Glyph) {
    let cancelled = task
        .failure
        .as_ref()
        .is_some_and(|f| f.class == "cancelled");
    match (task.status.as_str(), task.waiting_for.as_str()) {
        ("PENDING", "human") => (Colour::Orange, Glyph::Hand),
        ("PENDING", _) => (Colour::Grey, Glyph::Clock),
        ("RUNNING", _) => (Colour::Blue, Glyph::Running),
        ("PAUSED", _) => (Colour::Grey, Glyph::Pause),
        ("INTERVENTION_NEEDED", _) => (Colour::Orange, Glyph::Hand),
        ("COMPLETED", _) => (Colour::Green, Glyph::Check),
        ("FAILED", _) if cancelled => (Colour::Grey, Glyph::Close),
        ("FAILED", _) => (Colour::Red, Glyph::Danger),
        _ => (Colour::Grey, Glyph::Info),
    }
}

/// Why a task needs its owner: an intervention's kind, or `start`, `paused`, `control`.
pub fn reason(reason: &str) -> &'static str {
    match reason {
        "captcha" => key!("reason-captcha"),
        "login" => key!("reason-login"),
        "two_factor" => key!("reason-two-factor"),
        "confirm" => key!("reason-confirm"),
        "missing_data" => key!("reason-missing-data"),
        "ambiguous_field" => key!("reason-ambiguous-field"),
        "check" => key!("reason-check"),
        "delivery" => key!("reason-delivery"),
        "agent_stuck" => key!("reason-agent-stuck"),
        "manual" => key!("reason-manual"),
        "start" => key!("reason-start"),
        "paused" => key!("reason-paused"),
        "control" => key!("reason-control"),
        _ => key!("status-intervention"),
    }
}

/// Why there is no invoice.
pub fn failure(failure: &FailureView) -> &'static str {
    match failure.rejection.as_deref().unwrap_or(&failure.class) {
        "cancelled" => key!("failure-cancelled"),
        "timed_out" => key!("failure-timed-out"),
        "expired" => key!("failure-expired"),
        "not_found" => key!("failure-not-found"),
        "already_invoiced_elsewhere" => key!("failure-already-invoiced"),
        "amount_differs" => key!("failure-amount-differs"),
        "fiscal_data_refused" => key!("failure-fiscal-data-refused"),
        "portal_down" => key!("failure-portal-down"),
        "blocked" => key!("failure-blocked"),
        "agent_error" => key!("failure-agent-error"),
        _ => key!("status-failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::task::InterventionKind;

    #[test]
    fn every_kind_of_question_has_words_of_its_own() {
        let kinds = [
            InterventionKind::Captcha,
            InterventionKind::Login,
            InterventionKind::TwoFactor,
            InterventionKind::Confirm,
            InterventionKind::MissingData,
            InterventionKind::AmbiguousField,
            InterventionKind::Check,
            InterventionKind::Delivery,
            InterventionKind::AgentStuck,
            InterventionKind::Manual,
        ];
        for kind in kinds {
            assert_ne!(reason(kind.as_str()), "status-intervention", "{kind:?}");
        }
    }

    #[test]
    fn the_finer_reason_is_told_when_there_is_one() {
        let view = |class: &str, rejection: Option<&str>| FailureView {
            class: class.to_owned(),
            rejection: rejection.map(str::to_owned),
            retryable: false,
            next_step: String::new(),
        };
        let refused = view("ticket_rejected", Some("amount_differs"));
        assert_eq!(failure(&refused), "failure-amount-differs");
        assert_eq!(failure(&view("blocked", None)), "failure-blocked");
        assert_eq!(failure(&view("brand_new", None)), "status-failed");
    }
}
