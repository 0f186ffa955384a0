//! What is erased is not shown and takes nothing; what isn't goes on.

use crate::common::{App, Browser, Client, berenice, send, ticket};
use crate::other_users::{body, routes};
use crate::transport::upgrading;
use commands::{ArtifactFiles, ArtifactStore, Eraser, Erasure, LogConfig, Scope};
use domain::task::{Artifact, ArtifactKind, FactSource, TaskCommand};
use domain::{ProfileId, UserId};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;

async fn eraser(app: &App) -> Eraser {
    let url = app.config.database.role_url("relevo_erase");
    let files = ArtifactFiles::new(app.config.artifacts.objects().unwrap());
    let eraser = Eraser::connect(&LogConfig::new(url), files).await;
    eraser.unwrap()
}

async fn user(client: &Client) -> UserId {
    let me = client.get("/api/v1/auth/me").await;
    me.json["user_id"].as_str().unwrap().parse().unwrap()
}

fn xochilt() -> Value {
    json!({
        "rfc": "CACX7605101P8",
        "name": "XOCHILT CASAS CHAVEZ",
        "postal_code": "36257",
        "regimen": "612",
        "default_use": "G03",
        "email": "xochilt@ejemplo.mx",
    })
}

/// A profile of the caller with a task.
async fn profile_and_task(client: &Client, data: &Value, number: &str) -> (String, String) {
    let made = client.post("/api/v1/profiles", data).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let profile = made.json["id"].as_str().unwrap().to_owned();
    let task = client
        .post("/api/v1/tasks", &ticket(&profile, number))
        .await;
    assert_eq!(task.status, 201, "{}", task.text);
    (profile, task.json["task_id"].as_str().unwrap().to_owned())
}

/// A file of the task, as an agent stores it.
async fn store(app: &App, user: UserId, profile: &str, task: &str) -> String {
    let desk = app.desk().await;
    let scope = Scope::Profile(user, ProfileId(profile.parse().unwrap()));
    let bytes = b"<xml/>";
    let digest = desk.artifacts.digest(scope, bytes);
    let id = ArtifactStore::address(task.parse().unwrap(), &digest);
    let stored = desk.artifacts.put(scope, id, bytes).await.unwrap();
    let artifact = Artifact {
        id,
        kind: ArtifactKind::Xml,
        size_bytes: stored.size_bytes,
        digest: stored.digest,
    };
    let by = FactSource::User;
    let worker = app.worker().await;
    worker
        .does(task, TaskCommand::StoreArtifact { by, artifact })
        .await;
    id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_erased_profile_nothing_is_shown_and_its_neighbour_goes_on() {
    let app = App::start().await;
    let demo = app.client("demo");
    let user = user(&demo).await;
    let (erased, lost) = profile_and_task(&demo, &berenice(), "AAA001").await;
    let (kept, other) = profile_and_task(&demo, &xochilt(), "AAA002").await;
    let file = store(&app, user, &erased, &lost).await;
    let socket = upgrading(demo.request(Method::GET, &format!("/ws/{lost}")));
    let mut socket = socket.send().await.unwrap().upgrade().await.unwrap();

    let erasure = Erasure {
        user,
        profile: Some(ProfileId(erased.parse().unwrap())),
    };
    let eraser = eraser(&app).await;
    eraser.begin(erasure).await.unwrap();
    eraser.cancel(erasure).await.unwrap();

    let none = "018f4c1e-0000-7000-8000-000000000000";
    for (method, path) in routes(&lost, none, &file, &erased) {
        if method == Method::GET && path == format!("/api/v1/tasks/{lost}") {
            continue;
        }
        let mut request = demo.request(method.clone(), &path);
        if let Some(body) =
            body(&path).filter(|_| method != Method::GET && method != Method::DELETE)
        {
            request = request.json(&body);
        }
        let answer = send(request).await;
        let said = (answer.status, answer.code());
        assert_eq!(said, (410, "erased"), "{method} {path}: {}", answer.text);
    }
    let again = send(upgrading(demo.request(Method::GET, &format!("/ws/{lost}")))).await;
    assert_eq!((again.status, again.code()), (410, "erased"));
    let refused = demo.post("/api/v1/tasks", &ticket(&erased, "AAA003")).await;
    assert_eq!(
        refused.misfits(),
        ["profile:profile-erased"],
        "{}",
        refused.text
    );

    // Whoever watched is told.
    let mut came = Vec::new();
    let end = socket.read_to_end(&mut came);
    let end = tokio::time::timeout(Duration::from_secs(30), end).await;
    end.expect("the socket is still open").unwrap();
    let close = |b: &[u8]| b[0] == 0x88 && b[2..] == 4410_u16.to_be_bytes();
    assert!(came.windows(4).any(close), "it ended for another reason");

    // Lists keep a row for it, without what was sealed.
    let account = app.desk().await.bus.log().head().await.unwrap().position;
    let profiles = demo
        .get(&format!("/api/v1/profiles?min_position={account}"))
        .await;
    let items = profiles.json["items"].as_array().unwrap();
    let row = &items[0];
    assert_eq!((&row["id"], &row["erased"]), (&json!(erased), &json!(true)));
    assert_eq!(
        (&row["rfc"], &row["email"]),
        (&json!("[borrado]"), &json!(null))
    );
    assert_eq!(
        (&items[1]["rfc"], &items[1]["erased"]),
        (&json!("CACX7605101P8"), &json!(false))
    );
    let shown = demo.get(&format!("/api/v1/tasks/{lost}")).await;
    assert_eq!((shown.status, &shown.json["erased"]), (200, &json!(true)));
    assert_eq!(
        (&shown.json["artifacts"], &shown.json["can_retry"]),
        (&json!([]), &json!(false))
    );
    let stored: Vec<(String, String)> =
        sqlx::query_as("select rfc_key, fiscal from read.profiles where erased")
            .fetch_all(&app.admin)
            .await
            .unwrap();
    assert_eq!(stored, [("[erased]".to_owned(), "[erased]".to_owned())]);

    // The neighbour's data opens, and the RFC may come back in a new profile.
    for path in [format!("profiles/{kept}"), format!("tasks/{other}/ticket")] {
        let answer = demo.get(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    let anew = demo.post("/api/v1/profiles", &berenice()).await;
    assert_eq!(anew.status, 201, "{}", anew.text);
    let (rfc, position) = (&berenice()["rfc"], &anew.json["position"]);
    let ask = json!({ "rfc": rfc, "min_position": position });
    let found = demo.post("/api/v1/profiles/find", &ask).await;
    assert_eq!(
        found.json["items"],
        json!([anew.json]),
        "not the erased one"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_account_is_let_in_nowhere_and_others_are() {
    let app = App::start().await;
    let (demo, ana) = (app.client("demo"), app.client("ana"));
    let (profile, task) = profile_and_task(&demo, &berenice(), "AAA001").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("demo", "/").await;
    assert_eq!(browser.get("/api/v1/profiles").await.status, 200);
    let erasure = Erasure {
        user: user(&demo).await,
        profile: None,
    };
    let (eraser, others) = (eraser(&app).await, user(&ana).await);
    eraser.begin(erasure).await.unwrap();

    let none = "018f4c1e-0000-7000-8000-000000000000";
    let mut all = routes(&task, none, none, &profile);
    for path in [
        "auth/me",
        "auth/sessions",
        "inbox",
        "profiles",
        "tasks",
        "portals",
    ] {
        all.push((Method::GET, format!("/api/v1/{path}")));
    }
    for (method, path) in all {
        let answer = send(demo.request(method.clone(), &path)).await;
        let said = (answer.status, answer.code());
        assert_eq!(said, (410, "erased"), "{method} {path}: {}", answer.text);
    }
    let answer = browser.get("/api/v1/profiles").await;
    assert_eq!((answer.status, answer.code()), (410, "erased"));
    assert_eq!(
        browser.get("/api/v1/profiles").await.status,
        401,
        "its session ended"
    );
    assert_eq!(user(&ana).await, others);
    assert_eq!(ana.get("/api/v1/tasks").await.status, 200);
    app.stop().await;
}
