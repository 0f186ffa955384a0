//! Commands on a task: what they do, and each refusal by its name.

use crate::common::{App, Client, Worker, profile, task, ticket};
use domain::task::AnswerShape;
use serde_json::{Value, json};

struct Scene {
    app: App,
    demo: Client,
    worker: Worker,
    profile: String,
}

impl Scene {
    async fn set() -> Self {
        let app = App::start_without_projector().await;
        let demo = app.client("demo");
        let profile = profile(&demo).await;
        let worker = app.worker().await;
        Self {
            app,
            demo,
            worker,
            profile,
        }
    }

    async fn task(&self, number: &str) -> String {
        task(&self.demo, &self.profile, number).await
    }

    async fn post(&self, task: &str, command: &str, body: Value) -> (u16, Value) {
        let path = format!("/api/v1/tasks/{task}/{command}");
        let answer = self.demo.post(&path, &body).await;
        (answer.status, answer.json)
    }

    async fn accepted(&self, task: &str, command: &str, body: Value) -> Value {
        let (status, json) = self.post(task, command, body).await;
        assert_eq!(status, 200, "{command}: {json}");
        json
    }

    /// Refused with that code, and nothing recorded.
    async fn refused(&self, task: &str, command: &str, body: Value, code: &str) -> Value {
        let events = self.app.events().await;
        let (status, json) = self.post(task, command, body).await;
        assert_eq!(status, 409, "{command}: {json}");
        assert_eq!(
            json["type"],
            format!("urn:relevo:problem:{code}"),
            "{command}"
        );
        assert!(json["detail"].is_string());
        assert_eq!(
            self.app.events().await,
            events,
            "{command} recorded something"
        );
        json
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_do_what_they_say_and_refusals_have_names() {
    let scene = Scene::set().await;
    let nothing = || json!({});

    // Pending: pause and resume; control and retry make no sense yet.
    let id = scene.task("AAA001").await;
    let refused = scene
        .refused(&id, "resume", nothing(), "wrong-status")
        .await;
    assert_eq!(
        (&refused["current"], &refused["command"]),
        (&json!("PENDING"), &json!("ResumeTask"))
    );
    scene
        .refused(&id, "take-control", nothing(), "wrong-status")
        .await;
    scene.refused(&id, "retry", nothing(), "wrong-status").await;
    scene
        .refused(&id, "archive", nothing(), "wrong-status")
        .await;
    let held = json!({ "control_epoch": 1, "outcome": "done" });
    scene
        .refused(&id, "return-control", held.clone(), "control-not-held")
        .await;
    assert_eq!(
        scene.accepted(&id, "pause", nothing()).await["status"],
        "PAUSED"
    );
    scene
        .refused(&id, "take-control", nothing(), "no-session")
        .await;
    assert_eq!(
        scene.accepted(&id, "resume", nothing()).await["status"],
        "PENDING"
    );

    // Running with a browser: control goes to the human and back.
    scene.worker.opens(&id).await;
    let taken = scene.accepted(&id, "take-control", nothing()).await;
    assert_eq!(
        (&taken["control_epoch"], &taken["status"]),
        (&json!(1), &json!("INTERVENTION_NEEDED"))
    );
    scene
        .refused(&id, "take-control", nothing(), "human-holds-control")
        .await;
    let stale = json!({ "control_epoch": 7, "outcome": "done" });
    let refused = scene
        .refused(&id, "return-control", stale, "stale-control-epoch")
        .await;
    assert_eq!(refused["current"], 1);
    let odd = json!({ "control_epoch": 1, "outcome": "maybe" });
    assert_eq!(scene.post(&id, "return-control", odd).await.0, 422);
    assert_eq!(
        scene.accepted(&id, "return-control", held).await["status"],
        "RUNNING"
    );

    // Cancelled, retried, failed for good, archived.
    let cancelled = scene.accepted(&id, "cancel", nothing()).await;
    assert_eq!(
        (&cancelled["status"], &cancelled["can_retry"]),
        (&json!("FAILED"), &json!(true))
    );
    scene
        .refused(&id, "cancel", nothing(), "wrong-status")
        .await;
    scene.refused(&id, "pause", nothing(), "wrong-status").await;
    assert_eq!(
        scene.accepted(&id, "retry", nothing()).await["status"],
        "PENDING"
    );
    let epoch = scene.worker.starts(&id).await;
    scene.worker.fails(&id, epoch, false).await;
    scene
        .refused(&id, "retry", nothing(), "not-retryable")
        .await;
    scene.accepted(&id, "archive", nothing()).await;

    // A body where none belongs.
    let (status, json) = scene.post(&id, "archive", json!({ "why": "x" })).await;
    assert_eq!((status, &json["errors"][0]["field"]), (422, &json!("why")));

    // A cancel that meets the irreversible step is only a wish.
    let id = scene.task("AAA002").await;
    let epoch = scene.worker.opens(&id).await;
    scene.worker.intends(&id, epoch).await;
    assert_eq!(
        scene.accepted(&id, "cancel", nothing()).await["status"],
        "RUNNING"
    );
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_in_their_shape_and_sealed() {
    let scene = Scene::set().await;
    let id = scene.task("AAA001").await;
    let epoch = scene.worker.opens(&id).await;
    let shape = AnswerShape::Text { max_chars: 6 };
    let question = scene.worker.asks(&id, epoch, shape.clone()).await;
    let answer = format!("interventions/{question}/answer");
    let (status, json) = scene
        .post(&id, &answer, json!({ "answer": "far too long" }))
        .await;
    assert_eq!(
        (status, &json["errors"][0]["code"]),
        (422, &json!("answer-shape"))
    );
    let (status, json) = scene.post(&id, &answer, json!({ "respuesta": "x" })).await;
    assert_eq!(
        (status, &json["errors"][0]["code"]),
        (422, &json!("unknown-field"))
    );
    let other = "interventions/018f4c1e-0000-7000-8000-000000000000/answer";
    let body = json!({ "answer": "Q7XK2M" });
    scene
        .refused(&id, other, body.clone(), "intervention-not-open")
        .await;
    let answered = scene.accepted(&id, &answer, body.clone()).await;
    assert_eq!(answered["status"], "RUNNING");
    scene.refused(&id, &answer, body, "wrong-status").await;
    let log: Vec<String> = sqlx::query_scalar("select payload::text from log.events")
        .fetch_all(&scene.app.admin)
        .await
        .unwrap();
    assert!(
        log.iter().all(|text| !text.contains("Q7XK2M")),
        "the answer is in the log"
    );

    let question = scene.worker.asks(&id, epoch, shape).await;
    let decline = format!("interventions/{question}/decline");
    let (status, _) = scene
        .post(
            &id,
            &decline,
            json!({ "reason": "mi RFC es XIQB891116QE4" }),
        )
        .await;
    assert_eq!(status, 422, "free text would lie in the log in the clear");
    assert_eq!(
        scene.accepted(&id, &decline, json!({})).await["status"],
        "RUNNING"
    );
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_is_mended_while_nothing_was_sent() {
    let scene = Scene::set().await;
    let id = scene.task("AAA001").await;
    let other = scene.task("AAA002").await;
    let path = format!("/api/v1/tasks/{id}");
    let amend = async |body: Value| scene.demo.patch(&path, &body).await;

    // Only the total: everything else stays.
    let amended = amend(json!({ "fields": { "total": "99.90" } })).await;
    assert_eq!(amended.status, 200, "{}", amended.text);
    let task = scene.worker.sees(&id).await.submission.unwrap();
    assert_eq!(task.ticket.total.unwrap().cents, 9990);
    assert_eq!(task.ticket.purchase_date.unwrap().to_string(), "2026-11-02");
    assert_eq!(task.forma_pago.unwrap().code(), "04");
    let key = task.ticket.key;

    // Another identity: the ticket moves, and the old one is free.
    let amended = amend(json!({ "fields": { "ticket": "AAA003" }, "uso_cfdi": "S01" })).await;
    assert_eq!(amended.status, 200, "{}", amended.text);
    let task = scene.worker.sees(&id).await.submission.unwrap();
    assert_ne!(task.ticket.key, key);
    assert_eq!(task.uso_cfdi.code(), "S01");
    let again = scene
        .demo
        .post("/api/v1/tasks", &ticket(&scene.profile, "AAA001"))
        .await;
    assert_eq!(again.status, 201, "the old ticket is free: {}", again.text);

    let taken = amend(json!({ "fields": { "ticket": "AAA002" } })).await;
    assert_eq!((taken.status, taken.code()), (409, "ticket-taken"));
    assert_eq!(taken.json["task_id"], other);
    let misfit = amend(json!({ "fields": { "ticket": "x", "total": "" }, "profile": "y" })).await;
    assert_eq!(
        misfit.misfits(),
        [
            "fields.ticket:field-malformed",
            "fields.total:field-missing",
            "profile:profile-unknown"
        ]
    );

    let epoch = scene.worker.opens(&id).await;
    let running = amend(json!({ "fields": { "total": "1.00" } })).await;
    assert_eq!((running.status, running.code()), (409, "wrong-status"));
    scene.worker.intends(&id, epoch).await;
    scene.worker.asks(&id, epoch, AnswerShape::Decision).await;
    let sent = amend(json!({ "fields": { "total": "1.00" } })).await;
    assert_eq!((sent.status, sent.code()), (409, "submit-already-taken"));
    scene.app.stop().await;
}
