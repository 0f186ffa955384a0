//! Portal accounts: they go in, and nothing of them comes out.

use crate::common::{App, Client};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/credentials/con-cuenta";
const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

const ADAPTER: &str = r#"
id: con-cuenta
name: Con Cuenta
version: 1
hosts: ["cuenta.example", "facturas.example"]
entry: https://facturas.example/
fields:
  - { name: ticket, label: Ticket, kind: text }
identity: [ticket]
steps:
  - login:
      origin: https://cuenta.example
      username: [{ label: Usuario }]
      password: [{ label: Clave }]
      press: [{ button: Entrar }]
      signed_in: [{ link: Salir }]
  - submit: [{ button: Facturar }]
outcomes:
  - { is: accepted, text: "listo" }
  - { is: login_refused, text: "no son" }
"#;

async fn start() -> App {
    let app = App::start_without_projector().await;
    let file = app.config.agent.adapters_dir.join("con-cuenta.yaml");
    std::fs::write(file, ADAPTER).unwrap();
    app
}

fn account() -> Value {
    json!({ "username": "Usuaria-Ñ", "password": "muy «secreta» 1", "totp_secret": SEED })
}

async fn list(client: &Client) -> Value {
    let answer = client.get("/api/v1/credentials").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_stored_listed_and_revoked_without_being_shown() {
    let app = start().await;
    let (demo, ana) = (app.client("demo"), app.client("ana"));
    assert_eq!(list(&demo).await, json!([]));
    let stored = demo.put(PATH, &account()).await;
    assert_eq!(stored.status, 200, "{}", stored.text);
    let expected = json!({
        "portal": "con-cuenta", "portal_name": "Con Cuenta", "origin": "https://cuenta.example",
        "stored_at": stored.json["stored_at"], "totp": true, "refused": false,
    });
    assert_eq!(stored.json, expected);
    assert_eq!(list(&demo).await, json!([expected]));
    assert_eq!(list(&ana).await, json!([]), "another's are not there");

    // Another one takes its place.
    let plain = json!({ "username": "otra", "password": "Otra-2" });
    let replaced = demo.put(PATH, &plain).await;
    assert_eq!(
        (replaced.status, &replaced.json["totp"]),
        (200, &json!(false))
    );
    assert_eq!(list(&demo).await, json!([replaced.json]));

    let none = ana.delete(PATH).await;
    assert_eq!((none.status, none.code()), (404, "not-found"));
    let revoked = demo.delete(PATH).await;
    assert_eq!((revoked.status, revoked.text.as_str()), (204, ""));
    assert_eq!(list(&demo).await, json!([]));
    assert_eq!(demo.delete(PATH).await.status, 404);

    let log: Vec<String> =
        sqlx::query_scalar("select payload::text || metadata::text from log.events")
            .fetch_all(&app.admin)
            .await
            .unwrap();
    let said = [stored.text, replaced.text].join("\n");
    for secret in ["Usuaria", "secreta", "otra\"", "Otra-2", SEED] {
        assert!(log.iter().all(|text| !text.contains(secret)), "{secret}");
        assert!(!said.contains(secret), "{secret}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_stores_once_and_what_the_portal_refused_says_so() {
    let app = start().await;
    let demo = app.client("demo");
    let put = async |body: &Value| {
        let request = demo.request(Method::PUT, PATH).json(body);
        crate::common::send(request.header("idempotency-key", "k")).await
    };
    let first = put(&account()).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let events = app.events().await;
    let again = put(&account()).await;
    assert_eq!((again.status, again.json), (200, first.json));
    assert_eq!(app.events().await, events, "a repeat records nothing");
    let other = put(&json!({ "username": "x", "password": "y" })).await;
    assert_eq!(
        (other.status, other.code()),
        (409, "idempotency-key-reused")
    );

    let me = demo.get("/api/v1/auth/me").await.json;
    let user = me["user_id"].as_str().unwrap();
    app.worker().await.is_refused(user, "con-cuenta").await;
    assert_eq!(list(&demo).await[0]["refused"], true);
    assert_eq!(demo.put(PATH, &account()).await.json["refused"], false);
    assert_eq!(list(&demo).await[0]["refused"], false);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_account_is_refused_field_by_field() {
    let app = start().await;
    let demo = app.client("demo");
    for portal in ["nadie", "Con Cuenta", "%2e%2e"] {
        let path = format!("/api/v1/credentials/{portal}");
        let answer = demo.put(&path, &account()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (404, "not-found"),
            "{portal}"
        );
    }
    let without = demo.put("/api/v1/credentials/la-prueba", &account()).await;
    assert_eq!(
        (without.status, without.code()),
        (409, "portal-without-login")
    );
    let long = "x".repeat(600);
    for (body, misfits) in [
        (
            json!({}),
            vec!["password:password-syntax", "username:username-syntax"],
        ),
        (
            json!({ "username": " ", "password": "", "totp_secret": "1" }),
            vec![
                "password:password-syntax",
                "totp_secret:totp-base32",
                "username:username-syntax",
            ],
        ),
        (
            json!({ "username": "a\nb", "password": long }),
            vec!["password:password-syntax", "username:username-syntax"],
        ),
        (
            json!({ "username": "a", "password": "b", "totp_secret": "otpauth://hotp/x?secret=AA" }),
            vec!["totp_secret:totp-address"],
        ),
        (
            json!({ "username": "a", "password": "b", "pin": "1" }),
            vec!["pin:unknown-field"],
        ),
        (
            json!({ "username": "a", "password": 7 }),
            vec!["password:wrong-type"],
        ),
    ] {
        let answer = demo.put(PATH, &body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (422, "invalid-fields"),
            "{body}"
        );
        assert_eq!(answer.misfits(), misfits);
    }
    assert_eq!(app.events().await, 0, "nothing was stored");
    app.stop().await;
}
