use super::*;
use crate::i18n::Language;
use chrono::DateTime;
use domain::TaskId;
use serde_json::json;

fn told(name: &str, data: Value) -> Line {
    let event = PublicEvent {
        position: 1,
        sequence: 1,
        task_id: TaskId(uuid::Uuid::nil()),
        event: name.to_owned(),
        at: DateTime::UNIX_EPOCH,
        data,
    };
    let labels = BTreeMap::from([("folio".to_owned(), "Despacho".to_owned())]);
    line(&I18n::new(Language::Spanish), &event, &labels)
}

fn step_of(kind: &str, field: &str, content: &str, outcome: &str) -> Line {
    let data = json!({
        "kind": kind, "field": field, "content": content, "outcome": outcome,
        "duration_ms": 30,
    });
    told("task.step", data)
}

#[test]
fn steps_are_told_in_the_portals_words() {
    let fill = step_of("fill", "folio", "55***38", "ok");
    assert_eq!(fill.text, "Escribe Despacho: 55***38");
    assert_eq!(fill.duration_ms, Some(30));
    let date = step_of("fill", "fecha", "2026-11-05", "ok");
    assert_eq!(date.text, "Escribe fecha: 05/11/2026");
    let zip = step_of("download", "Bajar", "10981 bytes", "ok");
    assert_eq!(zip.text, "Descarga Bajar: 11 kB");
    assert_eq!(step_of("click", "Continuar", "", "failed").tone, Tone::Bad);
}

#[test]
fn the_agents_hands_are_told_of() {
    let off = step_of("human", "control", "0 commands of the agent", "ok");
    assert_eq!(off.tone, Tone::Human);
    let on = step_of("human", "control", "2 commands of the agent", "failed");
    assert_eq!(on.tone, Tone::Bad);
    assert_ne!(off.text, on.text);
}

#[test]
fn a_use_of_a_stored_account_tells_where() {
    let used = |part: &str| {
        let data = json!({ "portal": "p", "origin": "https://p.example", "part": part });
        told("task.credential_used", data).text
    };
    for part in ["login", "totp"] {
        assert!(used(part).contains("https://p.example"), "{part}");
    }
    assert_ne!(used("login"), used("totp"));
}

#[test]
fn an_event_of_a_later_version_is_told_of_too() {
    assert_eq!(told("task.brand_new", json!({})).text, "Otro suceso");
}

#[test]
fn only_days_are_written_as_days() {
    assert_eq!(plain("2026-11-26"), "26/11/2026");
    assert_eq!(plain("770012350001"), "770012350001");
}
