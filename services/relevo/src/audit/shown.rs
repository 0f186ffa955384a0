//! A task's state as it may be shown: what is sealed stays so.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::Sealed;
use domain::task::{Answered, Invoice, Submission, Task, Ticket};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// One field of a state, before and after an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The way to it, e.g. `submission.ticket.portal`.
    pub field: String,
    /// Null when it was not there.
    pub before: Value,
    /// Null when it is no longer there.
    pub after: Value,
}

/// A time that `--at` takes as it stands.
pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A task's state, each sealed value replaced by a short id of its ciphertext.
///
/// # Errors
/// None in practice: a state is JSON.
pub fn state(task: &Task) -> serde_json::Result<Value> {
    let mut task = task.clone();
    cover(&mut task);
    serde_json::to_value(task)
}

/// Every field is named, so that nobody adds one without deciding whether it is sealed.
fn cover(task: &mut Task) {
    let Task {
        submission,
        answers,
        invoice,
        status: _,
        waiting_for: _,
        not_before: _,
        epoch: _,
        lease: _,
        session: _,
        open_sessions: _,
        control: _,
        control_epoch: _,
        taken_from: _,
        submit: _,
        submitted_values: _,
        attempts: _,
        deferrals: _,
        intervention: _,
        head_of_queue: _,
        wish: _,
        artifacts: _,
        erased: _,
        failure: _,
        archived: _,
        run: _,
    } = task;
    if let Some(submission) = submission {
        cover_submission(submission);
    }
    for Answered { kind: _, answer } in answers.values_mut() {
        cover_value(answer);
    }
    if let Some(invoice) = invoice {
        cover_invoice(invoice);
    }
}

fn cover_submission(submission: &mut Submission) {
    let Submission {
        ticket,
        owner: _,
        profile: _,
        uso_cfdi: _,
        forma_pago: _,
        window: _,
        not_before: _,
        confirm: _,
        confirmed_values: _,
        needs_human: _,
    } = submission;
    let Ticket {
        fields,
        portal: _,
        url: _,
        key: _,
        purchase_date: _,
        total: _,
    } = ticket;
    cover_value(fields);
}

fn cover_invoice(invoice: &mut Invoice) {
    let Invoice {
        details,
        uuid_key: _,
        issued_at: _,
        subtotal: _,
        taxes: _,
        total: _,
        uso_cfdi: _,
        forma_pago: _,
        signature: _,
        xml: _,
        pdf: _,
    } = invoice;
    cover_value(details);
}

/// Another ciphertext gets another id, so that a change shows.
fn cover_value(sealed: &mut Sealed) {
    let hash = Sha256::digest(sealed.0.as_bytes());
    let id: String = hash.iter().take(4).map(|b| format!("{b:02x}")).collect();
    sealed.0 = format!("[sealed {id}]");
}

/// What differs between two states, field by field.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    differ("", before, after, &mut changes);
    changes
}

fn differ(field: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    let nothing = Map::new();
    let (old, new) = match (before, after) {
        (Value::Object(old), Value::Object(new)) => (old, new),
        (Value::Object(old), Value::Null) => (old, &nothing),
        (Value::Null, Value::Object(new)) => (&nothing, new),
        _ => {
            changes.push(Change {
                field: field.to_owned(),
                before: before.clone(),
                after: after.clone(),
            });
            return;
        }
    };
    let added = new.keys().filter(|name| !old.contains_key(*name));
    for name in old.keys().chain(added) {
        let inner = match field {
            "" => name.clone(),
            _ => format!("{field}.{name}"),
        };
        let (old, new) = (old.get(name), new.get(name));
        let null = &Value::Null;
        differ(&inner, old.unwrap_or(null), new.unwrap_or(null), changes);
    }
}

/// A value for people: texts without quotes, nothing as a dash.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use domain::task::TaskEvent;
    use serde_json::json;

    /// Every recorded example, its sealed values marked: whichever reaches the state is covered.
    #[test]
    fn no_sealed_value_is_shown() {
        let mut task = Task::default();
        let events = ["TaskSubmitted", "InterventionRequested"];
        let more = ["InterventionAnswered", "TaskCompleted"];
        for name in events.iter().chain(&more) {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../domain/testdata/events");
            let text = std::fs::read_to_string(format!("{folder}/{name}.v1.json")).unwrap();
            let mut event: Value = serde_json::from_str(&text).unwrap();
            let hide = |field: &mut Value| {
                assert!(field.is_string(), "{name}");
                *field = json!("HIDDEN");
            };
            match *name {
                "TaskSubmitted" => hide(&mut event[name]["ticket"]["fields"]),
                "InterventionAnswered" => hide(&mut event[name]["answer"]),
                "TaskCompleted" => hide(&mut event[name]["invoice"]["details"]),
                _ => {}
            }
            task.fold(&serde_json::from_value::<TaskEvent>(event).unwrap());
        }
        let hidden = serde_json::to_string(&task).unwrap();
        assert_eq!(hidden.matches("HIDDEN").count(), 3);
        let shown = state(&task).unwrap().to_string();
        assert!(!shown.contains("HIDDEN"), "{shown}");
        assert_eq!(shown.matches("[sealed ").count(), 3, "{shown}");
    }

    #[test]
    fn a_change_names_the_field_and_both_values() {
        let before = json!({ "a": { "b": 1, "c": "x" }, "d": null, "e": [1], "f": "none" });
        let after =
            json!({ "a": { "b": 2, "c": "x" }, "d": { "g": 3 }, "e": [1, 2], "f": { "h": 4 } });
        let lines: Vec<String> = changes(&before, &after)
            .iter()
            .map(|c| format!("{} {} {}", c.field, plain(&c.before), plain(&c.after)))
            .collect();
        let expected = ["a.b 1 2", "d.g – 3", "e [1] [1,2]", "f none {\"h\":4}"];
        assert_eq!(lines, expected);
        assert_eq!(changes(&after, &after), []);
        let back = changes(&after, &before);
        assert_eq!(back[1].before, json!(3));
        assert_eq!(back[1].after, Value::Null);
    }
}
