//! The owner's view of what was handed in, and the check before handing in.

use crate::common::{App, berenice, profile, task, ticket};
use serde_json::{Value, json};

const UNKNOWN: &str = "018f4c1e-0000-7000-8000-000000000000";

fn values(list: &Value) -> Vec<(String, String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let list = list.as_array().unwrap().iter();
    list.map(|v| (text(&v["name"]), text(&v["label"]), text(&v["value"])))
        .collect()
}

fn triple(name: &str, label: &str, value: &str) -> (String, String, String) {
    (name.to_owned(), label.to_owned(), value.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_opened_for_its_owner_and_nobody_else() {
    let app = App::start_without_projector().await;
    let (demo, ana) = (app.client("demo"), app.client("ana"));
    let profile = profile(&demo).await;
    let id = task(&demo, &profile, "AAA001").await;
    let path = format!("/api/v1/tasks/{id}/ticket");
    let answer = demo.get(&path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let view = &answer.json;
    assert_eq!(view["portal"], "la-prueba");
    assert_eq!(view["portal_name"], "Abarrotes La Prueba");
    assert_eq!(view["entry"], "https://prueba.example/");
    assert_eq!(view["profile"], profile);
    assert_eq!(
        values(&view["fields"]),
        [
            triple("ticket", "Número de ticket", "AAA001"),
            triple("sucursal", "Sucursal", "Centro"),
            triple("fecha", "Fecha de compra", "2026-11-02"),
            triple("total", "Total", "1234.50"),
        ],
        "in the adapter's order, as the agent types them"
    );
    let fiscal = berenice();
    let typed = |name: &str| fiscal[name].as_str().unwrap().to_owned();
    assert_eq!(
        values(&view["profile_values"]),
        [
            triple("rfc", "RFC", &typed("rfc")),
            triple("nombre", "Nombre o razón social", &typed("name")),
            triple("cp", "Código postal", &typed("postal_code")),
            triple("regimen", "Régimen fiscal", "612"),
            triple("uso_cfdi", "Uso del CFDI", "G03"),
            triple("email", "Correo electrónico", &typed("email")),
            triple("forma_pago", "Forma de pago", "04"),
        ]
    );
    assert_eq!(view["profile_values"][4]["text"], "Gastos en general");
    assert_eq!(
        (&view["uso_cfdi"], &view["forma_pago"]),
        (&json!("G03"), &json!("04"))
    );
    assert_eq!(view["window_until"], "2026-12-03T05:59:59Z");

    for (client, path) in [
        (&ana, path.clone()),
        (&demo, format!("/api/v1/tasks/{UNKNOWN}/ticket")),
    ] {
        let refused = client.get(&path).await;
        assert_eq!((refused.status, refused.code()), (404, "not-found"));
    }
    let refused = app.anonymous().get(&path).await;
    assert_eq!(refused.status, 401);

    // What is mended is what one sees; a portal that is gone leaves its names.
    let mended = json!({ "fields": { "total": "99", "caja": "7" }, "uso_cfdi": "S01" });
    let amended = demo.patch(&format!("/api/v1/tasks/{id}"), &mended).await;
    assert_eq!(amended.status, 200, "{}", amended.text);
    std::fs::remove_file(app.config.agent.adapters_dir.join("la-prueba.yaml")).unwrap();
    let view = demo.get(&path).await.json;
    assert_eq!(view["entry"], Value::Null);
    assert_eq!(view["portal_name"], "la-prueba");
    let fields = values(&view["fields"]);
    assert!(
        fields.contains(&triple("total", "total", "99.00")),
        "{view}"
    );
    assert!(fields.contains(&triple("caja", "caja", "7")), "{view}");
    assert_eq!(view["uso_cfdi"], "S01");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_does_not_open_is_told_so() {
    let mut app = App::start_without_projector().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let id = task(&demo, &profile, "AAA001").await;
    let path = format!("/api/v1/tasks/{id}/ticket");
    assert_eq!(demo.get(&path).await.status, 200);

    // A node that has the key in memory goes on opening; another one has to ask for it.
    let other = app.another_api().await;
    let damage = "update vault.data_keys set wrapped = 'x' where kind = 'profile'";
    sqlx::query(damage).execute(&app.admin).await.unwrap();
    let unreadable = other.get(&path).await;
    let code = unreadable.code();
    assert_eq!((unreadable.status, code), (500, "ticket-unreadable"));
    let erase = "delete from vault.data_keys where kind = 'profile'";
    sqlx::query(erase).execute(&app.admin).await.unwrap();
    let erased = other.get(&path).await;
    assert_eq!((erased.status, erased.code()), (410, "erased"));
    assert_eq!(erased.json["title"], "Estos datos se borraron");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_checked_before_it_is_handed_in() {
    let app = App::start_without_projector().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let events = app.events().await;
    let path = "/api/v1/tasks/validate";
    let right = ticket(&profile, "aaa 001");
    let check = demo.post(path, &right).await;
    assert_eq!(check.status, 200, "{}", check.text);
    assert_eq!(check.json["valid"], true);
    assert_eq!(check.json["errors"], json!([]));
    assert_eq!(check.json["warnings"], json!([]));
    assert_eq!(check.json["window_until"], "2026-12-03T05:59:59Z");
    let preview = values(&check.json["preview"]);
    assert_eq!(preview[0], triple("ticket", "Número de ticket", "AAA001"));
    assert_eq!(preview.len(), 4 + 7, "every value: {preview:?}");

    // The same misfits as handing in gives.
    let wrong = [
        json!({}),
        json!({ "portal": "otro", "profile": UNKNOWN, "confirm": "nunca" }),
        json!({ "portal": "la-prueba", "profile": profile, "uso_cfdi": "D01", "forma_pago": "x",
            "fields": { "ticket": "?", "sucursal": "Sur", "fecha": "2031-01-01", "total": "0", "x": 1 } }),
    ];
    for body in wrong {
        let check = demo.post(path, &body).await;
        assert_eq!((check.status, &check.json["valid"]), (200, &json!(false)));
        assert_eq!(check.json["preview"], json!([]));
        let refused = demo.post("/api/v1/tasks", &body).await;
        assert_eq!(refused.status, 422);
        assert_eq!(check.misfits(), refused.misfits());
        assert!(!check.misfits().is_empty());
    }
    let mut late = ticket(&profile, "AAA001");
    late["fields"]["fecha"] = json!("2026-01-05");
    let check = demo.post(path, &late).await.json;
    assert_eq!(check["valid"], true, "it blocks nothing: {check}");
    assert_eq!(check["warnings"][0]["field"], "fields.fecha");
    assert_eq!(check["warnings"][0]["code"], "window-over");
    let odd = demo
        .post(path, &json!({ "portal": "la-prueba", "y": 1 }))
        .await;
    assert_eq!(odd.status, 422, "an unknown member, as when handing in");
    assert_eq!(app.anonymous().post(path, &right).await.status, 401);
    assert_eq!(app.events().await, events, "nothing was stored");
    app.stop().await;
}
