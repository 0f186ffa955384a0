//! The schemas of the log's events, and an event that a newer program wrote.

use crate::common::{App, profile, send, task};
use crate::transport::upgrading;
use reqwest::Method;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn the_schemas_are_there_for_everybody() {
    let app = App::start_without_projector().await;
    let anyone = app.anonymous();
    let list = anyone.get("/api/v1/schemas").await;
    assert_eq!(list.status, 200, "{}", list.text);
    let all = list.json.as_array().unwrap();
    assert_eq!(all.len(), schemas::events::EVENT_SCHEMAS.len());
    for one in all {
        let schema = anyone.get(one["href"].as_str().unwrap()).await;
        assert_eq!(schema.status, 200, "{one}");
        assert_eq!(schema.header("content-type"), "application/schema+json");
        assert_eq!(schema.header("cache-control"), "public, max-age=3600");
        assert_eq!(schema.json["title"], one["name"]);
        let name = format!(
            "{}.v{}",
            one["event"].as_str().unwrap(),
            one["version"].as_str().unwrap()
        );
        assert_eq!(one["name"], name);
    }
    for unknown in [
        "TaskSubmitted",
        "TaskSubmitted.v2",
        "..%2FCargo.toml",
        "TaskSubmitted.v1.json",
    ] {
        let answer = anyone.get(&format!("/api/v1/schemas/{unknown}")).await;
        assert_eq!(
            (answer.status, answer.code()),
            (404, "not-found"),
            "{unknown}"
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_event_ends_sockets_and_refuses_commands_of_its_task_alone() {
    let app = App::start().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let newer = task(&demo, &profile, "AAA001").await;
    let other = task(&demo, &profile, "AAA002").await;
    let path = format!("/ws/{newer}?live=false");
    let opened = upgrading(demo.request(Method::GET, &path))
        .send()
        .await
        .unwrap();
    assert_eq!(opened.status(), 101);
    let mut socket = opened.upgrade().await.unwrap();

    append_newer(&app, &newer).await;
    let mut came = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(60), socket.read_to_end(&mut came));
    end.await.expect("it is still open").unwrap();
    // A close frame (RFC 6455, section 5.5.1) with 4503.
    let close = came
        .windows(4)
        .any(|b| b[0] == 0x88 && b[2..] == 4503_u16.to_be_bytes());
    assert!(close, "{:?}", String::from_utf8_lossy(&came));

    let command = |id: &str| format!("/api/v1/tasks/{id}/cancel");
    let again = send(upgrading(demo.request(Method::GET, &path))).await;
    let refused = demo.command(&command(&newer)).await;
    let events = demo.get(&format!("/api/v1/tasks/{newer}/events")).await;
    for answer in [again, refused, events] {
        assert_eq!((answer.status, answer.code()), (503, "newer-history"));
        assert_eq!(answer.header("retry-after"), "5");
        assert!(!answer.text.contains("TaskPaused"), "{}", answer.text);
    }
    let done = demo.command(&command(&other)).await;
    assert_eq!(done.status, 200, "{}", done.text);
    app.stop().await;
}

async fn append_newer(app: &App, task: &str) {
    let (log_id, sequence): (Uuid, i64) = sqlx::query_as(
        "select (select log_id from log.identity), max(sequence) from log.events \
         where aggregate_id = $1",
    )
    .bind(task)
    .fetch_one(&app.admin)
    .await
    .unwrap();
    sqlx::query(
        "select log.append($1, 'on', array['task'], array[$2], array[$3::bigint], array[1], \
         array[$3::bigint + 1], array[$4::uuid], array['TaskPaused'], array['9'], array['{}'], \
         array['{}'], array[decode(repeat('00', 32), 'hex')])",
    )
    .bind(log_id)
    .bind(task)
    .bind(sequence)
    .bind(Uuid::now_v7())
    .execute(&app.admin)
    .await
    .unwrap();
}
