//! What belongs to somebody else is not there.

use crate::world::{self, task};
use anyhow::Context;
use reqwest::{Method, StatusCode};
use uuid::Uuid;

/// Every route of a task, with a body that fits.
fn routes(id: &str) -> Vec<(Method, String, &'static str)> {
    let other = Uuid::nil();
    let post = [
        ("pause".to_owned(), "{}"),
        ("resume".to_owned(), "{}"),
        ("cancel".to_owned(), "{}"),
        ("retry".to_owned(), "{}"),
        ("archive".to_owned(), "{}"),
        ("take-control".to_owned(), "{}"),
        (
            "return-control".to_owned(),
            r#"{"control_epoch":1,"outcome":"done"}"#,
        ),
        (format!("interventions/{other}/answer"), r#"{"answer":"x"}"#),
        (format!("interventions/{other}/decline"), "{}"),
        ("artifacts".to_owned(), "<a/>"),
    ];
    let get = [
        "",
        "/steps",
        "/events",
        "/artifacts/00000000-0000-0000-0000-000000000000",
    ];
    let mut routes = vec![(Method::PATCH, format!("tasks/{id}"), "{}")];
    routes.extend(
        get.iter()
            .map(|p| (Method::GET, format!("tasks/{id}{p}"), "")),
    );
    routes.extend(post.map(|(p, body)| (Method::POST, format!("tasks/{id}/{p}"), body)));
    routes
}

#[test]
fn another_users_task_is_answered_like_one_that_never_was() {
    world::run(async |case| {
        let id = task(case).await?.task_id;
        let ana = case.installation.client("ana")?;
        let events = case.events(id).await?.len();
        let theirs = routes(&id.to_string());
        let unknown = routes(&Uuid::now_v7().to_string());
        for (theirs, unknown) in theirs.into_iter().zip(unknown) {
            let path = theirs.1.clone();
            let mut answers = Vec::new();
            for (method, path, body) in [theirs, unknown] {
                let kind = match path.ends_with("/artifacts") {
                    true => "application/xml",
                    false => "application/json",
                };
                let request = ana.raw(method, &path).header("Content-Type", kind);
                let response = request.body(body).send().await?;
                answers.push((response.status(), response.text().await?));
            }
            assert_eq!(answers[0].0, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(answers[0], answers[1], "{path}");
        }
        for live in [false, true] {
            let socket = ana
                .watch(id, 0, live)
                .await
                .err()
                .context("a socket was opened")?;
            let unknown = ana.watch(domain::TaskId(Uuid::now_v7()), 0, live).await;
            let unknown = unknown.err().context("a socket was opened")?;
            assert_eq!(socket.problem().map(|p| p.status), Some(404), "{socket}");
            assert_eq!(socket.to_string(), unknown.to_string());
        }
        assert_eq!(
            ana.tasks("limit=100")
                .await?
                .items
                .iter()
                .find(|t| t.task_id == id),
            None
        );
        assert_eq!(
            case.events(id).await?.len(),
            events,
            "nothing happened to the task"
        );
        // Nor is another's profile.
        let ticket = tests::builders::idle_ticket(case.profile, "STRANGER1", "10.00");
        let refused = ana.create_task(&ticket, None).await.unwrap_err();
        assert_eq!(
            refused.problem().context("a problem")?.errors[0].field,
            "profile"
        );
        Ok(())
    });
}

#[test]
fn without_a_valid_token_nothing_is_answered() {
    world::run(async |case| {
        let id = task(case).await?.task_id.to_string();
        let token = case.installation.token("demo")?;
        let mut altered = token.clone();
        altered.replace_range(token.len() - 8.., "AAAAAAAA");
        let http = reqwest::Client::new();
        let mut all = routes(&id);
        all.push((Method::GET, "tasks".to_owned(), ""));
        all.push((Method::GET, "profiles".to_owned(), ""));
        all.push((Method::GET, "portals".to_owned(), ""));
        for (method, path, body) in all {
            for token in [
                None,
                Some(altered.as_str()),
                Some("eyJhbGciOiJub25lIn0.e30."),
            ] {
                let url = format!("{}/api/v1/{path}", case.installation.url());
                let mut request = http.request(method.clone(), url).body(body);
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                let status = request.send().await?.status();
                assert_eq!(
                    status,
                    StatusCode::UNAUTHORIZED,
                    "{method} {path} {token:?}"
                );
            }
        }
        Ok(())
    });
}
