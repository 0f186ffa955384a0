//! Signing in at a provider that hands out what it shouldn't, or is away.

use crate::common::{App, Browser, Faulty};
use kit::config::{Config, Rate};
use rsa::RsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey as _;
use serde_json::{Value, json};

/// A node that signs in at a provider of the test's.
async fn node(app: &mut App) -> (Faulty, Config) {
    let pem = app.stack.dir().join("oidc/signing-key.pem");
    let pem = std::fs::read_to_string(pem).unwrap();
    let provider = Faulty::new(RsaPrivateKey::from_pkcs8_pem(&pem).unwrap());
    let issuer = provider.issuer().parse().unwrap();
    let change = |config: &mut Config| {
        config.auth.issuer = issuer;
        config.auth.roles_claim = "realm_access.roles".to_owned();
        config.api.limits.sign_in = Rate::of(1000, 1000);
    };
    let config = app.node(change).await;
    (provider, config)
}

/// Signs in as far as the provider's answer; where the browser is sent then.
async fn ends_at(browser: &mut Browser, answer: impl FnOnce(&str)) -> String {
    let authorize = browser.begin("/sessions").await;
    let asked: std::collections::HashMap<_, _> = authorize.query_pairs().into_owned().collect();
    answer(&asked["nonce"]);
    let back = format!("/api/v1/auth/callback?code=c&state={}", asked["state"]);
    let answer = browser.open(&back).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location").to_owned()
}

type Change = fn(&mut Value);

/// Claims that must not let anybody in.
const BAD_CLAIMS: [(&str, Change); 12] = [
    ("another nonce", |c| c["nonce"] = json!("another")),
    ("no nonce", |c| {
        drop(c.as_object_mut().unwrap().remove("nonce"))
    }),
    ("a foreign issuer", |c| {
        c["iss"] = json!("https://evil.example")
    }),
    ("no issuer", |c| {
        drop(c.as_object_mut().unwrap().remove("iss"))
    }),
    ("a foreign audience", |c| c["aud"] = json!("another")),
    ("further audiences", |c| {
        c["aud"] = json!(["relevo", "another"])
    }),
    ("no audience", |c| c["aud"] = json!([])),
    ("another party", |c| c["azp"] = json!("another")),
    ("an expiry long ago", |c| c["exp"] = json!(now() - 90)),
    ("no expiry", |c| {
        drop(c.as_object_mut().unwrap().remove("exp"))
    }),
    ("a time of issue to come", |c| c["iat"] = json!(now() + 120)),
    ("no subject", |c| {
        drop(c.as_object_mut().unwrap().remove("sub"))
    }),
];

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_with_a_bad_id_token() {
    let mut app = App::start_without_projector().await;
    let (mut provider, config) = node(&mut app).await;
    provider.start().await;
    let mut browser = Browser::at(config.api.public_address());
    let invalid = "/sign-in?error=invalid-token";
    for (what, change) in BAD_CLAIMS {
        let end = ends_at(&mut browser, |nonce| {
            let mut claims = provider.claims(nonce);
            change(&mut claims);
            provider.hands_out(&provider.sign("RS256", &claims));
        });
        assert_eq!(end.await, invalid, "{what}");
    }
    for algorithm in ["none", "HS256"] {
        let end = ends_at(&mut browser, |nonce| {
            provider.hands_out(&provider.sign(algorithm, &provider.claims(nonce)));
        });
        assert_eq!(end.await, invalid, "{algorithm}");
    }
    let end = ends_at(&mut browser, |nonce| {
        let token = provider.sign("RS256", &provider.claims(nonce));
        let forged = provider.sign("RS256", &provider.claims("other"));
        let signature = forged.rsplit('.').next().unwrap();
        let body = token.rsplit_once('.').unwrap().0;
        provider.hands_out(&format!("{body}.{signature}"));
    });
    assert_eq!(end.await, invalid, "another's signature");
    for token in ["x", "", "a.b.c"] {
        let end = ends_at(&mut browser, |_| provider.hands_out(token)).await;
        assert_eq!(end, invalid, "{token:?}");
    }
    let none = json!({ "access_token": "opaque", "token_type": "Bearer" });
    let end = ends_at(&mut browser, |_| provider.answers(200, none)).await;
    assert_eq!(end, invalid, "no ID token");

    assert_eq!(browser.cookie("__Host-relevo-session"), None);
    let sessions: i64 = sqlx::query_scalar("select count(*) from web.sessions")
        .fetch_one(&app.admin)
        .await
        .unwrap();
    assert_eq!(sessions, 0);
    provider.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_may_be_off_by_a_minute_and_names_may_come_from_user_info() {
    let mut app = App::start_without_projector().await;
    let (mut provider, config) = node(&mut app).await;
    provider.start().await;
    let mut browser = Browser::at(config.api.public_address());
    let late: [Change; 2] = [
        |c| c["exp"] = json!(now() - 30),
        |c| {
            c["iat"] = json!(now() + 30);
        },
    ];
    for change in late {
        let end = ends_at(&mut browser, |nonce| {
            let mut claims = provider.claims(nonce);
            change(&mut claims);
            provider.hands_out(&provider.sign("RS256", &claims));
        });
        assert_eq!(end.await, "/sessions");
    }
    let me = browser.get("/api/v1/auth/me").await.json;
    assert_eq!(me["name"], "Alguien");
    assert_eq!(me["roles"], json!(["user"]));

    let bare = |nonce: &str| {
        let mut claims = provider.claims(nonce);
        for name in ["name", "email", "realm_access"] {
            claims.as_object_mut().unwrap().remove(name);
        }
        provider.hands_out(&provider.sign("RS256", &claims));
    };
    let told = |subject: &str| {
        let roles = json!({ "roles": ["auditor"] });
        json!({ "sub": subject, "name": "Otra", "email": "otra@relevo.test", "realm_access": roles })
    };
    for (subject, name, roles) in [
        ("someone", json!("Otra"), json!(["auditor"])),
        // What is said of somebody else doesn't count.
        ("somebody-else", Value::Null, json!([])),
    ] {
        provider.tells(told(subject));
        assert_eq!(ends_at(&mut browser, bare).await, "/sessions");
        let seen = browser.get("/api/v1/auth/me").await.json;
        assert_eq!((&seen["name"], &seen["roles"]), (&name, &roles));
        assert_eq!(seen["user_id"], me["user_id"]);
    }
    provider.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_refuses_or_is_down_is_told_and_tried_again() {
    let mut app = App::start_without_projector().await;
    let (mut provider, config) = node(&mut app).await;
    let mut browser = Browser::at(config.api.public_address());
    let down = "/sign-in?error=provider-down";
    let login = "/api/v1/auth/login?return=/";
    let answer = browser.open(login).await;
    assert_eq!((answer.status, answer.header("location")), (303, down));

    provider.start().await;
    crate::common::eventually("the provider to be found", || {
        let mut browser = browser.clone();
        async move { browser.open(login).await.header("location") != down }
    })
    .await;
    let good = |nonce: &str| provider.hands_out(&provider.sign("RS256", &provider.claims(nonce)));
    assert_eq!(ends_at(&mut browser, good).await, "/sessions");

    let error = |name: &str| json!({ "error": name }).to_string();
    for (status, body, code) in [
        (400, error("invalid_grant"), "expired"),
        (401, error("invalid_client"), "refused"),
        (502, "<html>Bad Gateway</html>".to_owned(), "provider-down"),
        (200, "{".to_owned(), "provider-down"),
        (200, "{}".to_owned(), "invalid-token"),
    ] {
        let end = ends_at(&mut browser, |_| provider.answers(status, &body)).await;
        assert_eq!(end, format!("/sign-in?error={code}"), "{status} {body}");
    }
    let authorize = browser.begin("/").await;
    let state = authorize.query_pairs().find(|(name, _)| name == "state");
    let state = state.unwrap().1.into_owned();
    provider.stop().await;
    let answer = browser
        .open(&format!("/api/v1/auth/callback?code=c&state={state}"))
        .await;
    assert_eq!(answer.header("location"), down, "it went away in between");
    let me = browser.get("/api/v1/auth/me").await;
    assert_eq!(me.status, 200, "who is signed in stays: {}", me.text);
    app.stop().await;
}
