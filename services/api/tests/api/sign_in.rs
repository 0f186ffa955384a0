//! Signing in by browser: the whole way, and every way it can go wrong.

use crate::common::{App, Browser, send};
use reqwest::Method;
use serde_json::{Value, json};

const SESSION: &str = "__Host-relevo-session";
const SIGN_IN: &str = "__Host-relevo-signin";

/// Name, value and attributes of the cookies an answer sets.
fn cookies(answer: &crate::common::Answer) -> Vec<(String, Vec<String>)> {
    let lines = answer.headers.get_all("set-cookie").iter();
    let parts = lines.map(|line| {
        let mut parts = line.to_str().unwrap().split("; ").map(str::to_owned);
        let pair = parts.next().unwrap();
        let mut attributes: Vec<String> = parts.collect();
        attributes.sort();
        (pair, attributes)
    });
    parts.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_is_known_and_signs_out() {
    let app = App::start_without_projector().await;
    let mut ana = Browser::new(&app);
    assert_eq!(ana.get("/api/v1/auth/me").await.status, 401);

    let answer = ana
        .open("/api/v1/auth/login?return=/history%3Festado=FAILED")
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let authorize: url::Url = answer.header("location").parse().unwrap();
    let asked: std::collections::HashMap<_, _> = authorize.query_pairs().into_owned().collect();
    let issuer = app.stack.oidc().unwrap().issuer();
    assert!(
        authorize
            .as_str()
            .starts_with(&format!("{issuer}/authorize?"))
    );
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["client_id"], "relevo");
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["scope"], "openid profile email");
    let callback = format!("{}/api/v1/auth/callback", ana.home);
    assert_eq!(asked["redirect_uri"], callback);
    assert!(asked["state"].len() >= 43 && asked["nonce"].len() >= 43);
    let [(pair, attributes)] = &cookies(&answer)[..] else {
        panic!("one cookie: {:?}", answer.headers);
    };
    assert!(pair.starts_with(&format!("{SIGN_IN}=")), "{pair}");
    let wanted = [
        "HttpOnly",
        "Max-Age=600",
        "Path=/",
        "SameSite=Lax",
        "Secure",
    ];
    assert_eq!(attributes[..], wanted);

    let back = ana.choose(&authorize, "ana").await;
    let answer = ana.open(&back).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), "/history?estado=FAILED");
    let set = cookies(&answer);
    let [(gone, clearing), (session, attributes)] = &set[..] else {
        panic!("two cookies: {set:?}");
    };
    assert_eq!(*gone, format!("{SIGN_IN}="));
    assert!(clearing.contains(&"Max-Age=0".to_owned()));
    assert!(session.len() >= SESSION.len() + 1 + 43, "{session}");
    let wanted = [
        "HttpOnly",
        "Max-Age=43200",
        "Path=/",
        "SameSite=Lax",
        "Secure",
    ];
    assert_eq!(attributes[..], wanted);

    let me = ana.get("/api/v1/auth/me").await;
    assert_eq!(me.status, 200, "{}", me.text);
    assert_eq!(me.json["name"], "Ana Núñez");
    assert_eq!(me.json["email"], "ana@relevo.test");
    assert_eq!(me.json["roles"], json!(["user"]));
    assert!(me.json["expires_at"].is_string());
    let by_token = app.client("ana").get("/api/v1/auth/me").await;
    assert_eq!(by_token.json["user_id"], me.json["user_id"], "one person");
    assert_eq!(by_token.json["name"], Value::Null);
    let list = ana.get("/api/v1/tasks").await;
    assert_eq!(list.status, 200, "{}", list.text);

    let kept = ana.clone();
    let request = ana.page(Method::POST, "/api/v1/auth/logout");
    let out = ana.send(request).await;
    assert_eq!(out.status, 200, "{}", out.text);
    let end: url::Url = out.json["provider_logout"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let said: std::collections::HashMap<_, _> = end.query_pairs().into_owned().collect();
    assert!(end.as_str().starts_with(&format!("{issuer}/logout?")));
    assert!(!said["id_token_hint"].is_empty());
    assert_eq!(
        said["post_logout_redirect_uri"],
        format!("{}/sign-in", ana.home)
    );
    assert_eq!(ana.cookie(SESSION), None);
    let stolen = kept.get("/api/v1/auth/me").await;
    assert_eq!((stolen.status, stolen.code()), (401, "unauthorized"));
    let again = send(kept.page(Method::POST, "/api/v1/auth/logout")).await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(again.json["provider_logout"], Value::Null);
    app.stop().await;
}
