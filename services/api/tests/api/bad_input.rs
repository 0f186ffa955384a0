//! Every wrong field is named at once, and nothing is stored.

use crate::common::{App, profile, ticket};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_does_not_fit_names_every_field_and_stores_nothing() {
    let app = App::start().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let retired = {
        let mut body = crate::common::berenice();
        body["rfc"] = json!("CACX7605101P8");
        let made = demo.post("/api/v1/profiles", &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.json["id"].as_str().unwrap().to_owned();
        assert_eq!(
            demo.delete(&format!("/api/v1/profiles/{id}")).await.status,
            200
        );
        id
    };
    let events = app.events().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = ticket(&profile, "ABC123");
        change(&mut body);
        body
    };
    let tomorrow = app.tomorrow_in_mexico().await;
    let cases: Vec<(Value, Vec<&str>)> = vec![
        (
            json!({}),
            vec!["portal:portal-unknown", "profile:profile-unknown"],
        ),
        (
            with(&|b| b["portal"] = json!("nadie")),
            vec!["portal:portal-unknown"],
        ),
        (
            with(&|b| b["profile"] = json!("no es un id")),
            vec!["profile:profile-unknown"],
        ),
        (
            with(&|b| b["profile"] = json!("018f4c1e-0000-7000-8000-000000000000")),
            vec!["profile:profile-unknown"],
        ),
        (
            with(&|b| b["profile"] = json!(retired)),
            vec!["profile:profile-retired"],
        ),
        (
            with(&|b| b["fields"]["rfc"] = json!("x")),
            vec!["fields.rfc:field-unknown"],
        ),
        (
            with(&|b| b["fields"]["ticket"] = json!("abc")),
            vec!["fields.ticket:field-malformed"],
        ),
        (
            with(&|b| b["fields"]["ticket"] = json!("A\u{0}BCDEF")),
            vec!["fields.ticket:field-malformed"],
        ),
        (
            with(&|b| b["fields"]["ticket"] = json!("A".repeat(201))),
            vec!["fields.ticket:too-long"],
        ),
        (
            with(&|b| b["fields"]["ticket"] = json!(123456)),
            vec!["fields.ticket:wrong-type"],
        ),
        (
            with(&|b| b["fields"]["ticket"] = json!(null)),
            vec!["fields.ticket:field-missing"],
        ),
        (
            with(&|b| b["fields"]["sucursal"] = json!("Sur")),
            vec!["fields.sucursal:option-unknown"],
        ),
        (
            with(&|b| b["fields"]["total"] = json!("1.234,50")),
            vec!["fields.total:amount-syntax"],
        ),
        (
            with(&|b| b["fields"]["total"] = json!("-5")),
            vec!["fields.total:amount-syntax"],
        ),
        (
            with(&|b| b["fields"]["total"] = json!("0.00")),
            vec!["fields.total:amount-zero"],
        ),
        (
            with(&|b| b["fields"]["total"] = json!("1.005")),
            vec!["fields.total:amount-decimals"],
        ),
        (
            with(&|b| b["fields"]["total"] = json!("99999999999999999999")),
            vec!["fields.total:amount-too-large"],
        ),
        (
            with(&|b| b["fields"]["fecha"] = json!("31/02/2026")),
            vec!["fields.fecha:date-syntax"],
        ),
        (
            with(&|b| b["fields"]["fecha"] = json!(tomorrow)),
            vec!["fields.fecha:date-future"],
        ),
        (
            with(&|b| b["uso_cfdi"] = json!("Z99")),
            vec!["uso_cfdi:use-unknown"],
        ),
        (
            with(&|b| b["uso_cfdi"] = json!("CN01")),
            vec!["uso_cfdi:use-regimen-mismatch"],
        ),
        (
            with(&|b| b["forma_pago"] = json!("98")),
            vec!["forma_pago:payment-form-unknown"],
        ),
        (
            with(&|b| b["confirm"] = json!("maybe")),
            vec!["confirm:confirm-unknown"],
        ),
        (
            with(&|b| {
                b["fields"] = json!({ "total": "x", "fecha": "ayer", "otro": "1" });
                b["uso_cfdi"] = json!("X");
                b["forma_pago"] = json!("X");
                b["confirm"] = json!("X");
            }),
            vec![
                "confirm:confirm-unknown",
                "fields.fecha:date-syntax",
                "fields.otro:field-unknown",
                "fields.sucursal:field-missing",
                "fields.ticket:field-missing",
                "fields.total:amount-syntax",
                "forma_pago:payment-form-unknown",
                "uso_cfdi:use-unknown",
            ],
        ),
    ];
    for (body, misfits) in cases {
        let answer = demo.post("/api/v1/tasks", &body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (422, "invalid-fields"),
            "{body}: {}",
            answer.text
        );
        assert_eq!(answer.misfits(), misfits, "{body}");
        for error in answer.json["errors"].as_array().unwrap() {
            assert!(!error["message"].as_str().unwrap().is_empty());
        }
    }
    assert_eq!(app.events().await, events, "nothing was stored");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_shape_is_refused_by_path() {
    let app = App::start_without_projector().await;
    let demo = app.client("demo");
    let cases = [
        (json!(["la-prueba"]), ".:wrong-type"),
        (json!("la-prueba"), ".:wrong-type"),
        (json!({ "portals": "x" }), "portals:unknown-field"),
        (json!({ "portal": 7 }), "portal:wrong-type"),
        (json!({ "fields": ["x"] }), "fields:wrong-type"),
        (json!({ "confirmed": "yes" }), "confirmed:wrong-type"),
    ];
    for (body, misfit) in cases {
        let answer = demo.post("/api/v1/tasks", &body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (422, "invalid-fields"),
            "{}",
            answer.text
        );
        assert_eq!(answer.misfits(), [misfit]);
    }
    let answer = demo
        .post("/api/v1/profiles", &json!({ "rfc": "X", "curp": "Y" }))
        .await;
    assert_eq!(answer.misfits(), ["curp:unknown-field"]);
    assert!(!answer.text.contains("\"X\""), "values are not repeated");
    assert_eq!(app.events().await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_can_not_be_is_refused_and_is_no_outage() {
    let app = App::start().await;
    let demo = app.client("demo");
    let profile = profile(&demo).await;
    let id = crate::common::task(&demo, &profile, "AAA001").await;
    for after in [i64::MAX as u64, u64::MAX] {
        let path = format!("/api/v1/tasks/{id}/events?after={after}");
        let nothing = demo.get(&path).await;
        assert_eq!(nothing.status, 200, "{}", nothing.text);
        assert_eq!(nothing.json["items"], json!([]));
    }
    let nul = demo.get("/api/v1/tasks?portal=la%00prueba").await;
    assert_eq!((nul.status, nul.code()), (400, "invalid-query"));
    for micros in [
        i64::MIN,
        -8_000_000_000_000_000_000,
        -211_000_000_000_000_000,
        i64::MAX,
    ] {
        let path = format!("/api/v1/tasks?cursor=-updated.{micros}.{id}");
        let far = demo.get(&path).await;
        assert_eq!((far.status, far.code()), (400, "invalid-cursor"), "{path}");
    }
    // The bounds of what the database takes are no refusal.
    for micros in [-210_000_000_000_000_000_i64, 8_000_000_000_000_000_000] {
        let path = format!("/api/v1/tasks?cursor=-updated.{micros}.{id}");
        let far = demo.get(&path).await;
        assert_eq!(far.status, 200, "{path}: {}", far.text);
    }
    app.stop().await;
}
