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
    let hint = app.with_token(&said["id_token_hint"]);
    let me = hint.get("/api/v1/auth/me").await;
    assert_eq!(me.status, 401, "nobody comes in with it: {}", me.text);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_state_works_once_in_time_and_for_the_browser_it_was_given_to() {
    let app = App::start_without_projector().await;
    let mut ana = Browser::new(&app);
    let mismatch = "/sign-in?error=state-mismatch";
    let end = async |browser: &mut Browser, address: &str| {
        let answer = browser.open(address).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.header("location").to_owned()
    };

    for missing in [
        "",
        "?code=c",
        "?state=&code=c",
        "?state=made-up&code=c",
        "?%",
    ] {
        let _ = ana.begin("/").await;
        let address = format!("/api/v1/auth/callback{missing}");
        assert_eq!(end(&mut ana, &address).await, mismatch, "{missing}");
    }

    // A foreign state: the attacker's own, which they make the victim's browser come back with.
    let mut eve = Browser::new(&app);
    let authorize = eve.begin("/").await;
    let planted = eve.choose(&authorize, "demo").await;
    let _ = ana.begin("/").await;
    assert_eq!(end(&mut ana, &planted).await, mismatch);
    assert_eq!(end(&mut eve, &planted).await, mismatch, "it is used up");
    assert_eq!(ana.cookie(SESSION), None);

    let authorize = ana.begin("/").await;
    let back = ana.choose(&authorize, "ana").await;
    let mut without = ana.clone();
    let kept = ana.cookie(SIGN_IN).unwrap().to_owned();
    assert_eq!(end(&mut ana, &back).await, "/");
    ana.set_cookie(SIGN_IN, Some(&kept));
    assert_eq!(end(&mut ana, &back).await, mismatch, "it is used up");
    assert_eq!(end(&mut without, &back).await, mismatch);

    let authorize = ana.begin("/").await;
    let back = ana.choose(&authorize, "ana").await;
    sqlx::query("update web.sign_ins set created_at = created_at - interval '601 seconds'")
        .execute(&app.admin)
        .await
        .unwrap();
    assert_eq!(end(&mut ana, &back).await, "/sign-in?error=expired");

    let authorize = ana.begin("/").await;
    let form: Vec<(String, String)> = authorize.query_pairs().into_owned().collect();
    let form = [form, vec![("cancel".to_owned(), "yes".to_owned())]].concat();
    let address = authorize.as_str().split('?').next().unwrap();
    let answer = send(ana.bare(Method::POST, address).form(&form)).await;
    let back = answer.header("location").to_owned();
    assert_eq!(end(&mut ana, &back).await, "/sign-in?error=refused");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_fits_nothing_leaves_the_sign_in_under_way() {
    let app = App::start_without_projector().await;
    let mut ana = Browser::new(&app);
    let older = ana.begin("/").await;
    let newer = ana.begin("/history").await;
    let stray = "/api/v1/auth/callback?state=made-up&code=c".to_owned();
    for answer in [ana.choose(&older, "ana").await, stray] {
        let end = ana.open(&answer).await;
        assert_eq!(end.header("location"), "/sign-in?error=state-mismatch");
    }
    let back = ana.choose(&newer, "ana").await;
    assert_eq!(ana.open(&back).await.header("location"), "/history");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_come_back_to_an_address_of_the_page_and_nowhere_else() {
    let app = App::start_without_projector().await;
    let task = "/tasks/018f4c1e-0000-7000-8000-000000000000";
    let mut ana = Browser::new(&app);
    for (asked, end) in [
        ("/profiles", "/profiles"),
        (
            "%2Ftickets%2Fnew%3Fportal%3Dplain",
            "/tickets/new?portal=plain",
        ),
        (task, task),
        ("//evil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("https:%2F%2Fevil.example", "/"),
        ("/%0D%0ASet-Cookie:x=y", "/"),
        ("/api/v1/auth/logout", "/"),
        ("", "/"),
    ] {
        assert_eq!(ana.sign_in("ana", asked).await, end, "{asked}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_node_finishes_what_another_began() {
    let mut app = App::start_without_projector().await;
    let home = app.config.api.public_address();
    let public = home.parse().unwrap();
    let config = app
        .node(|config| config.api.public_url = Some(public))
        .await;
    let other = format!("http://localhost:{}", config.api.listen.port());
    let mut ana = Browser::new(&app);
    let authorize = ana.begin("/history").await;
    let back = ana.choose(&authorize, "ana").await.replace(&home, &other);
    let answer = ana.open(&back).await;
    assert_eq!(answer.header("location"), "/history");
    for node in [&home, &other] {
        let me = ana.get(&format!("{node}/api/v1/auth/me")).await;
        assert_eq!(me.json["name"], "Ana Núñez", "{node}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_link_opens_the_page_signed_in() {
    let app = App::start_without_projector().await;
    let mut ana = Browser::new(&app);
    let mut address = app.stack.one_time_link("ana", "/history").unwrap();
    for _ in 0..4 {
        let answer = ana.open(&address).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        address = answer.header("location").to_owned();
    }
    assert_eq!(address, "/history");
    let me = ana.get("/api/v1/auth/me").await;
    assert_eq!(me.json["name"], "Ana Núñez");
    app.stop().await;
}
