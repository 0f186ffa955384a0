//! Signing in with a stored account: on its origin only, and never twice with what was refused.

use crate::world::{World, plain, test};
use axum::Router;
use axum::http::Method;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use domain::TaskId;
use domain::task::{
    CredentialPart, FailureClass, InterventionKind, Status, StepOutcome, TaskCommand, TaskEvent,
};
use kit::values::Values;
use serde_json::json;
use std::sync::{Arc, Mutex};

const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The agent has two slots, and a question keeps one: one test at a time asks for a second while it
/// holds the first.
static BOTH_SLOTS: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A ticket of the plain portal, by an adapter of that id.
fn ticket_of(portal: &str, ticket: &str, cents: &str) -> Values {
    let mut fields = plain(ticket, cents);
    fields.insert("portal".to_owned(), portal.to_owned());
    fields
}

fn uses(history: &[TaskEvent]) -> Vec<(CredentialPart, String)> {
    let used = history.iter().filter_map(|event| match event {
        TaskEvent::CredentialUsed { usage, .. } => Some((usage.part, usage.origin.clone())),
        _ => None,
    });
    used.collect()
}

async fn ask_to_sign_in(world: &World, id: TaskId, wanted: &str) {
    let question = world.question(id, None).await;
    assert_eq!(question.kind, InterventionKind::Login);
    assert!(question.guide.contains(wanted), "{}", question.guide);
}

#[test]
fn a_stored_account_signs_in_with_its_one_time_code() {
    test(async |world: &World| {
        let (user, password) = ("socia-1", "Contraseña «larga» 1");
        let origin = world.plain_url();
        world.drop_in("club-1", &world.club("club-1"));
        world
            .open_account_at_portal(user, password, Some(SEED))
            .await;
        world
            .store("club-1", &origin, (user, password), Some(SEED))
            .await;
        let id = world
            .submit(&ticket_of("club-1", "770031350001", "31350"))
            .await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(
            task.status,
            Status::Completed,
            "{:#?}",
            world.history(id).await
        );
        let tried = json!({"sign_ins": 1, "wrong_passwords": 0, "wrong_codes": 0});
        assert_eq!(world.tried(user).await, tried);
        let history = world.history(id).await;
        let expected = [CredentialPart::Login, CredentialPart::Totp];
        assert_eq!(uses(&history), expected.map(|part| (part, origin.clone())));
        let told = serde_json::to_string(&history).unwrap();
        for secret in [user, password, "«larga»", SEED] {
            assert!(!told.contains(secret), "{secret} is in the log");
        }
    });
}

#[test]
fn a_refused_password_is_tried_once_by_all_tasks_together() {
    test(async |world: &World| {
        let _both = BOTH_SLOTS.lock().await;
        let user = "socia-2";
        let origin = world.plain_url();
        world.drop_in("club-2", &world.club("club-2"));
        world.open_account_at_portal(user, "la buena", None).await;
        world
            .store("club-2", &origin, (user, "la mala"), None)
            .await;
        let tried = async || world.tried(user).await;
        let once = json!({"sign_ins": 0, "wrong_passwords": 1, "wrong_codes": 0});

        let id = world
            .submit(&ticket_of("club-2", "770032350001", "32350"))
            .await;
        ask_to_sign_in(world, id, "no aceptó").await;
        assert!(world.is_refused("club-2").await);
        assert_eq!(tried().await, once);
        // "Go on" without signing in is asked again; another task asks at once.
        let first = world.question(id, None).await;
        world.command(id, TaskCommand::ResumeTask).await;
        let second = world.question(id, Some(first.id)).await;
        assert_eq!(second.kind, InterventionKind::Login);
        let other = world
            .submit(&ticket_of("club-2", "770032350002", "32350"))
            .await;
        ask_to_sign_in(world, other, "no aceptó").await;
        assert_eq!(tried().await, once);

        // What is stored anew is tried, in the same task.
        world
            .store("club-2", &origin, (user, "la buena"), None)
            .await;
        world.command(id, TaskCommand::ResumeTask).await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(task.status, Status::Completed);
        world.command(other, TaskCommand::CancelTask).await;
        let after = json!({"sign_ins": 1, "wrong_passwords": 1, "wrong_codes": 0});
        assert_eq!(tried().await, after);
        assert_eq!(uses(&world.history(other).await), []);
    });
}

#[test]
fn a_refused_seed_is_tried_once_by_all_tasks_together() {
    test(async |world: &World| {
        let _both = BOTH_SLOTS.lock().await;
        let (user, password) = ("socia-9", "abc");
        let other_seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
        let origin = world.plain_url();
        world.drop_in("club-9", &world.club("club-9"));
        world
            .open_account_at_portal(user, password, Some(SEED))
            .await;
        world
            .store("club-9", &origin, (user, password), Some(other_seed))
            .await;
        let id = world
            .submit(&ticket_of("club-9", "770039350001", "39350"))
            .await;
        let question = world.question(id, None).await;
        assert_eq!(question.kind, InterventionKind::TwoFactor);
        assert!(world.is_refused("club-9").await);
        let other = world
            .submit(&ticket_of("club-9", "770039350002", "39350"))
            .await;
        ask_to_sign_in(world, other, "no aceptó").await;
        assert_eq!(uses(&world.history(other).await), []);
        world.command(other, TaskCommand::CancelTask).await;
        // A human's code still gets in.
        let now_s = u64::try_from(chrono::Utc::now().timestamp()).unwrap();
        let code = kit::totp::Totp::parse(SEED).unwrap().code(now_s);
        world.answer(id, question.id, &json!(*code)).await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(task.status, Status::Completed);
        let tried = json!({"sign_ins": 1, "wrong_passwords": 0, "wrong_codes": 1});
        assert_eq!(world.tried(user).await, tried);
    });
}

#[test]
fn without_a_seed_the_code_is_asked_for_and_a_wrong_one_again() {
    test(async |world: &World| {
        let (user, password) = ("socia-3", "abc");
        let origin = world.plain_url();
        world.drop_in("club-3", &world.club("club-3"));
        world
            .open_account_at_portal(user, password, Some(SEED))
            .await;
        world.store("club-3", &origin, (user, password), None).await;
        let id = world
            .submit(&ticket_of("club-3", "770033350001", "33350"))
            .await;
        let first = world.question(id, None).await;
        assert_eq!(first.kind, InterventionKind::TwoFactor);
        world.answer(id, first.id, &json!("000")).await;
        let second = world.question(id, Some(first.id)).await;
        assert_eq!(second.kind, InterventionKind::TwoFactor);
        assert!(second.guide.contains("no fue aceptado"), "{}", second.guide);
        let now_s = u64::try_from(chrono::Utc::now().timestamp()).unwrap();
        let code = kit::totp::Totp::parse(SEED).unwrap().code(now_s);
        world.answer(id, second.id, &json!(*code)).await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(
            task.status,
            Status::Completed,
            "{:#?}",
            world.history(id).await
        );
        let tried = json!({"sign_ins": 1, "wrong_passwords": 0, "wrong_codes": 1});
        assert_eq!(world.tried(user).await, tried);
        let told = serde_json::to_string(&world.history(id).await).unwrap();
        assert!(!told.contains(&*code), "the code is in the log");
    });
}

#[test]
fn without_an_account_a_human_signs_in_or_does_it_by_hand() {
    test(async |world: &World| {
        world.drop_in("club-4", &world.club("club-4"));
        let id = world
            .submit(&ticket_of("club-4", "770034350001", "34350"))
            .await;
        ask_to_sign_in(world, id, "Hazlo en el navegador").await;
        assert_eq!(uses(&world.history(id).await), []);
        world.command(id, TaskCommand::CancelTask).await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(task.failure.unwrap().class, FailureClass::Cancelled);
    });
}

const FORM: &str = "<!doctype html><meta charset=utf-8><form method=post><label>Usuario \
    <input name=usuario></label><label>Contraseña <input type=password name=contrasena></label>\
    <button>Entrar</button></form>";

const REFUSAL: &str = "El usuario o la contraseña no son los de ninguna cuenta.";

/// A page that looks like the portal's; what was sent to it.
async fn look_alike() -> (String, Arc<Mutex<Vec<String>>>) {
    form_at(FORM.to_owned()).await
}

async fn form_at(form: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    let page = async move |method: Method, body: String| -> Html<String> {
        seen.lock().unwrap().push(format!("{method} {body}"));
        match method {
            Method::POST => Html(format!("{form}<p>{REFUSAL}</p>")),
            _ => Html(form),
        }
    };
    let router = Router::new().route("/entrar", get(page.clone()).post(page));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (host, sent)
}

/// A portal whose sign-in leads to another host.
async fn leads_to(other: String) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let away = async move || -> Response { Redirect::to(&other).into_response() };
    let router = Router::new().route("/cuenta", get(away));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    host
}

#[test]
fn on_another_origin_nothing_is_typed() {
    test(async |world: &World| {
        let (other, sent) = look_alike().await;
        let host = leads_to(format!("http://{other}/entrar")).await;
        let plain = world.plain_url();
        let plain = plain.trim_start_matches("http://");
        // Both are hosts of the adapter; the account belongs to one of them.
        let hosts = format!("hosts: [\"{plain}\"]");
        let adapter = world
            .club("club-5")
            .replace(
                &hosts,
                &format!("hosts: [\"{plain}\", \"{host}\", \"{other}\"]"),
            )
            .replace(
                &format!("origin: http://{plain}"),
                &format!("origin: http://{host}"),
            )
            .replace(
                &format!("http://{plain}/cuenta"),
                &format!("http://{host}/cuenta"),
            );
        world.drop_in("club-5", &adapter);
        let origin = format!("http://{host}");
        world
            .store("club-5", &origin, ("socia-5", "secreta-5"), None)
            .await;
        let id = world
            .submit(&ticket_of("club-5", "770035350001", "35350"))
            .await;
        ask_to_sign_in(world, id, &format!("está en http://{other}")).await;
        let history = world.history(id).await;
        assert_eq!(uses(&history), []);
        let filled = history.iter().any(|event| {
            matches!(event, TaskEvent::StepRecorded { step, .. }
                if step.field.as_deref() == Some("password") && step.outcome == StepOutcome::Ok)
        });
        assert!(!filled, "{history:#?}");
        assert!(!world.is_refused("club-5").await);
        world.command(id, TaskCommand::CancelTask).await;
        world.until(id, "the end", |t| t.status.is_finished()).await;
        let sent = sent.lock().unwrap().clone();
        assert_eq!(sent, ["GET "], "nothing but the page was asked for");
    });
}

#[test]
fn an_account_of_another_origin_is_not_used() {
    test(async |world: &World| {
        world.drop_in("club-6", &world.club("club-6"));
        let user = "socia-6";
        world.open_account_at_portal(user, "x", None).await;
        // Stored when the adapter said another origin.
        let before = "https://cuenta.paloma.example";
        world.store("club-6", before, (user, "x"), None).await;
        let id = world
            .submit(&ticket_of("club-6", "770036350001", "36350"))
            .await;
        ask_to_sign_in(world, id, "otro sitio").await;
        assert_eq!(uses(&world.history(id).await), []);
        let tried = json!({"sign_ins": 0, "wrong_passwords": 0, "wrong_codes": 0});
        assert_eq!(world.tried(user).await, tried);
        world.command(id, TaskCommand::CancelTask).await;
    });
}

#[test]
fn what_was_sealed_for_another_portal_does_not_open() {
    test(async |world: &World| {
        world.drop_in("club-7", &world.club("club-7"));
        let origin = world.plain_url();
        world.store_moved("club-7", "club-1", &origin).await;
        let id = world
            .submit(&ticket_of("club-7", "770037350001", "37350"))
            .await;
        ask_to_sign_in(world, id, "Hazlo en el navegador").await;
        assert_eq!(uses(&world.history(id).await), []);
        world.command(id, TaskCommand::CancelTask).await;
    });
}

#[test]
fn a_form_that_sends_itself_is_sent_once() {
    test(async |world: &World| {
        let itself = "type=password oninput=\"this.form.submit()\"";
        let (host, sent) = form_at(FORM.replace("type=password", itself)).await;
        let plain = world.plain_url();
        let adapter = world
            .club("club-8")
            .replace(&format!("{plain}/cuenta"), &format!("http://{host}/entrar"))
            .replace(plain.trim_start_matches("http://"), &host);
        world.drop_in("club-8", &adapter);
        let origin = format!("http://{host}");
        world
            .store("club-8", &origin, ("socia-8", "secreta-8"), None)
            .await;
        let id = world
            .submit(&ticket_of("club-8", "770038350001", "38350"))
            .await;
        ask_to_sign_in(world, id, "no aceptó").await;
        assert!(world.is_refused("club-8").await);
        world.command(id, TaskCommand::CancelTask).await;
        world.until(id, "the end", |t| t.status.is_finished()).await;
        let sent = sent.lock().unwrap().clone();
        let form = "POST usuario=socia-8&contrasena=secreta-8";
        assert_eq!(sent, ["GET ", form]);
    });
}
