//! What holds for every request: bodies, routes, methods, headers, queries.

use crate::common::{App, Client, profile, send, task};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn bodies_routes_methods_and_queries_that_do_not_fit_are_refused() {
    let app = App::start_without_projector().await;
    let demo = app.client("demo");
    let tasks = "/api/v1/tasks";

    let large = format!("{{\"portal\":\"{}\"}}", "x".repeat(256 * 1024));
    let answer = demo.post_raw(tasks, "application/json", large).await;
    assert_eq!((answer.status, answer.code()), (413, "body-too-large"));
    let answer = demo.post_raw(tasks, "text/plain", "{}").await;
    assert_eq!(
        (answer.status, answer.code()),
        (415, "unsupported-media-type")
    );
    let answer = send(demo.request(Method::POST, tasks)).await;
    assert_eq!(
        (answer.status, answer.code()),
        (415, "unsupported-media-type")
    );
    for malformed in [
        "",
        "{",
        "{} {}",
        "{\"portal\": \"x\",}",
        "\u{feff}{}",
        "[1",
        "nul",
    ] {
        let answer = demo.post_raw(tasks, "application/json", malformed).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "malformed-json"),
            "{malformed:?}"
        );
    }
    let answer = demo
        .post_raw(tasks, "application/json; charset=utf-8", "{}")
        .await;
    assert_eq!(answer.status, 422);
    let deep = "[".repeat(100_000);
    let answer = demo
        .post_raw(tasks, "application/json", format!("{{\"fields\":{deep}"))
        .await;
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text);

    for path in [
        "/nothing",
        "/api/v1",
        "/api/v1/nothing",
        "/api/v1/tasks/x/y/z",
        "/api/v2/tasks",
    ] {
        let answer = demo.get(path).await;
        assert_eq!((answer.status, answer.code()), (404, "not-found"), "{path}");
    }
    for path in [
        "/api/v1/tasks/not-an-id",
        "/api/v1/profiles/7",
        "/api/v1/portals/nadie",
    ] {
        let answer = demo.get(path).await;
        assert_eq!((answer.status, answer.code()), (404, "not-found"), "{path}");
    }
    for (method, path) in [
        (Method::DELETE, tasks),
        (
            Method::PUT,
            "/api/v1/tasks/018f4c1e-0000-7000-8000-000000000000",
        ),
        (
            Method::GET,
            "/api/v1/tasks/018f4c1e-0000-7000-8000-000000000000/pause",
        ),
        (Method::POST, "/api/v1/auth/me"),
    ] {
        let answer = send(demo.request(method.clone(), path)).await;
        assert_eq!(
            (answer.status, answer.code()),
            (405, "method-not-allowed"),
            "{method} {path}"
        );
    }
    for query in [
        "?limt=3",
        "?limit=x",
        "?archived=perhaps",
        "?min_position=-1",
    ] {
        let answer = demo.get(&format!("{tasks}{query}")).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "invalid-query"),
            "{query}"
        );
    }
    for (query, misfit) in [
        ("?limit=0", "limit:limit-out-of-bounds"),
        ("?limit=101", "limit:limit-out-of-bounds"),
        ("?status=DONE", "status:status-unknown"),
    ] {
        assert_eq!(
            demo.get(&format!("{tasks}{query}")).await.misfits(),
            [misfit]
        );
    }
    let answer = demo.get(&format!("{tasks}?cursor=mine")).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid-cursor"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_protecting_headers_and_no_foreign_origin() {
    let app = App::start_without_projector().await;
    let demo = app.client("demo");
    let evil = "https://evil.example";
    let answers = [
        send(
            demo.request(Method::GET, "/api/v1/auth/me")
                .header("Origin", evil),
        )
        .await,
        send(demo.request(Method::GET, "/nothing").header("Origin", evil)).await,
        send(app.anonymous().request(Method::GET, "/api/v1/auth/me")).await,
        send(
            demo.request(Method::OPTIONS, "/api/v1/tasks")
                .header("Origin", evil),
        )
        .await,
        demo.post("/api/v1/tasks", &json!({})).await,
        app.anonymous().get("/healthz").await,
    ];
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert!(
            answer
                .headers
                .keys()
                .all(|k| !k.as_str().starts_with("access-control"))
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_told_to_stay_with_https_where_the_page_has_it() {
    let mut app = App::start_without_projector().await;
    let plain = app.anonymous().get("/healthz").await;
    assert_eq!(plain.header("strict-transport-security"), "");
    let public = "https://relevo.example".parse().unwrap();
    let config = app
        .node(|config| config.api.public_url = Some(public))
        .await;
    let secure = Client::new(format!("http://{}", config.api.listen), None);
    for path in ["/healthz", "/api/v1/auth/me"] {
        let header = secure.get(path).await;
        let header = header.header("strict-transport-security");
        assert_eq!(header, "max-age=31536000", "{path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_names_what_is_missing_and_comes_back() {
    let app = App::start_without_projector().await;
    let anyone = app.anonymous();
    app.stack.nats().stop().await.unwrap();
    crate::common::eventually("NATS to be missed", || async {
        let ready = anyone.get("/readyz").await;
        ready.status == 503 && ready.json["missing"] == json!(["nats"])
    })
    .await;
    assert_eq!(anyone.get("/healthz").await.status, 200);
    app.stack.postgres().stop().await.unwrap();
    crate::common::eventually("the database to be missed", || async {
        let ready = anyone.get("/readyz").await;
        ready.status == 503 && ready.json["missing"] == json!(["database", "nats"])
    })
    .await;
    let demo = app.client("demo");
    let socket = opening(&demo, "/ws/018f4c1e-0000-7000-8000-000000000000");
    for refused in [demo.get("/api/v1/tasks").await, send(socket).await] {
        assert_eq!((refused.status, refused.code()), (503, "unavailable"));
        assert!(!refused.header("retry-after").is_empty());
    }
    app.stack.postgres().start_again().await.unwrap();
    app.stack.nats().start_again().await.unwrap();
    crate::common::eventually("readiness", || async {
        anyone.get("/readyz").await.status == 200
    })
    .await;
    app.stop().await;
}

/// A request that opens a socket, as far as headers go.
fn opening(client: &Client, path: &str) -> reqwest::RequestBuilder {
    upgrading(client.request(Method::GET, path))
}

/// What makes a request one for a socket.
pub fn upgrading(request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    request
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_open_no_socket_are_told_why() {
    let app = App::start_without_projector().await;
    let demo = app.client("demo");
    let path = "/ws/018f4c1e-0000-7000-8000-000000000000";
    let answer = send(opening(&demo, &format!("{path}?since=3"))).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid-query"));
    let answer = demo.get(path).await;
    assert_eq!((answer.status, answer.code()), (400, "websocket-expected"));
    for path in [path, "/ws/not-an-id"] {
        let answer = send(opening(&demo, path)).await;
        assert_eq!((answer.status, answer.code()), (404, "not-found"));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_sockets_are_told_when_the_service_stops() {
    let app = App::start().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let id = task(&demo, &profile, "AAA001").await;
    let answer = opening(&demo, &format!("/ws/{id}")).send().await.unwrap();
    assert_eq!(answer.status(), 101);
    let mut socket = answer.upgrade().await.unwrap();
    app.stop().await;
    let mut came = Vec::new();
    let end = socket.read_to_end(&mut came);
    let end = tokio::time::timeout(Duration::from_secs(60), end).await;
    assert!(end.is_ok(), "it is still open");
    // A close frame (RFC 6455, section 5.5.1) with 1001.
    let close = [0x88, 12, 0x03, 0xe9];
    assert!(came.windows(4).any(|bytes| bytes == close), "{came:?}");
}
