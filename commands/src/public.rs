//! From the private history to the public contract: one pure match.

use crate::log::StoredEvent;
use domain::ProfileId;
use domain::fiscal::{FormaPago, UsoCfdi};
use domain::task::{DeliveredBy, Failure, Invoice, TaskEvent, Ticket, Wish};
use schemas::PublicEvent;
use serde_json::{Value, json};

/// What the world may know of a stored event; `None` for events of other aggregates than tasks and
/// for those this program can't decode. Holds no sealed value and nothing that was sealed.
pub fn public_event(stored: &StoredEvent) -> Option<PublicEvent> {
    public_events(stored).into_iter().next()
}

/// As [`public_event`], with what is published beside it: a question also pauses the task
/// (`task.paused` with reason `intervention`), and its end resumes it. All share one sequence.
pub fn public_events(stored: &StoredEvent) -> Vec<PublicEvent> {
    let (Ok(event), Ok(task_id)) = (stored.task_event(), stored.aggregate_id.parse()) else {
        return vec![];
    };
    let public = |name: &str, data: Value| PublicEvent {
        position: stored.position,
        sequence: stored.sequence,
        task_id,
        event: name.to_owned(),
        at: stored.recorded_at,
        data,
    };
    let mut events = vec![public(public_name(&event), public_data(&event))];
    let by_intervention = json!({ "reason": "intervention" });
    match event {
        TaskEvent::InterventionRequested { .. } => {
            events.push(public("task.paused", by_intervention));
        }
        TaskEvent::InterventionAnswered { .. } | TaskEvent::InterventionDeclined { .. } => {
            events.push(public("task.resumed", by_intervention));
        }
        _ => {}
    }
    events
}

/// The public name of an event; kept for ever, like the private one.
fn public_name(event: &TaskEvent) -> &'static str {
    match event {
        TaskEvent::TaskSubmitted(_) => "task.submitted",
        TaskEvent::TaskAmended { .. } => "task.amended",
        TaskEvent::TaskStarted { .. } => "task.started",
        TaskEvent::SessionOpened { .. } => "task.session_opened",
        TaskEvent::SessionClosed { .. } => "task.session_closed",
        TaskEvent::StepRecorded { .. } => "task.step",
        TaskEvent::ArtifactStored { .. } => "task.artifact_stored",
        TaskEvent::ArtifactErased { .. } => "task.artifact_erased",
        TaskEvent::CredentialUsed { .. } => "task.credential_used",
        TaskEvent::SubmitIntended { .. } => "task.submit_intended",
        TaskEvent::SubmitOutcomeRecorded { .. } => "task.submit_outcome",
        TaskEvent::InterventionRequested { .. } => "task.intervention_requested",
        TaskEvent::InterventionAnswered { .. } => "task.intervention_answered",
        TaskEvent::InterventionDeclined { .. } => "task.intervention_declined",
        TaskEvent::TaskPaused => "task.paused",
        TaskEvent::TaskParked => "task.parked",
        TaskEvent::TaskResumed { .. } => "task.resumed",
        TaskEvent::ControlTaken { .. } => "task.control_taken",
        TaskEvent::ControlReturned { .. } => "task.control_returned",
        TaskEvent::ControlLapsed { .. } => "task.control_lapsed",
        TaskEvent::RetryScheduled { .. } => "task.retry_scheduled",
        TaskEvent::TaskDeferred { .. } => "task.deferred",
        TaskEvent::DeliveryAwaited { .. } => "task.delivery_awaited",
        TaskEvent::WishRecorded { .. } => "task.wish_recorded",
        TaskEvent::TaskCompleted { .. } => "task.completed",
        TaskEvent::TaskFailed { .. } => "task.failed",
        TaskEvent::TaskReopened => "task.reopened",
        TaskEvent::TaskArchived => "task.archived",
        TaskEvent::LeaseExpired { .. } => "task.lease_expired",
    }
}

/// What is told of an event. Left out: sealed values, hashes, free texts from portals and users,
/// and the names of workers.
fn public_data(event: &TaskEvent) -> Value {
    match event {
        TaskEvent::TaskSubmitted(s) => {
            let mut data = ticket_data(&s.ticket, s.profile, s.uso_cfdi, s.forma_pago);
            data["window_until"] = json!(s.window.as_ref().map(|w| w.until));
            data["not_before"] = json!(s.not_before);
            data["needs_human"] = json!(s.needs_human);
            data
        }
        TaskEvent::TaskAmended {
            ticket,
            profile,
            uso_cfdi,
            forma_pago,
        } => ticket_data(ticket, *profile, *uso_cfdi, *forma_pago),
        TaskEvent::TaskStarted { epoch, mode, .. } => json!({ "epoch": epoch, "mode": mode }),
        TaskEvent::SessionOpened {
            session, provider, ..
        } => json!({ "session": session, "provider": provider }),
        TaskEvent::SessionClosed { session, reason } => {
            json!({ "session": session, "reason": reason })
        }
        TaskEvent::StepRecorded { step, .. } => json!(step),
        TaskEvent::ArtifactStored { artifact } => json!({
            "id": artifact.id, "kind": artifact.kind, "size_bytes": artifact.size_bytes,
        }),
        TaskEvent::ArtifactErased { id, reason } => json!({ "id": id, "reason": reason }),
        TaskEvent::CredentialUsed { usage, .. } => json!({
            "portal": usage.portal, "origin": usage.origin, "part": usage.part,
        }),
        TaskEvent::SubmitIntended { by, .. } => json!({ "by": by }),
        TaskEvent::SubmitOutcomeRecorded { outcome, .. } => json!({ "outcome": outcome }),
        TaskEvent::TaskPaused => json!({ "reason": "user" }),
        TaskEvent::TaskResumed { resumes } => json!({ "reason": "user", "resumes": resumes }),
        TaskEvent::TaskCompleted {
            invoice,
            warnings,
            delivered_by,
        } => invoice_data(invoice, warnings, *delivered_by),
        TaskEvent::TaskFailed { failure } => failure_data(failure),
        TaskEvent::WishRecorded { wish } => match wish {
            Wish::Pause => json!({ "type": "pause" }),
            Wish::End { failure } => json!({ "type": "end", "failure": failure_data(failure) }),
        },
        other => public_turn(other),
    }
}

/// Events that hand the task over, or put it off.
fn public_turn(event: &TaskEvent) -> Value {
    match event {
        TaskEvent::InterventionRequested { intervention } => json!(intervention),
        TaskEvent::InterventionAnswered { id, resumes, .. }
        | TaskEvent::InterventionDeclined { id, resumes, .. } => {
            json!({ "id": id, "resumes": resumes })
        }
        TaskEvent::ControlTaken {
            control_epoch,
            user,
        } => json!({ "control_epoch": control_epoch, "user": user }),
        TaskEvent::ControlReturned {
            control_epoch,
            outcome,
            ..
        } => json!({ "control_epoch": control_epoch, "outcome": outcome }),
        TaskEvent::ControlLapsed { control_epoch } => json!({ "control_epoch": control_epoch }),
        TaskEvent::RetryScheduled {
            attempt,
            class,
            not_before,
            ..
        } => json!({ "attempt": attempt, "class": class, "not_before": not_before }),
        TaskEvent::TaskDeferred {
            deferral,
            reason,
            not_before,
        } => json!({ "deferral": deferral, "reason": reason, "not_before": not_before }),
        TaskEvent::DeliveryAwaited {
            channel,
            expected_by,
        } => json!({ "channel": channel, "expected_by": expected_by }),
        TaskEvent::LeaseExpired { epoch, attempt } => {
            json!({ "epoch": epoch, "attempt": attempt })
        }
        _ => json!({}),
    }
}

fn ticket_data(
    ticket: &Ticket,
    profile: ProfileId,
    uso_cfdi: UsoCfdi,
    forma_pago: Option<FormaPago>,
) -> Value {
    json!({
        "portal": ticket.portal,
        "purchase_date": ticket.purchase_date,
        "total": ticket.total,
        "profile": profile,
        "uso_cfdi": uso_cfdi,
        "forma_pago": forma_pago,
    })
}

fn invoice_data(invoice: &Invoice, warnings: &[String], delivered_by: DeliveredBy) -> Value {
    json!({
        "issued_at": invoice.issued_at,
        "subtotal": invoice.subtotal,
        "taxes": invoice.taxes,
        "total": invoice.total,
        "uso_cfdi": invoice.uso_cfdi,
        "forma_pago": invoice.forma_pago,
        "signature": invoice.signature,
        "xml": invoice.xml,
        "pdf": invoice.pdf,
        "warnings": warnings,
        "delivered_by": delivered_by,
    })
}

fn failure_data(failure: &Failure) -> Value {
    json!({
        "class": failure.class.as_str(),
        "rejection": failure.class.rejection(),
        "retryable": failure.retryable,
        "next_step": failure.next_step,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use chrono::DateTime;
    use uuid::Uuid;

    fn stored(event_type: &str, payload: Value) -> StoredEvent {
        StoredEvent {
            position: 9,
            event_id: Uuid::nil(),
            recorded_at: DateTime::UNIX_EPOCH,
            aggregate_type: "task".to_owned(),
            aggregate_id: Uuid::nil().to_string(),
            sequence: 3,
            event_type: event_type.to_owned(),
            event_version: "1".to_owned(),
            payload: json!({ event_type: payload }).to_string(),
            metadata: "{}".to_owned(),
            leaf: vec![],
            chain: vec![],
            previous_chain: vec![],
        }
    }

    #[test]
    fn no_sealed_value_and_no_hash_becomes_public() {
        let ticket = json!({
            "portal": "practice", "url": null, "key": "HIDDEN", "fields": "HIDDEN",
            "purchase_date": "2026-11-01", "total": { "cents": 12345, "currency": "MXN" },
        });
        let submitted = json!({
            "owner": Uuid::nil(), "ticket": ticket, "profile": Uuid::nil(), "uso_cfdi": "G03",
            "forma_pago": null, "window": null, "not_before": null, "confirm": "ask",
            "confirmed_values": "HIDDEN", "needs_human": false,
        });
        let answered = json!({ "id": Uuid::nil(), "answer": "HIDDEN", "resumes": "session" });
        let intended = json!({ "epoch": 1, "by": "agent", "values_hash": "HIDDEN" });
        let used = json!({ "epoch": 1, "usage": {
            "credential": Uuid::nil(), "portal": "practice", "origin": "https://practice.example",
            "part": "login",
        }});
        assert_eq!(
            public_event(&stored("CredentialUsed", used)).unwrap().data,
            json!({ "portal": "practice", "origin": "https://practice.example", "part": "login" }),
        );
        for (event_type, payload) in [
            ("TaskSubmitted", submitted),
            ("InterventionAnswered", answered),
            ("SubmitIntended", intended),
        ] {
            let events = public_events(&stored(event_type, payload));
            assert!(!events.is_empty(), "{event_type}");
            assert!(!serde_json::to_string(&events).unwrap().contains("HIDDEN"));
        }
    }

    #[test]
    fn a_question_also_pauses_the_task() {
        let question = json!({ "intervention": {
            "id": Uuid::nil(), "kind": "captcha", "guide": "Escribe lo que ves",
            "answer": { "type": "text", "max_chars": 8 }, "answer_by": null,
        }});
        let stored = stored("InterventionRequested", question);
        let events = public_events(&stored);
        let names: Vec<_> = events.iter().map(|e| e.event.as_str()).collect();
        assert_eq!(names, ["task.intervention_requested", "task.paused"]);
        assert_eq!(events[1].data["reason"], "intervention");
        assert_eq!(public_event(&stored).unwrap(), events[0]);
    }

    #[test]
    fn events_of_other_aggregates_and_unknown_versions_are_not_public() {
        let mut event = stored("TaskArchived", json!(null));
        event.payload = "\"TaskArchived\"".to_owned();
        assert!(public_event(&event).is_some());
        event.event_version = "2".to_owned();
        assert!(public_event(&event).is_none());
        event.event_version = "1".to_owned();
        event.aggregate_type = "ticket".to_owned();
        assert!(public_event(&event).is_none());
    }
}
