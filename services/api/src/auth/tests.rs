#![allow(clippy::unwrap_used, reason = "tests")]

use super::claims::Claims;
use super::tokens::Token;
use super::*;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use base64::Engine as _;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{Audience, IdTokenClaims, IssuerUrl, JsonWebKeyId, PrivateSigningKey as _};
use openidconnect::{StandardClaims, SubjectIdentifier};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// A provider that can be told to hold back its answers, and then fails them.
#[derive(Clone)]
struct Fake {
    issuer: String,
    holds: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    asked_while_holding: Arc<Semaphore>,
    let_go: Arc<Semaphore>,
}

impl Fake {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            holds: Arc::default(),
            asked: Arc::default(),
            asked_while_holding: Arc::new(Semaphore::new(0)),
            let_go: Arc::new(Semaphore::new(0)),
        };
        let router = Router::new()
            .fallback(Self::answer)
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    async fn answer(State(provider): State<Self>, uri: Uri) -> Response {
        provider.asked.fetch_add(1, Ordering::SeqCst);
        if provider.holds.load(Ordering::SeqCst) {
            provider.asked_while_holding.add_permits(1);
            provider.let_go.acquire().await.unwrap().forget();
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        let issuer = &provider.issuer;
        if uri.path() == "/keys" {
            let keys = CoreJsonWebKeySet::new(vec![key(1).as_verification_key()]);
            return Json(keys).into_response();
        }
        Json(json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["EdDSA"],
        }))
        .into_response()
    }

    fn tokens(&self) -> (Provider, Tokens) {
        let auth = kit::config::Auth::new(self.issuer.parse().unwrap());
        let provider = Provider::new(&auth).unwrap();
        (provider.clone(), Tokens::new(provider, &auth))
    }

    /// A token for us, and for others, signed with the `n`th key; the provider has the first one.
    fn token(&self, n: u8, others: &[&str]) -> String {
        let audiences = others.iter().copied().chain(["relevo"]);
        self.token_for(n, audiences.map(|a| Audience::new(a.to_owned())).collect())
    }

    fn token_for(&self, n: u8, audiences: Vec<Audience>) -> String {
        let now = chrono::Utc::now();
        let claims = IdTokenClaims::new(
            IssuerUrl::new(self.issuer.clone()).unwrap(),
            audiences,
            now + chrono::TimeDelta::hours(1),
            now,
            StandardClaims::new(SubjectIdentifier::new("demo".to_owned())),
            Claims::default(),
        );
        let algorithm = CoreJwsSigningAlgorithm::EdDsa;
        Token::new(claims, &key(n), algorithm, None, None)
            .unwrap()
            .to_string()
    }
}

/// An Ed25519 key made of one byte, in the shape of RFC 8410.
fn key(n: u8) -> CoreEdDsaPrivateSigningKey {
    let mut der = vec![
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    der.extend([n; 32]);
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(n.to_string())))
        .unwrap()
}

#[tokio::test]
async fn a_token_may_be_for_others_besides_us_but_not_for_others_only() {
    let provider = Fake::start().await;
    let (_, tokens) = provider.tokens();
    let besides = provider.token(1, &["account"]);
    tokens.bearer(&besides).await.unwrap();
    let only = provider.token_for(1, vec![Audience::new("account".to_owned())]);
    let refused = tokens.bearer(&only).await;
    assert!(
        matches!(refused, Err(TokenError::Invalid(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_a_refused_token_says_stays_on_one_short_line() {
    let provider = Fake::start().await;
    let (_, tokens) = provider.tokens();
    let words = format!("x\nINFO signed in user=root{}", "!".repeat(1000));
    let token = provider.token_for(1, vec![Audience::new(words)]);
    let refused = tokens.bearer(&token).await.unwrap_err().to_string();
    assert!(refused.contains("signed in"), "it is told: {refused}");
    assert!(
        !refused.contains('\n') && refused.len() < 400,
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_provider_that_hangs_keeps_nobody_out_whose_key_is_known() {
    let provider = Fake::start().await;
    let (published, tokens) = provider.tokens();
    let genuine = provider.token(1, &[]);
    tokens.bearer(&genuine).await.unwrap();
    published.grow_old().await;
    provider.holds.store(true, Ordering::SeqCst);
    let before = provider.asked.load(Ordering::SeqCst);

    let forged: Vec<_> = (2..6)
        .map(|n| {
            let (tokens, token) = (tokens.clone(), provider.token(n, &[]));
            tokio::spawn(async move { tokens.bearer(&token).await })
        })
        .collect();
    provider
        .asked_while_holding
        .acquire()
        .await
        .unwrap()
        .forget();
    tokens.bearer(&genuine).await.unwrap();
    assert!(forged.iter().all(|f| !f.is_finished()), "we waited for it");

    provider.let_go.add_permits(100);
    for forged in forged {
        let outcome = forged.await.unwrap();
        assert!(
            matches!(outcome, Err(TokenError::ProviderDown(_))),
            "{outcome:?}"
        );
    }
    let late = tokens.bearer(&provider.token(7, &[])).await;
    assert!(matches!(late, Err(TokenError::ProviderDown(_))), "{late:?}");
    let asked = provider.asked.load(Ordering::SeqCst) - before;
    assert_eq!(
        asked, 1,
        "a failed attempt counts for all who wait and for those after"
    );
    tokens.bearer(&genuine).await.unwrap();
}
