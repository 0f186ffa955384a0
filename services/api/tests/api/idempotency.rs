//! One ticket is one task, one key is one command.

use crate::common::{App, profile, task, ticket};
use futures::future::join_all;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_one_task_whoever_asks_and_however_often() {
    let app = App::start().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;

    // The same key, the same body: the first result.
    let body = ticket(&profile, "AAA001");
    let first = demo.post_with_key("/api/v1/tasks", "k-1", &body).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.json["created"], true);
    let id = first.json["task_id"].as_str().unwrap();
    assert_eq!(first.header("location"), format!("/api/v1/tasks/{id}"));
    let events = app.events().await;
    let again = demo.post_with_key("/api/v1/tasks", "k-1", &body).await;
    assert_eq!((again.status, &again.json["created"]), (200, &json!(false)));
    assert_eq!(again.json["task_id"], id);
    assert_eq!(app.events().await, events, "a repeat records nothing");

    // The same key, another body.
    let other = ticket(&profile, "AAA002");
    let refused = demo.post_with_key("/api/v1/tasks", "k-1", &other).await;
    assert_eq!(
        (refused.status, refused.code()),
        (409, "idempotency-key-reused")
    );

    // Another's key is another key.
    let ana = app.client("ana");
    let anas = crate::common::profile(&ana).await;
    let anas = ana
        .post_with_key("/api/v1/tasks", "k-1", &ticket(&anas, "AAA001"))
        .await;
    assert_eq!(anas.status, 201, "{}", anas.text);
    assert_ne!(
        anas.json["task_id"], id,
        "another owner's ticket is another ticket"
    );

    // The same ticket without a key, written differently and with another total.
    let mut same = ticket(&profile, " aaa 001 ");
    same["fields"]["sucursal"] = json!("CENTRO");
    same["fields"]["total"] = json!("$99.00");
    let same = demo.post("/api/v1/tasks", &same).await;
    assert_eq!((same.status, &same.json["task_id"]), (200, &json!(id)));

    // Fifty at once.
    let many = join_all((0..50).map(|_| demo.post("/api/v1/tasks", &other))).await;
    let ids: BTreeSet<&str> = many
        .iter()
        .map(|a| a.json["task_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(many.iter().filter(|a| a.status == 201).count(), 1);
    assert_eq!(many.iter().filter(|a| a.status == 200).count(), 49);

    // Fifty at once under one key.
    let body = ticket(&profile, "AAA003");
    let many = join_all((0..50).map(|_| demo.post_with_key("/api/v1/tasks", "k-2", &body))).await;
    let ids: BTreeSet<&str> = many
        .iter()
        .map(|a| a.json["task_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(many.iter().filter(|a| a.status == 201).count(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_not_judged_again() {
    let app = App::start().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let body = ticket(&profile, "BBB001");
    let first = demo.post_with_key("/api/v1/tasks", "k", &body).await;
    assert_eq!(first.status, 201, "{}", first.text);
    // What it was judged by is gone meanwhile.
    std::fs::remove_file(app.config.agent.adapters_dir.join("la-prueba.yaml")).unwrap();
    demo.delete(&format!("/api/v1/profiles/{profile}")).await;
    let again = demo.post_with_key("/api/v1/tasks", "k", &body).await;
    assert_eq!(
        (again.status, &again.json["task_id"]),
        (200, &first.json["task_id"])
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_repeated_under_its_key_gets_its_first_result() {
    let app = App::start().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let id = task(&demo, &profile, "CCC001").await;
    let pause = format!("/api/v1/tasks/{id}/pause");
    let resume = format!("/api/v1/tasks/{id}/resume");
    let nothing = json!({});
    let paused = demo.post_with_key(&pause, "p", &nothing).await;
    assert_eq!(
        (paused.status, &paused.json["status"]),
        (200, &json!("PAUSED"))
    );
    assert_eq!(demo.post_with_key(&resume, "r", &nothing).await.status, 200);
    let events = app.events().await;
    let again = demo.post_with_key(&pause, "p", &nothing).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.json["sequence"], paused.json["sequence"]);
    assert_eq!(
        again.json["status"], "PENDING",
        "the task is not paused a second time"
    );
    assert_eq!(app.events().await, events);
    let other = demo.post_with_key(&resume, "p", &nothing).await;
    assert_eq!(
        (other.status, other.code()),
        (409, "idempotency-key-reused")
    );
    let long = "k".repeat(201);
    let malformed = demo.post_with_key(&pause, &long, &nothing).await;
    assert_eq!(
        (malformed.status, malformed.code()),
        (400, "idempotency-key-malformed")
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_confirmed_beforehand_is_what_the_agent_will_compare() {
    let app = App::start_without_projector().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let mut body = ticket(&profile, " ddd 001 ");
    body["confirmed"] = json!(true);
    let made = demo.post("/api/v1/tasks", &body).await;
    let id = made.json["task_id"].as_str().unwrap();
    let task = app.worker().await.sees(id).await;

    let desk = app.desk().await;
    let fields = desk.ticket_fields(&task).await.unwrap();
    let wanted = [
        ("fecha", "2026-11-02"),
        ("sucursal", "Centro"),
        ("ticket", "DDD001"),
        ("total", "1234.50"),
    ];
    let got: Vec<(&str, &str)> = fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    assert_eq!(got, wanted, "normalised");
    let (buyer, version) = desk.buyer(&task).await.unwrap();
    assert_eq!((buyer.rfc.as_str(), version), ("XIQB891116QE4", 1));
    let submission = task.submission.unwrap();
    let values =
        kit::values::of_ticket(&fields, &buyer, submission.uso_cfdi, submission.forma_pago);
    let hash = kit::values::hash(&desk.vault, submission.owner, &values);
    assert_eq!(submission.confirmed_values, Some(hash));
    let plain = crate::common::task(&demo, &profile, "DDD002").await;
    let plain = app.worker().await.sees(&plain).await.submission.unwrap();
    assert_eq!(plain.confirmed_values, None, "nobody confirmed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_used_at_another_address_is_refused() {
    let app = App::start_without_projector().await;
    let demo = app.client("demo");
    let one = profile(&demo).await;
    let mut other = crate::common::berenice();
    other["rfc"] = json!("CACX7605101P8");
    other["name"] = json!("XOCHILT CASAS CHAVEZ");
    other["postal_code"] = json!("36257");
    let other = demo.post("/api/v1/profiles", &other).await;
    assert_eq!(other.status, 201, "{}", other.text);
    let other = other.json["id"].as_str().unwrap();
    let retire = async |id: &str| {
        let request = demo.request(reqwest::Method::DELETE, &format!("/api/v1/profiles/{id}"));
        crate::common::send(request.header("Idempotency-Key", "d")).await
    };
    assert_eq!(retire(&one).await.status, 200);
    let events = app.events().await;
    assert_eq!(retire(&one).await.status, 200, "a repeat");
    let refused = retire(other).await;
    assert_eq!(
        (refused.status, refused.code()),
        (409, "idempotency-key-reused")
    );
    assert_eq!(app.events().await, events);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_no_hash_that_confirms_a_guess_at_a_body() {
    let app = App::start_without_projector().await;
    let demo = app.client("demo");
    let data = crate::common::berenice();
    let made = demo.post_with_key("/api/v1/profiles", "k", &data).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let profile = made.json["id"].as_str().unwrap();
    let body = ticket(profile, "AAA001");
    let made = demo.post_with_key("/api/v1/tasks", "t", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let rows: Vec<(String, String)> =
        sqlx::query_as("select metadata::text, payload::text from log.events")
            .fetch_all(&app.admin)
            .await
            .unwrap();
    let hashed = rows.iter().filter(|(m, _)| m.contains("body_hash"));
    assert!(hashed.count() >= 2);
    for guess in [data, body] {
        let hash = hex::encode(Sha256::digest(guess.to_string()));
        for (metadata, payload) in &rows {
            assert!(!metadata.contains(&hash), "{metadata}");
            assert!(!payload.contains(&hash), "{payload}");
        }
    }
    app.stop().await;
}
