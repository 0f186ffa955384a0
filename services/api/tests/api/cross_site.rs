//! A cookie counts only in what the page itself asks for.

use crate::common::{App, Browser, berenice, profile, send, task, ticket};
use crate::other_users::{body, routes};
use crate::transport::upgrading;
use domain::task::AnswerShape;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

const EVIL: &str = "https://evil.example";

fn with(mut request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_by_cookie_need_the_mark_and_the_pages_origin() {
    let app = App::start_without_projector().await;
    let mut ana = Browser::new(&app);
    ana.sign_in("ana", "/").await;
    let profile = profile(&app.client("ana")).await;
    let task = task(&app.client("ana"), &profile, "AAA001").await;
    let events = app.events().await;
    let none = uuid::Uuid::nil().to_string();
    let changes = [
        (Method::POST, "/api/v1/tasks".to_owned()),
        (Method::PATCH, format!("/api/v1/tasks/{task}")),
        (Method::POST, format!("/api/v1/tasks/{task}/cancel")),
        (Method::POST, format!("/api/v1/tasks/{task}/artifacts")),
        (Method::PUT, format!("/api/v1/profiles/{profile}")),
        (Method::DELETE, format!("/api/v1/profiles/{profile}")),
        (Method::DELETE, format!("/api/v1/auth/sessions/{none}")),
        (Method::POST, "/api/v1/auth/logout".to_owned()),
    ];
    let ours = ana.home.clone();
    let marks = [None, Some("0"), Some("1")];
    let sites = [
        None,
        Some("same-origin"),
        Some("same-site"),
        Some("cross-site"),
        Some("none"),
    ];
    let origins = [None, Some(ours.as_str()), Some(EVIL), Some("null")];
    let mut refused = 0;
    for (n, (method, path)) in changes.iter().enumerate() {
        for (mark, site, origin) in marks.iter().flat_map(|mark| {
            let rest = sites
                .iter()
                .flat_map(|s| origins.iter().map(move |o| (s, o)));
            rest.map(move |(site, origin)| (*mark, *site, *origin))
        }) {
            let own = origin.is_none() || origin == Some(ours.as_str());
            let from_here = match site {
                Some(site) => site == "same-origin" && own,
                None => origin == Some(ours.as_str()),
            };
            if mark == Some("1") && from_here {
                continue;
            }
            // The whole matrix on one route, a part of it on the others.
            if n > 0 && (mark == Some("0") || origin == Some("null")) {
                continue;
            }
            let headers = [
                ("x-relevo-request", mark),
                ("sec-fetch-site", site),
                ("origin", origin),
            ];
            let headers: Vec<_> = headers
                .iter()
                .filter_map(|(n, v)| Some((*n, (*v)?)))
                .collect();
            let request = with(ana.bare(method.clone(), path), &headers);
            let answer = send(request.json(&json!({}))).await;
            assert_eq!(
                (answer.status, answer.code()),
                (403, "cross-site-request"),
                "{method} {path} {headers:?}"
            );
            refused += 1;
        }
    }
    assert!(refused > 200, "{refused}");
    assert_eq!(app.events().await, events, "nothing happened");
    assert_eq!(
        ana.get("/api/v1/auth/me").await.status,
        200,
        "nobody was signed out"
    );

    let marked = ("x-relevo-request", "1");
    for headers in [
        &[marked, ("sec-fetch-site", "same-origin")] as &[_],
        &[marked, ("origin", &ours)],
        &[marked, ("sec-fetch-site", "same-origin"), ("origin", &ours)],
    ] {
        let request = with(ana.bare(Method::POST, "/api/v1/tasks"), headers);
        let answer = send(request.json(&ticket(&profile, "AAA001"))).await;
        assert_eq!(answer.status, 200, "{headers:?} {}", answer.text);
    }
    // The page may ask with JSON only; a form that another site can send is none.
    for media_type in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data",
    ] {
        let request = ana.page(Method::POST, "/api/v1/profiles");
        let request = request.header("content-type", media_type);
        let answer = send(request.body(berenice().to_string())).await;
        assert_eq!(answer.status, 415, "{media_type}");
    }
    let part = reqwest::multipart::Part::bytes(b"<a/>".to_vec()).file_name("a.xml");
    let form = reqwest::multipart::Form::new().part("file", part);
    let path = format!("/api/v1/tasks/{task}/artifacts");
    let answer = send(ana.page(Method::POST, &path).multipart(form)).await;
    assert_eq!((answer.status, answer.code()), (422, "not-an-invoice"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_by_cookie_is_refused_to_other_sites_and_a_token_is_not_asked() {
    let app = App::start_without_projector().await;
    let mut ana = Browser::new(&app);
    ana.sign_in("ana", "/").await;
    for path in [
        "/api/v1/auth/me",
        "/api/v1/auth/sessions",
        "/api/v1/tasks",
        "/api/v1/portals",
        "/api/v1/credentials",
    ] {
        for (site, status) in [
            (None, 200),
            (Some("same-origin"), 200),
            (Some("none"), 200),
            (Some("same-site"), 403),
            (Some("cross-site"), 403),
        ] {
            let headers: Vec<_> = site.iter().map(|site| ("sec-fetch-site", *site)).collect();
            let answer = send(with(ana.bare(Method::GET, path), &headers)).await;
            assert_eq!(answer.status, status, "{path} {site:?}");
            let shared = answer
                .headers
                .keys()
                .any(|k| k.as_str().starts_with("access-control"));
            assert!(!shared, "{path}");
        }
    }
    let foreign = [("sec-fetch-site", "cross-site"), ("origin", EVIL)];
    let request = app.client("ana").request(Method::GET, "/api/v1/auth/me");
    assert_eq!(send(with(request, &foreign)).await.status, 200);
    // Who brings both is judged by the token, which no site can make a browser send.
    let token = app.stack.oidc().unwrap().token("demo").unwrap();
    let both = with(ana.bare(Method::GET, "/api/v1/auth/me"), &foreign).bearer_auth(token);
    let me = send(both).await;
    assert_eq!((me.status, &me.json["name"]), (200, &json!(null)));
    let bad = send(ana.page(Method::GET, "/api/v1/auth/me").bearer_auth("x")).await;
    assert_eq!(bad.status, 401, "a bad token is not made good by a cookie");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_want_the_exact_origin() {
    let app = App::start_without_projector().await;
    let mut ana = Browser::new(&app);
    ana.sign_in("ana", "/").await;
    let by_token = app.client("ana");
    let profile = profile(&by_token).await;
    let path = format!("/ws/{}", task(&by_token, &profile, "AAA001").await);
    let ours = ana.home.clone();
    let port = app.config.api.listen.port();
    let others = [
        EVIL.to_owned(),
        "null".to_owned(),
        format!("{ours}0"),
        format!("{ours}/"),
        ours.replace("http:", "https:"),
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost.evil.example:{port}"),
    ];
    let opens = async |request: RequestBuilder, origin: Option<&str>| {
        let headers: Vec<_> = origin.iter().map(|origin| ("origin", *origin)).collect();
        let answer = upgrading(with(request, &headers)).send().await.unwrap();
        if answer.status() != 101 {
            let answer = crate::common::Answer::of(answer).await;
            assert_eq!((answer.status, answer.code()), (403, "cross-site-request"));
            return false;
        }
        true
    };
    let cookie = || ana.bare(Method::GET, &path);
    let token = || by_token.request(Method::GET, &path);
    assert!(opens(cookie(), Some(&ours)).await);
    assert!(!opens(cookie(), None).await, "a missing origin is refused");
    assert!(opens(token(), Some(&ours)).await);
    assert!(opens(token(), None).await, "programs name no origin");
    for other in &others {
        assert!(!opens(cookie(), Some(other)).await, "{other}");
        assert!(!opens(token(), Some(other)).await, "{other}");
    }
    let anyone = upgrading(app.anonymous().request(Method::GET, &path));
    assert_eq!(send(anyone).await.status, 401);
    app.stop().await;
}

/// The list of the tests is complete: each route below a task is in it.
#[test]
fn every_route_of_a_task_is_tried() {
    let source = include_str!("../../src/router.rs");
    let (_, task) = source.split_once("fn task()").unwrap();
    let (task, _) = task.split_once("\n}").unwrap();
    let route = regex::Regex::new(r#"\.route\(\s*"(/[^"]+)""#).unwrap();
    let tried = routes("T", "{intervention_id}", "{artifact_id}", "P");
    let mut seen = 0;
    for found in route.captures_iter(task) {
        let path = format!("/api/v1/tasks/T{}", &found[1]);
        assert!(tried.iter().any(|(_, tried)| *tried == path), "{path}");
        seen += 1;
    }
    assert!(seen >= 14, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_is_not_found_by_cookie_either() {
    let app = App::start().await;
    let demo = app.client("demo");
    let mut ana = Browser::new(&app);
    ana.sign_in("ana", "/").await;
    let worker = app.worker().await;
    let profile = profile(&demo).await;
    let id = task(&demo, &profile, "AAA001").await;
    let epoch = worker.opens(&id).await;
    let question = worker
        .asks(&id, epoch, AnswerShape::Text { max_chars: 6 })
        .await;
    let none = uuid::Uuid::nil().to_string();
    let events = app.events().await;
    let theirs = routes(&id, &question, &none, &profile);
    for ((method, path), (_, unknown)) in theirs.into_iter().zip(routes(&none, &none, &none, &none))
    {
        let mut answers = Vec::new();
        for path in [&path, &unknown] {
            let mut request = ana.page(method.clone(), path);
            if method != Method::GET && method != Method::DELETE {
                request = match path.ends_with("/artifacts") {
                    true => request
                        .header("content-type", "application/xml")
                        .body("<a/>"),
                    false => request.json(&body(path)),
                };
            }
            answers.push(send(request).await);
        }
        let found = (answers[0].status, answers[0].code());
        assert_eq!(found, (404, "not-found"), "{method} {path}");
        assert_eq!(answers[0].text, answers[1].text, "{method} {path}");
    }
    let socket = ana.bare(Method::GET, &format!("/ws/{id}"));
    let socket = upgrading(socket.header("origin", &ana.home));
    let answer = send(socket).await;
    assert_eq!((answer.status, answer.code()), (404, "not-found"));
    assert_eq!(app.events().await, events, "nothing happened to it");
    app.stop().await;
}
