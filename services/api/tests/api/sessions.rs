//! Sessions: what is kept of them, how they end, and that everything ends with them.

use crate::common::{App, Browser, eventually, profile, send, task};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;

const SESSION: &str = "__Host-relevo-session";
const ME: &str = "/api/v1/auth/me";
const LIST: &str = "/api/v1/auth/sessions";

async fn run(app: &App, sql: &str) -> u64 {
    sqlx::query(sql)
        .execute(&app.admin)
        .await
        .unwrap()
        .rows_affected()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_hold_neither_the_cookie_nor_who_it_is() {
    let app = App::start_without_projector().await;
    let mut ana = Browser::new(&app);
    let _ = ana.begin("/history?estado=FAILED").await;
    let pending = ana.cookie("__Host-relevo-signin").unwrap().to_owned();
    let mut other = ana.clone();
    other.sign_in("ana", "/").await;
    let secret = other.cookie(SESSION).unwrap().to_owned();
    let me = other.get(ME).await.json;
    assert_eq!(me["email"], "ana@relevo.test");

    let rows: Vec<String> = sqlx::query_scalar(
        "select s::text from web.sessions s union all select s::text from web.sign_ins s",
    )
    .fetch_all(&app.admin)
    .await
    .unwrap();
    assert_eq!(rows.len(), 2);
    let dump = rows.join("\n").to_lowercase();
    let id = me["user_id"].as_str().unwrap();
    assert!(dump.contains(id), "the dump shows what is in the clear");
    let subject = devstack::OidcProvider::subject("ana").unwrap();
    let raw = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(text)
            .unwrap()
    };
    let mut telling = vec![hex::encode(raw(&secret)), hex::encode(raw(&pending))];
    for text in [
        &secret,
        &pending,
        "ana@relevo",
        "Núñez",
        "Chrome",
        "Mozilla",
        "FAILED",
        "eyJ",
        &subject,
    ] {
        telling.extend([text.to_lowercase(), hex::encode(text)]);
    }
    for text in telling {
        assert!(!dump.contains(&text), "{text} in {dump}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_apis_role_sees_a_users_sessions_only() {
    let app = App::start_without_projector().await;
    let mut ana = Browser::new(&app);
    ana.sign_in("ana", "/").await;
    let user = ana.get(ME).await.json["user_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let pool = PgPool::connect(&app.config.database.role_url("relevo_api"))
        .await
        .unwrap();
    let count = async |user: &str| {
        let mut tx = pool.begin().await.unwrap();
        sqlx::query("select set_config('relevo.user_id', $1, true)")
            .bind(user)
            .execute(&mut *tx)
            .await
            .unwrap();
        let sql = "select count(session_id) from web.sessions";
        sqlx::query_scalar::<_, i64>(sql)
            .fetch_one(&mut *tx)
            .await
            .unwrap()
    };
    assert_eq!(count(&user).await, 1);
    assert_eq!(count("").await, 0);
    assert_eq!(count(&uuid::Uuid::nil().to_string()).await, 0);
    for forbidden in [
        "select sealed from web.sessions",
        "select secret_hash from web.sessions",
        "update web.sessions set expires_at = now() + interval '1 year'",
        "truncate web.sessions",
    ] {
        let refused = sqlx::query(forbidden).execute(&pool).await.unwrap_err();
        let code = refused.as_database_error().and_then(|e| e.code());
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}");
    }
    let bare: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = 'web' and c.relkind in ('r', 'p') and c.relname <> '_sqlx_migrations' \
            and not (c.relrowsecurity and c.relforcerowsecurity)",
    )
    .fetch_all(&app.admin)
    .await
    .unwrap();
    assert_eq!(bare, [] as [String; 0]);
    let unchecked: i64 = sqlx::query_scalar(
        "select count(*) from pg_policies where schemaname = 'web' and with_check is null",
    )
    .fetch_one(&app.admin)
    .await
    .unwrap();
    assert_eq!(unchecked, 0);
    pool.close().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_the_session_before_it() {
    let app = App::start_without_projector().await;
    let mut browser = Browser::new(&app);
    browser.set_cookie(SESSION, Some(&"A".repeat(43)));
    browser.sign_in("demo", "/").await;
    let first = browser.clone();
    assert_ne!(
        first.cookie(SESSION).unwrap(),
        "A".repeat(43),
        "none is taken over"
    );
    browser.sign_in("ana", "/").await;
    assert_ne!(first.cookie(SESSION), browser.cookie(SESSION));
    assert_eq!(first.get(ME).await.status, 401);
    assert_eq!(browser.get(ME).await.json["name"], "Ana Núñez");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_not_used_and_at_its_time() {
    let app = App::start_without_projector().await;
    let mut ana = Browser::new(&app);
    ana.sign_in("ana", "/").await;
    let idle = "update web.sessions set last_seen_at = clock_timestamp() - interval";
    run(&app, &format!("{idle} '29 minutes'")).await;
    assert_eq!(ana.get(ME).await.status, 200);
    let fresh = "select last_seen_at > clock_timestamp() - interval '1 minute' from web.sessions";
    let renewed: bool = sqlx::query_scalar(fresh)
        .fetch_one(&app.admin)
        .await
        .unwrap();
    assert!(renewed, "a request is use");
    run(&app, &format!("{idle} '30 minutes 1 second'")).await;
    let answer = ana.get(ME).await;
    assert_eq!((answer.status, answer.code()), (401, "unauthorized"));

    ana.sign_in("ana", "/").await;
    let hours: bool = sqlx::query_scalar(
        "select expires_at - created_at between interval '11:59:59' and interval '12:00:01' \
         from web.sessions order by created_at desc limit 1",
    )
    .fetch_one(&app.admin)
    .await
    .unwrap();
    assert!(hours, "twelve hours");
    run(
        &app,
        "update web.sessions set expires_at = clock_timestamp()",
    )
    .await;
    assert_eq!(ana.get(ME).await.status, 401);
    assert_eq!(ana.get(LIST).await.status, 401);

    run(&app, "select web.sweep(1800)").await;
    let left: i64 = sqlx::query_scalar("select count(*) from web.sessions")
        .fetch_one(&app.admin)
        .await
        .unwrap();
    assert_eq!(left, 0, "expired rows are deleted");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_a_session_lives_is_configured() {
    let mut app = App::start_without_projector().await;
    let config = app
        .node(|config| {
            config.auth.session_absolute_hours = 1;
            config.auth.session_idle_minutes = 2;
        })
        .await;
    let mut ana = Browser::at(config.api.public_address());
    let authorize = ana.begin("/").await;
    let back = ana.choose(&authorize, "ana").await;
    let answer = ana.open(&back).await;
    let mut set = answer.headers.get_all("set-cookie").iter();
    assert!(set.any(|line| line.to_str().unwrap().contains("Max-Age=3600")));
    let idle = "update web.sessions set last_seen_at = clock_timestamp() - interval '121 seconds'";
    assert_eq!(ana.get(ME).await.status, 200);
    run(&app, idle).await;
    assert_eq!(ana.get(ME).await.status, 401);
    app.stop().await;
}

/// Opens a socket as the page does; all that comes through it until it ends.
async fn socket(browser: &Browser, task: &str) -> reqwest::Upgraded {
    let request = browser
        .bare(Method::GET, &format!("/ws/{task}"))
        .header("origin", &browser.home);
    let answer = crate::transport::upgrading(request).send().await.unwrap();
    assert_eq!(answer.status(), 101);
    answer.upgrade().await.unwrap()
}

/// Reads until the socket is closed, which it must be within five seconds, with 4401.
async fn ends_signed_out(mut socket: reqwest::Upgraded) {
    let since = Instant::now();
    let mut came = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(60), socket.read_to_end(&mut came));
    end.await.expect("it is still open").unwrap();
    assert!(
        since.elapsed() < Duration::from_secs(5),
        "{:?}",
        since.elapsed()
    );
    // A close frame (RFC 6455, section 5.5.1) with 4401.
    let close = came
        .windows(4)
        .any(|b| b[0] == 0x88 && b[2..] == 4401_u16.to_be_bytes());
    assert!(close, "{:?}", String::from_utf8_lossy(&came));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_revoking_and_expiry_end_requests_at_once_and_sockets_within_five_seconds() {
    let mut app = App::start().await;
    let by_token = app.client("ana");
    let profile = profile(&by_token).await;
    let id = task(&by_token, &profile, "AAA001").await;
    let public = app.config.api.public_address().parse().unwrap();
    let other = app
        .node(|config| config.api.public_url = Some(public))
        .await;
    let other = format!("http://localhost:{}", other.api.listen.port());

    let mut ana = Browser::new(&app);
    ana.sign_in("ana", "/").await;
    let live = socket(&ana, &id).await;
    let kept = ana.clone();
    let logout = format!("{other}/api/v1/auth/logout");
    let out = ana.send(ana.page(Method::POST, &logout)).await;
    assert_eq!(out.status, 200, "{}", out.text);
    assert_eq!(kept.get(ME).await.status, 401);
    ends_signed_out(live).await;

    ana.sign_in("ana", "/").await;
    let mut phone = Browser::new(&app);
    phone.sign_in("ana", "/").await;
    let live = socket(&phone, &id).await;
    let list = ana.get(LIST).await.json;
    let theirs = list
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["current"] == false);
    let path = format!("{LIST}/{}", theirs.unwrap()["id"].as_str().unwrap());
    assert_eq!(send(ana.page(Method::DELETE, &path)).await.status, 204);
    assert_eq!(phone.get(ME).await.status, 401);
    ends_signed_out(live).await;

    let live = socket(&ana, &id).await;
    run(
        &app,
        "update web.sessions set expires_at = clock_timestamp()",
    )
    .await;
    ends_signed_out(live).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_keeps_its_session() {
    let app = App::start().await;
    let by_token = app.client("ana");
    let profile = profile(&by_token).await;
    let id = task(&by_token, &profile, "AAA001").await;
    let mut ana = Browser::new(&app);
    ana.sign_in("ana", "/").await;
    let live = socket(&ana, &id).await;
    run(
        &app,
        "update web.sessions set last_seen_at = clock_timestamp() - interval '29 minutes'",
    )
    .await;
    let fresh = "select last_seen_at > clock_timestamp() - interval '1 minute' from web.sessions";
    eventually("the socket to count as use", || async {
        sqlx::query_scalar(fresh)
            .fetch_one(&app.admin)
            .await
            .unwrap()
    })
    .await;
    drop(live);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_lists_and_revokes_their_own_sessions_only() {
    let app = App::start_without_projector().await;
    let (mut ana, mut demo) = (Browser::new(&app), Browser::new(&app));
    ana.sign_in("ana", "/").await;
    demo.sign_in("demo", "/").await;
    let list = ana.get(LIST).await;
    assert_eq!(list.status, 200, "{}", list.text);
    let [session] = &list.json.as_array().unwrap()[..] else {
        panic!("one session: {}", list.text);
    };
    assert_eq!(session["current"], true);
    assert_eq!(session["user_agent"], "Chrome, Linux");
    let id = session["id"].as_str().unwrap();
    let secret = ana.cookie(SESSION).unwrap();
    let hash: Vec<u8> = sqlx::query_scalar("select secret_hash from web.sessions limit 1")
        .fetch_one(&app.admin)
        .await
        .unwrap();
    assert!(!list.text.contains(secret) && !list.text.contains(&hex::encode(hash)));
    let stolen = {
        let mut browser = Browser::new(&app);
        browser.set_cookie(SESSION, Some(id));
        browser.get(ME).await
    };
    assert_eq!(stolen.status, 401, "the id opens nothing");

    let by_token = app.client("ana").get(LIST).await.json;
    assert_eq!(by_token[0]["id"], *id);
    assert_eq!(by_token[0]["current"], false);

    let revoke = |id: &str| demo.page(Method::DELETE, &format!("{LIST}/{id}"));
    let theirs = send(revoke(id)).await;
    let none = send(revoke(&uuid::Uuid::new_v4().to_string())).await;
    assert_eq!((theirs.status, theirs.code()), (404, "not-found"));
    assert_eq!(theirs.text, none.text);
    assert_eq!(send(revoke("x")).await.status, 404);
    assert_eq!(ana.get(ME).await.status, 200, "she is still signed in");
    let own = send(ana.page(Method::DELETE, &format!("{LIST}/{id}"))).await;
    assert_eq!((own.status, own.json), (204, Value::Null));
    assert_eq!(ana.get(ME).await.status, 401);
    assert_eq!(app.client("ana").get(LIST).await.json, json!([]));
    app.stop().await;
}
