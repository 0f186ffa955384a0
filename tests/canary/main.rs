//! Known values go every way through an installation that logs everything it can (`RUST_LOG=trace`),
//! and are then looked for in every log line, table, message and file. What a new way carries is added
//! here with it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod canaries;
mod places;

use anyhow::{Context, ensure};
use canaries::Canaries;
use client::Client;
use domain::{ProfileId, TaskId};
use places::{Findings, Messages, files, rows};
use reqwest::Method;
use schemas::rest::ProfileBody;
use schemas::ws::{Input, KeyAction};
use serde_json::json;
use std::collections::BTreeMap;
use tests::builders::{pesos, plain_number, plain_ticket, wizard_numbers, wizard_ticket};
use tests::{Case, Hand, Installation, PATIENCE, Settings, delivered, eventually};

const PRICE: u32 = 73_519;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_identifies_anybody_is_left_in_the_clear() {
    let env = BTreeMap::from([("RUST_LOG".to_owned(), "trace".to_owned())]);
    let installation = Installation::start(Settings { env, dir: None })
        .await
        .unwrap();
    let case = Case::open(&installation, "demo").await.unwrap();
    case.tell(walk(&case)).await;
    drop(case);
    installation.stop().await.unwrap();
}

async fn walk(case: &Case<'_>) -> anyhow::Result<()> {
    let installation = case.installation;
    let mut canaries = Canaries::default();
    let messages = Messages::listen(installation).await?;
    sign_in(installation, &mut canaries).await?;
    let profile = profile(&case.client, &mut canaries).await?;
    by_machine(case, profile, &mut canaries).await?;
    by_account(case, profile, &mut canaries).await?;
    let task = by_hand(case, profile, &mut canaries).await?;
    installation.stop_relevo().await?;
    search(installation, &canaries, messages.end(), task).await
}

/// A session by cookie and one by token.
async fn sign_in(installation: &Installation, canaries: &mut Canaries) -> anyhow::Result<()> {
    let browser = installation.browser().await?;
    browser.sign_in("demo", "/history").await?;
    let cookies = browser.driver.get_all_cookies().await?;
    let session = cookies
        .iter()
        .find(|cookie| cookie.name.starts_with("__Host-"));
    canaries.add(
        "the session's cookie",
        &session.context("no session")?.value,
    );
    browser.close().await?;
    let token = installation.token("demo")?;
    let signature = token.rsplit('.').next().context("no signature")?;
    canaries.add("the access token", signature);
    Ok(())
}

async fn profile(client: &Client, canaries: &mut Canaries) -> anyhow::Result<ProfileId> {
    let body = ProfileBody {
        rfc: "KICR630120NX3".to_owned(),
        name: "RODRIGO KITIA CASTRO".to_owned(),
        postal_code: "36246".to_owned(),
        regimen: "612".to_owned(),
        default_use: Some("G03".to_owned()),
        email: "canario-7f3a@correo.example".to_owned(),
    };
    canaries.add("the RFC", &body.rfc);
    canaries.add("the name", &body.name);
    canaries.add("the e-mail", &body.email);
    client.create_profile(&body).await?;
    eventually("the profile", PATIENCE, || async {
        let all = client.profiles().await?.items;
        Ok(all.iter().find(|p| p.rfc == body.rfc).map(|p| p.id))
    })
    .await
}

/// A ticket that needs nobody.
async fn by_machine(
    case: &Case<'_>,
    profile: ProfileId,
    canaries: &mut Canaries,
) -> anyhow::Result<()> {
    let number = plain_number(PRICE);
    canaries.add("the ticket's number", &number);
    let task = case
        .submit(&plain_ticket(profile, &number, &pesos(PRICE)))
        .await?;
    invoice(case, task.task_id, 0, canaries).await
}

/// A ticket of a portal where the agent signs in with a stored account and its one-time code.
async fn by_account(
    case: &Case<'_>,
    profile: ProfileId,
    canaries: &mut Canaries,
) -> anyhow::Result<()> {
    let (user, password) = ("usuaria-c4naria", "Contrase\u{f1}a-c4naria");
    let seed = "KNSWG4TFORSW4Y3BNZQXE2LB";
    canaries.add("the portal account's user", user);
    canaries.add("the portal account's password", password);
    canaries.add("the portal account's seed", seed);
    let control = case.installation.control();
    control.account(user, password, seed).await?;
    let portal = "la-paloma-club";
    let path = format!("credentials/{portal}");
    let body = json!({ "username": user, "password": password, "totp_secret": seed });
    let stored = case.client.raw(Method::PUT, &path).json(&body);
    let stored = stored.send().await?.error_for_status()?.text().await?;
    let total = PRICE + 1;
    let mut ticket = plain_ticket(profile, &plain_number(total), &pesos(total));
    ticket.portal = portal.to_owned();
    let id = case.submit(&ticket).await?.task_id;
    invoice(case, id, 0, canaries).await?;
    let events = case.events(id).await?;
    let used = events
        .iter()
        .filter(|e| e.event == "task.credential_used")
        .map(|e| &e.data["part"]);
    ensure!(used.eq(["login", "totp"]), "{events:#?}");
    let listed = case.client.raw(Method::GET, "credentials").send().await?;
    let listed = listed.error_for_status()?.text().await?;
    for answer in [stored, listed] {
        ensure!(answer.contains(portal), "{answer}");
        let shown = canaries.within(answer.as_bytes());
        ensure!(shown.is_empty(), "shown: {shown:?}");
    }
    Ok(())
}

/// A ticket whose CAPTCHA is first answered wrongly as text, then by hand, after a password was typed
/// there.
async fn by_hand(
    case: &Case<'_>,
    profile: ProfileId,
    canaries: &mut Canaries,
) -> anyhow::Result<TaskId> {
    let (folio, web_id) = wizard_numbers(PRICE);
    canaries.add("the ticket's web key", &web_id);
    let ticket = wizard_ticket(profile, &folio, &web_id, &pesos(PRICE));
    let id = case.submit(&ticket).await?.task_id;
    let (answer, password) = ("KAN4RIOX", "Cl4ve-de-canario");
    canaries.add("an answer", answer);
    canaries.add("a password that was typed by hand", password);
    let first = case.question(id, "captcha", None).await?;
    case.client.answer(id, first.id, json!(answer)).await?;
    case.question(id, "captcha", Some(&first)).await?;
    let mut hand = Hand::take(case, id).await?;
    hand.until_picture().await?;
    let right = case.installation.control().captcha().await?;
    let epoch = hand.control_epoch;
    let text = |text: &str| Input::Text {
        text: text.to_owned(),
    };
    hand.send(epoch, text(password)).await?;
    for _ in password.chars() {
        for action in [KeyAction::Down, KeyAction::Up] {
            hand.send(epoch, backspace(action)).await?;
        }
    }
    hand.send(epoch, text(&right)).await?;
    hand.until_picture().await?;
    let returned = hand.give_back(case, id, "done").await?;
    invoice(case, id, returned, canaries).await?;
    Ok(id)
}

fn backspace(action: KeyAction) -> Input {
    let name = || "Backspace".to_owned();
    Input::Key {
        action,
        key: name(),
        code: name(),
        modifiers: 0,
    }
}

/// Waits for the invoice; what identifies it must not be found either.
async fn invoice(
    case: &Case<'_>,
    id: TaskId,
    after: u64,
    canaries: &mut Canaries,
) -> anyhow::Result<()> {
    let done = case.completed(id, after).await?;
    let delivered = delivered(&case.client, &done).await?;
    canaries.add("the invoice's UUID", &delivered.cfdi.uuid);
    canaries.add("the invoice's seal", &delivered.sello[..48]);
    Ok(())
}

async fn search(
    installation: &Installation,
    canaries: &Canaries,
    messages: Vec<(String, Vec<u8>)>,
    task: TaskId,
) -> anyhow::Result<()> {
    let mut findings = Findings::default();
    // What is in the clear everywhere shows that the search finds something.
    let mut control = Canaries::default();
    control.add("the task", &task.to_string());
    let told = |bytes: &[u8]| !control.within(bytes).is_empty();

    let live = |what: &str| format!("relevo.live.{task}.{what}");
    for subject in ["frame", "input"].map(live) {
        let heard = messages.iter().any(|(s, _)| *s == subject);
        ensure!(heard, "no message on {subject}");
    }
    ensure!(
        messages
            .iter()
            .any(|(s, b)| s.starts_with("relevo.events.") && told(b))
    );
    for (subject, bytes) in &messages {
        findings.look(canaries, &format!("a message on {subject}"), bytes);
    }

    let rows = rows(&installation.admin_pool().await?).await?;
    for table in [
        "log.events",
        "read.tasks",
        "web.sessions",
        "vault.data_keys",
    ] {
        ensure!(rows.iter().any(|(t, _)| t == table), "no row of {table}");
    }
    ensure!(
        rows.iter()
            .any(|(table, row)| table == "log.events" && told(row))
    );
    for (table, row) in &rows {
        findings.look(canaries, table, row);
    }

    let dir = installation.stack.dir();
    let log = dir.join("log/relevo-up.log");
    let text = std::fs::read(&log)?;
    ensure!(told(&text), "the log doesn't know the task");
    ensure!(
        text.windows(7).any(|part| part == b"\"TRACE\""),
        "the log isn't at TRACE"
    );
    // Somebody else's software: the vendors, and the provider of identities.
    let foreign = ["portals", "log/relevo-portals.log", "oidc"].map(|name| dir.join(name));
    for path in files(dir, &foreign)? {
        let place = path.strip_prefix(dir)?.display().to_string();
        // Gone since: Postgres and NATS are at work.
        if let Ok(bytes) = std::fs::read(&path) {
            findings.look(canaries, &place, &bytes);
        }
    }
    findings.are_none()
}
