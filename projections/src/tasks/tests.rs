#![allow(clippy::unwrap_used, reason = "tests")]

use super::TaskFold;
use crate::{Body, Change};
use chrono::DateTime;
use domain::task::TaskEvent;
use domain::{TaskId, UserId};
use uuid::Uuid;

fn change(sequence: u64) -> Change {
    Change {
        position: 10 + sequence,
        recorded_at: DateTime::from_timestamp(i64::try_from(sequence).unwrap(), 0).unwrap(),
        sequence,
        body: Body::Other,
    }
}

fn submission() -> TaskEvent {
    let json = serde_json::json!({"TaskSubmitted": {
        "owner": UserId(Uuid::nil()), "profile": Uuid::nil(), "uso_cfdi": "G03",
        "forma_pago": null, "window": null, "not_before": null, "confirm": "ask",
        "confirmed_values": null, "needs_human": true,
        "ticket": {"portal": "plain", "url": null, "key": "00", "fields": "c2VhbGVk",
            "purchase_date": null, "total": {"cents": 100, "currency": "MXN"}},
    }});
    serde_json::from_value(json).unwrap()
}

#[test]
fn since_moves_only_when_status_wait_or_question_do() {
    let mut fold = TaskFold::default();
    fold.apply(&submission(), &change(1));
    fold.apply(&TaskEvent::TaskPaused, &change(2));
    let session = TaskEvent::SessionClosed {
        session: Uuid::nil().into(),
        reason: String::new(),
    };
    fold.apply(&session, &change(3));
    assert_eq!(fold.created_at, change(1).recorded_at);
    assert_eq!(fold.extra.since, change(2).recorded_at);
    assert_eq!(fold.updated_at, change(3).recorded_at);
    assert_eq!((fold.sequence, fold.position), (3, 13));
}

#[test]
fn a_fold_survives_the_way_through_the_table() {
    let mut fold = TaskFold::default();
    fold.apply(&submission(), &change(1));
    let state = serde_json::to_value(&fold.task).unwrap();
    let extra = serde_json::to_value(&fold.extra).unwrap();
    assert_eq!(fold.task, serde_json::from_value(state).unwrap());
    assert_eq!(fold.extra, serde_json::from_value(extra).unwrap());
    let record = super::TaskRecord {
        task_id: TaskId(Uuid::nil()),
        owner: UserId(Uuid::nil()),
        task: fold.task,
        extra: fold.extra,
        created_at: fold.created_at,
        updated_at: fold.updated_at,
        sequence: fold.sequence,
        position: fold.position,
    };
    let view = record.view("Portal", None);
    assert_eq!(
        (view.status.as_str(), view.waiting_for.as_str()),
        ("PENDING", "human")
    );
    assert_eq!(view.uso_cfdi, "G03");
}
