//! Another's task, profile, question and file can't be told from none, byte for byte.

use crate::common::{App, berenice, profile, send, task};
use domain::task::AnswerShape;
use reqwest::Method;
use serde_json::{Value, json};

/// Every route that names something of a user.
pub fn routes(task: &str, question: &str, file: &str, profile: &str) -> Vec<(Method, String)> {
    let task = format!("/api/v1/tasks/{task}");
    let profile = format!("/api/v1/profiles/{profile}");
    let posts = [
        "pause",
        "resume",
        "cancel",
        "retry",
        "archive",
        "take-control",
        "return-control",
        "artifacts",
    ];
    let mut routes = vec![
        (Method::GET, task.clone()),
        (Method::PATCH, task.clone()),
        (Method::GET, format!("{task}/ticket")),
        (Method::GET, format!("{task}/steps")),
        (Method::GET, format!("{task}/events")),
        (Method::GET, format!("{task}/artifacts/{file}")),
        (
            Method::POST,
            format!("{task}/interventions/{question}/answer"),
        ),
        (
            Method::POST,
            format!("{task}/interventions/{question}/decline"),
        ),
        (Method::GET, profile.clone()),
        (Method::PUT, profile.clone()),
        (Method::DELETE, profile),
    ];
    routes.extend(posts.map(|name| (Method::POST, format!("{task}/{name}"))));
    routes
}

/// A body each of these routes would take.
pub fn body(path: &str) -> Option<Value> {
    match path.rsplit('/').next().unwrap() {
        "return-control" => Some(json!({ "control_epoch": 1, "outcome": "done" })),
        "answer" => Some(json!({ "answer": "abc" })),
        _ if path.starts_with("/api/v1/profiles") => Some(berenice()),
        _ => Some(json!({})),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_is_not_found_exactly_like_none() {
    let app = App::start().await;
    let (demo, ana) = (app.client("demo"), app.client("ana"));
    let worker = app.worker().await;
    let profile = profile(&demo).await;
    let task = task(&demo, &profile, "AAA001").await;
    let epoch = worker.opens(&task).await;
    let shape = AnswerShape::Text { max_chars: 6 };
    let question = worker.asks(&task, epoch, shape).await;
    let own = demo.get(&format!("/api/v1/tasks/{task}/events")).await;
    let position = own.json["position"].as_u64().unwrap();
    let seen = demo
        .get(&format!("/api/v1/tasks/{task}?min_position={position}"))
        .await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    let events = app.events().await;

    let none = "018f4c1e-0000-7000-8000-000000000000";
    let anothers = routes(&task, &question, none, &profile);
    for ((method, path), (_, unknown)) in anothers.into_iter().zip(routes(none, none, none, none)) {
        let ask = async |path: &str| {
            let mut request = ana.request(method.clone(), path);
            if method != Method::GET && method != Method::DELETE {
                request = match path.ends_with("/artifacts") {
                    true => request
                        .header("content-type", "application/xml")
                        .body("<a/>"),
                    false => request.json(&body(path)),
                };
            }
            send(request).await
        };
        let (theirs, nothing) = (ask(&path).await, ask(&unknown).await);
        assert_eq!(
            (theirs.status, theirs.code()),
            (404, "not-found"),
            "{method} {path}"
        );
        assert_eq!(theirs.text, nothing.text, "{method} {path}");
        assert_eq!(theirs.status, nothing.status, "{method} {path}");
        let mut headers = [theirs.headers.clone(), nothing.headers.clone()];
        headers.iter_mut().for_each(|h| drop(h.remove("date")));
        assert_eq!(headers[0], headers[1], "{method} {path}");
    }
    for list in ["tasks", "profiles", "inbox"] {
        let path = format!("/api/v1/{list}?min_position={position}");
        assert_eq!(ana.get(&path).await.json["items"], json!([]), "{list}");
        assert_eq!(
            demo.get(&path).await.json["items"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
    assert_eq!(app.events().await, events, "nothing happened to it");
    app.stop().await;
}
