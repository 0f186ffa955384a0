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

/// One step of a browser: status, where it is sent, and the cookie it is given.
async fn step(address: &str, cookie: Option<&str>) -> (u16, String, Option<String>) {
    let request = http().get(address);
    let request = match cookie {
        Some(cookie) => request.header("cookie", cookie),
        None => request,
    };
    let answer = request.send().await.unwrap();
    let text = |name: &str| Some(answer.headers().get(name)?.to_str().unwrap().to_owned());
    let cookie = text("set-cookie").map(|line| line.split(';').next().unwrap().to_owned());
    let status = answer.status().as_u16();
    (status, text("location").unwrap_or_default(), cookie)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_link_signs_in_once_until_the_browser_signs_out() {
    let stack = stack().await;
    let oidc = stack.oidc().unwrap();
    let home = "http://localhost:1/login?return=/history";
    assert!(oidc.one_time_link("nobody", home).is_err());
    for foreign in ["https://evil.example/", "//evil.example", "/history"] {
        assert!(oidc.one_time_link("ana", foreign).is_err(), "{foreign}");
    }
    let page = stack.one_time_link("ana", "/tasks/x?a=1").unwrap();
    let (_, to, _) = step(&page, None).await;
    let ours = format!(
        "{}/api/v1/auth/login?return=%2Ftasks%2Fx%3Fa%3D1",
        stack.page_address()
    );
    assert_eq!(to, ours);

    let link = oidc.one_time_link("ana", home).unwrap();
    assert!(link.starts_with(oidc.issuer()));
    let (status, to, cookie) = step(&link, None).await;
    assert_eq!((status, to.as_str()), (303, home));
    let (status, _, none) = step(&link, None).await;
    assert_eq!((status, none), (410, None), "it works once");

    let authorize = format!(
        "{}/authorize?response_type=code&client_id=relevo&state=s&code_challenge=c\
         &code_challenge_method=S256&redirect_uri=http://localhost:1/back",
        oidc.issuer()
    );
    let cookie = cookie.unwrap();
    let (status, to, _) = step(&authorize, Some(&cookie)).await;
    assert_eq!(status, 303);
    assert!(to.starts_with("http://localhost:1/back?code=") && to.ends_with("&state=s"));
    assert_eq!(step(&authorize, None).await.0, 200, "others are asked");

    let end = format!("{}/logout?post_logout_redirect_uri=", oidc.issuer());
    let (status, to, _) = step(&format!("{end}https://evil.example/"), None).await;
    assert_eq!((status, to.as_str()), (200, ""));
    let (status, to, _) = step(&format!("{end}http://localhost:1/bye"), Some(&cookie)).await;
    assert_eq!((status, to.as_str()), (303, "http://localhost:1/bye"));
    let (status, ..) = step(&authorize, Some(&cookie)).await;
    assert_eq!(status, 200, "it asks again");
    stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn user_info_is_told_to_the_bearer_of_a_genuine_token() {
    let stack = stack().await;
    let oidc = stack.oidc().unwrap();
    let ask = async |token: &str| {
        let request = http().get(format!("{}/userinfo", oidc.issuer()));
        request.bearer_auth(token).send().await.unwrap()
    };
    let token = oidc.token("ana").unwrap();
    let known: serde_json::Value = ask(&token).await.json().await.unwrap();
    assert_eq!(
        known["sub"].as_str(),
        OidcProvider::subject("ana").as_deref()
    );
    assert_eq!(known["name"], "Ana Núñez");
    oidc.rotate().await.unwrap();
    assert_eq!(ask(&token).await.status(), 200);
    let mut parts: Vec<&str> = token.split('.').collect();
    let other = oidc.token("demo").unwrap();
    parts[1] = other.split('.').nth(1).unwrap();
    for forged in [parts.join("."), "x".to_owned(), "a.b.c".to_owned()] {
        assert_eq!(ask(&forged).await.status(), 401);
    }
    stack.stop().await.unwrap();
}
