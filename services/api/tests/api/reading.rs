//! Reading: one's own writes, pages, events, portals.

use crate::common::{App, profile, task, ticket};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn one_reads_ones_own_write_or_is_told_to_wait() {
    let mut app = App::start_without_projector().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let made = demo
        .post("/api/v1/tasks", &ticket(&profile, "AAA001"))
        .await;
    let id = made.json["task_id"].as_str().unwrap();
    let path = format!("/api/v1/tasks/{id}?min_position={}", made.json["position"]);
    let behind = demo.get(&path).await;
    assert_eq!((behind.status, behind.code()), (503, "projection-behind"));
    assert_eq!(behind.header("retry-after"), "1");

    app.start_projector();
    crate::common::eventually("the read models", || async {
        demo.get(&path).await.status == 200
    })
    .await;
    let view = demo.get(&path).await.json;
    assert_eq!(view["status"], "PENDING");
    assert_eq!(view["waiting_for"], "queue");
    assert_eq!(view["portal_name"], "Abarrotes La Prueba");
    assert_eq!(view["purchase_date"], "2026-11-02");
    assert_eq!(
        view["total"],
        json!({ "cents": 123_450, "currency": "MXN" })
    );
    assert_eq!(
        (&view["uso_cfdi"], &view["forma_pago"]),
        (&json!("G03"), &json!("04"))
    );
    assert_eq!(view["window_verified"], "printed");
    assert_eq!(
        view["window_until"], "2026-12-03T05:59:59Z",
        "by the Mexican clock"
    );

    let events = demo.get(&format!("/api/v1/tasks/{id}/events")).await.json;
    assert_eq!(events["items"][0]["event"], "task.submitted");
    demo.command(&format!("/api/v1/tasks/{id}/pause")).await;
    let after = demo
        .get(&format!("/api/v1/tasks/{id}/events?after=1"))
        .await
        .json;
    assert_eq!(after["items"][0]["event"], "task.paused");
    assert_eq!(after["items"].as_array().unwrap().len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages_and_by_filter() {
    let app = App::start().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(task(&demo, &profile, &format!("AAA00{n}")).await);
    }
    let paused = demo
        .command(&format!("/api/v1/tasks/{}/pause", ids[0]))
        .await;
    let cancelled = demo
        .command(&format!("/api/v1/tasks/{}/cancel", ids[1]))
        .await;
    assert_eq!(cancelled.json["status"], "FAILED");
    let archived = demo
        .command(&format!("/api/v1/tasks/{}/archive", ids[1]))
        .await;
    let at = archived.json["position"].as_u64().unwrap();
    assert!(paused.json["position"].as_u64().unwrap() < at);

    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|t| t["task_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = demo
        .get(&format!("/api/v1/tasks?min_position={at}"))
        .await
        .json;
    let wanted = [&ids[0], &ids[4], &ids[3], &ids[2]];
    assert_eq!(
        names(&all).iter().collect::<Vec<_>>(),
        wanted,
        "last changed first, none archived"
    );
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = demo
            .get(&format!("/api/v1/tasks?limit=3{cursor}"))
            .await
            .json;
        paged.extend(names(&page));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, names(&all));
    let some = demo.get("/api/v1/tasks?status=PAUSED,FAILED").await.json;
    assert_eq!(names(&some), [ids[0].clone()]);
    let gone = demo.get("/api/v1/tasks?archived=true").await.json;
    assert_eq!(names(&gone), [ids[1].clone()]);
    assert_eq!(
        names(&demo.get("/api/v1/tasks?portal=otro").await.json).len(),
        0
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_ordered_as_asked() {
    let app = App::start().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let mut at = 0;
    for (number, date, total) in [
        ("AAA001", "2026-11-02", "30"),
        ("AAA002", "2026-11-04", "10"),
        ("AAA003", "2026-11-03", "20"),
    ] {
        let mut body = ticket(&profile, number);
        body["fields"]["fecha"] = json!(date);
        body["fields"]["total"] = json!(total);
        let made = demo.post("/api/v1/tasks", &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        at = made.json["position"].as_u64().unwrap();
    }
    let list = async |query: &str| {
        demo.get(&format!("/api/v1/tasks?min_position={at}&{query}"))
            .await
    };
    let totals = |page: &Value| -> Vec<i64> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|t| t["total"]["cents"].as_i64().unwrap() / 1000)
            .collect()
    };
    for (sort, wanted) in [
        ("total", [1, 2, 3]),
        ("-total", [3, 2, 1]),
        ("purchase_date", [3, 2, 1]),
        ("-purchase_date", [1, 2, 3]),
        ("created", [3, 1, 2]),
        ("-created", [2, 1, 3]),
        ("updated", [3, 1, 2]),
        ("-updated", [2, 1, 3]),
    ] {
        let page = list(&format!("sort={sort}")).await.json;
        assert_eq!(totals(&page), wanted, "{sort}");
    }
    let first = list("sort=total&limit=2").await.json;
    let next = first["next"].as_str().unwrap();
    let rest = list(&format!("sort=total&cursor={next}")).await.json;
    assert_eq!((totals(&rest), &rest["next"]), (vec![3], &Value::Null));
    let other = list(&format!("sort=-total&cursor={next}")).await;
    assert_eq!((other.status, other.code()), (400, "invalid-cursor"));

    let dated = list("sort=total&from=2026-11-03&to=2026-11-04").await.json;
    assert_eq!(totals(&dated), [1, 2]);
    let waiting = list("waiting_for=queue,not_before").await.json;
    assert_eq!(totals(&waiting).len(), 3);
    assert_eq!(totals(&list("waiting_for=human").await.json).len(), 0);
    let odd = list("sort=precio&status=X&waiting_for=Y&from=ayer&to=%2B12026-01-01").await;
    assert_eq!(
        odd.misfits(),
        [
            "from:date-malformed",
            "sort:sort-unknown",
            "status:status-unknown",
            "to:date-malformed",
            "waiting_for:wait-unknown",
        ]
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn portals_are_read_at_each_call() {
    let app = App::start().await;
    let demo = app.client("demo");
    let list = demo.get("/api/v1/portals").await.json;
    let ids: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["la-prueba", "siempre-humano"]);
    let one = demo.get("/api/v1/portals/siempre-humano").await.json;
    assert_eq!(
        (&one["needs_human"], &one["automation"]),
        (&json!("always"), &json!("allowed"))
    );
    assert_eq!(one["fields"][0]["name"], "ticket");

    let dir = &app.config.agent.adapters_dir;
    let text = std::fs::read_to_string(dir.join("la-prueba.yaml")).unwrap();
    let third = text
        .replace("id: la-prueba", "id: la-tercera")
        .replace("prueba.example", "tercera.example")
        .replace("Abarrotes La Prueba", "La Tercera");
    std::fs::write(dir.join("la-tercera.yaml"), third).unwrap();
    let profile = profile(&demo).await;
    for portal in [
        "la-tercera",
        "la tercera",
        "https://tercera.example/facturas",
    ] {
        let mut body = ticket(&profile, "AAA001");
        body["portal"] = json!(portal);
        let made = demo.post("/api/v1/tasks", &body).await;
        assert!(matches!(made.status, 200 | 201), "{portal}: {}", made.text);
    }

    // A portal that always asks a human starts nothing by itself, and not before it has the ticket.
    let mut body = ticket(&profile, "AAA001");
    body["portal"] = json!("siempre-humano");
    body["fields"]["fecha"] = json!(app.today_in_mexico().await);
    let made = demo.post("/api/v1/tasks", &body).await.json;
    assert_eq!(made["waiting_for"], "human");
    let path = format!(
        "/api/v1/tasks/{}?min_position={}",
        made["task_id"].as_str().unwrap(),
        made["position"]
    );
    let view = demo.get(&path).await.json;
    assert!(view["not_before"].is_string(), "{view}");
    let inbox = demo.get("/api/v1/inbox").await.json;
    assert_eq!(inbox["items"][0]["reason"], "start");
    app.stop().await;
}
