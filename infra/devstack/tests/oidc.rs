//! The sign-in provider against an OpenID client that somebody else wrote.
#![allow(clippy::unwrap_used, reason = "tests")]

use devstack::{OidcProvider, Stack, StackOptions};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge, RedirectUrl,
    TokenResponse,
};
use std::str::FromStr;

async fn stack() -> Stack {
    Stack::start(StackOptions {
        dir: None,
        with_oidc: true,
    })
    .await
    .unwrap()
}

fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

async fn discover(oidc: &OidcProvider) -> CoreProviderMetadata {
    let issuer = IssuerUrl::new(oidc.issuer().to_owned()).unwrap();
    CoreProviderMetadata::discover_async(issuer, &http())
        .await
        .unwrap()
}

/// Checks signature, issuer, audience and expiry of an access token by the published keys.
async fn verifies(oidc: &OidcProvider, token: &str) -> Result<(), String> {
    let metadata = discover(oidc).await;
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new("relevo".into()), None);
    let token = CoreIdToken::from_str(token).unwrap();
    let no_nonce = |_: Option<&Nonce>| Ok(());
    let claims = token.claims(&client.id_token_verifier(), no_nonce);
    claims.map(|_| ()).map_err(|error| format!("{error:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_verifies_with_the_discovered_keys_until_two_rotations_later() {
    let stack = stack().await;
    let oidc = stack.oidc().unwrap();
    let token = oidc.token("demo").unwrap();
    assert_eq!(verifies(oidc, &token).await, Ok(()));
    oidc.rotate().await.unwrap();
    assert_eq!(verifies(oidc, &token).await, Ok(()));
    assert_eq!(verifies(oidc, &oidc.token("demo").unwrap()).await, Ok(()));
    oidc.rotate().await.unwrap();
    assert!(verifies(oidc, &token).await.is_err());
    assert!(oidc.token("nobody").is_err());
    stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_grant_answers_a_command_line() {
    let stack = stack().await;
    let oidc = stack.oidc().unwrap();
    let ask = async |password: &str| {
        http()
            .post(format!("{}/token", oidc.issuer()))
            .form(&[
                ("grant_type", "password"),
                ("username", "auditor"),
                ("password", password),
            ])
            .send()
            .await
            .unwrap()
    };
    assert_eq!(ask("wrong").await.status(), 400);
    let body: serde_json::Value = ask("auditor").await.json().await.unwrap();
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(verifies(oidc, token).await, Ok(()));
    let claims = token.split('.').nth(1).unwrap();
    let claims =
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["roles"], serde_json::json!(["auditor"]));
    assert_eq!(claims["aud"], "relevo");
    assert_eq!(
        claims["sub"].as_str(),
        OidcProvider::subject("auditor").as_deref()
    );
    stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_flow_signs_a_person_in() {
    let stack = stack().await;
    let oidc = stack.oidc().unwrap();
    let back = "http://127.0.0.1:1/callback";
    let client = CoreClient::from_provider_metadata(
        discover(oidc).await,
        ClientId::new("relevo".into()),
        None,
    )
    .set_redirect_uri(RedirectUrl::new(back.into()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (address, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .set_pkce_challenge(challenge)
        .url();
    let page = http().get(address.clone()).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("Sólo para desarrollo"));

    let mut form: Vec<(String, String)> = address.query_pairs().into_owned().collect();
    form.push(("username".into(), "ana".into()));
    let redirect = http()
        .post(format!("{}/authorize", oidc.issuer()))
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(redirect.status(), 303);
    let location = url::Url::parse(redirect.headers()["location"].to_str().unwrap()).unwrap();
    let query: std::collections::HashMap<_, _> = location.query_pairs().into_owned().collect();
    assert_eq!(query["state"], *state.secret());

    let answer = client
        .exchange_code(AuthorizationCode::new(query["code"].clone()))
        .unwrap()
        .set_pkce_verifier(verifier)
        .request_async(&http())
        .await
        .unwrap();
    let id_token = answer.id_token().unwrap();
    let claims = id_token
        .claims(&client.id_token_verifier(), &nonce)
        .unwrap();
    assert_eq!(
        claims.subject().as_str(),
        OidcProvider::subject("ana").unwrap()
    );
    stack.stop().await.unwrap();
}
