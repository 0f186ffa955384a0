//! Who gets in: only tokens of our provider, for us, signed with its key, in time.

use crate::common::App;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use hmac::{Hmac, Mac as _};
use reqwest::Method;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _, LineEnding};
use rsa::signature::{SignatureEncoding as _, Signer as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// The provider's own key and a genuine token's parts, to forge with.
struct Forge {
    key: RsaPrivateKey,
    header: Value,
    claims: Value,
}

impl Forge {
    fn new(app: &App) -> Self {
        let token = app.stack.oidc().unwrap().token("demo").unwrap();
        let pem = app.stack.dir().join("oidc/signing-key.pem");
        let pem = std::fs::read_to_string(pem).unwrap();
        let part = |n: usize| {
            let text = token.split('.').nth(n).unwrap();
            serde_json::from_slice(&B64.decode(text).unwrap()).unwrap()
        };
        Self {
            key: RsaPrivateKey::from_pkcs8_pem(&pem).unwrap(),
            header: part(0),
            claims: part(1),
        }
    }

    fn body(&self, header: &Value, claims: &Value) -> String {
        let encode = |v: &Value| B64.encode(v.to_string());
        format!("{}.{}", encode(header), encode(claims))
    }

    /// Claims changed, then signed with the provider's own key.
    fn signed(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims.clone();
        change(&mut claims);
        let body = self.body(&self.header, &claims);
        let signature = SigningKey::<Sha256>::new(self.key.clone()).sign(body.as_bytes());
        format!("{body}.{}", B64.encode(signature.to_bytes()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_genuine_token_gets_in() {
    let app = App::start_without_projector().await;
    let forge = Forge::new(&app);
    let now = forge.claims["iat"].as_i64().unwrap();

    let me = app
        .with_token(&forge.signed(|_| {}))
        .get("/api/v1/auth/me")
        .await;
    assert_eq!(me.status, 200, "the forge itself works: {}", me.text);
    assert!(me.json["user_id"].is_string() && me.json["roles"].is_array());

    let none = {
        let mut header = forge.header.clone();
        header["alg"] = json!("none");
        format!("{}.", forge.body(&header, &forge.claims))
    };
    let hs256 = {
        let mut header = forge.header.clone();
        header["alg"] = json!("HS256");
        let body = forge.body(&header, &forge.claims);
        let public = forge
            .key
            .to_public_key()
            .to_public_key_pem(LineEnding::LF)
            .unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(public.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        format!("{body}.{}", B64.encode(mac.finalize().into_bytes()))
    };
    let cut = {
        let token = forge.signed(|_| {});
        token[..token.len() - 4].to_owned()
    };
    let moved = {
        let genuine = forge.signed(|_| {});
        let signature = genuine.rsplit('.').next().unwrap().to_owned();
        let mut claims = forge.claims.clone();
        claims["sub"] = json!("somebody-else");
        format!("{}.{signature}", forge.body(&forge.header, &claims))
    };
    let refused = [
        ("expired", forge.signed(|c| c["exp"] = json!(now - 120))),
        (
            "without an expiry",
            forge.signed(|c| drop(c.as_object_mut().unwrap().remove("exp"))),
        ),
        (
            "of another issuer",
            forge.signed(|c| c["iss"] = json!("http://127.0.0.1:1")),
        ),
        (
            "for somebody else",
            forge.signed(|c| c["aud"] = json!("another")),
        ),
        (
            "that is an ID token",
            forge.signed(|c| c["nonce"] = json!("n")),
        ),
        ("without an algorithm", none),
        ("with the public key as a secret", hs256),
        ("cut", cut),
        ("with another's signature", moved),
        ("no token at all", "x".to_owned()),
    ];
    for (what, token) in refused {
        let answer = app.with_token(&token).get("/api/v1/auth/me").await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "unauthorized"),
            "a token {what}"
        );
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let answer = app.anonymous().get("/api/v1/tasks").await;
    assert_eq!((answer.status, answer.code()), (401, "unauthorized"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_wants_a_token() {
    let app = App::start_without_projector().await;
    let anyone = app.anonymous();
    let id = "018f4c1e-0000-7000-8000-000000000000";
    let mut routes = crate::other_users::routes(id, id, id, id);
    for path in [
        "tasks",
        "profiles",
        "portals",
        "portals/la-prueba",
        "credentials",
        "inbox",
        "auth/me",
        "auth/sessions",
    ] {
        routes.push((Method::GET, format!("/api/v1/{path}")));
    }
    for path in ["tasks", "profiles", "profiles/validate", "profiles/find"] {
        routes.push((Method::POST, format!("/api/v1/{path}")));
    }
    for method in [Method::PUT, Method::DELETE] {
        routes.push((method, "/api/v1/credentials/la-prueba".to_owned()));
    }
    routes.push((Method::GET, format!("/ws/{id}")));
    for (method, path) in routes {
        let answer = crate::common::send(anyone.request(method.clone(), &path)).await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "unauthorized"),
            "{method} {path}"
        );
    }
    app.stop().await;
}
