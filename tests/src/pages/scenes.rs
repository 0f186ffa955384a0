//! Every page worth looking at, with something to show on it.

use crate::Case;
use crate::browser::{Browser, by_id};
use crate::builders::{pesos, plain_number, plain_ticket, wizard_numbers, wizard_ticket};
use anyhow::Context;

/// A page in a state.
#[derive(Clone, Debug)]
pub struct Scene {
    pub name: &'static str,
    pub path: String,
    /// The CSS selector of what must be there before it is looked at.
    pub ready: String,
    /// What is pressed then, and what must be there afterwards.
    pub then: Option<(&'static str, &'static str)>,
}

impl Scene {
    /// Goes there and waits until it can be looked at.
    ///
    /// # Errors
    /// When it never can.
    pub async fn show(&self, browser: &Browser) -> anyhow::Result<()> {
        browser.open(&self.path).await?;
        browser.find(&self.ready).await.context(self.name)?;
        if let Some((press, ready)) = self.then {
            browser.click(press).await.context(self.name)?;
            browser.see(ready).await.context(self.name)?;
        }
        Ok(())
    }
}

fn scene(name: &'static str, path: impl Into<String>, id: &str) -> Scene {
    Scene {
        name,
        path: path.into(),
        ready: by_id(id),
        then: None,
    }
}

/// Makes one task of each kind and lists the pages, but for the one to sign in on. A task stays at
/// its CAPTCHA, so nobody else may use the wizard meanwhile.
///
/// # Errors
/// When a task doesn't come to where it should.
pub async fn scenes(case: &Case<'_>) -> anyhow::Result<Vec<Scene>> {
    let done = plain_ticket(case.profile, &plain_number(81_000), &pesos(81_000));
    let done = case.submit(&done).await?.task_id;
    case.completed(done, 0).await?;

    let unknown = plain_number(82_000);
    let control = case.installation.control();
    control.plain_ticket(&unknown, 82_000, "not_found").await?;
    let failed = plain_ticket(case.profile, &unknown, &pesos(82_000));
    let failed = case.submit(&failed).await?.task_id;
    case.ended(failed, 0).await?;

    let (folio, web_id) = wizard_numbers(83_000);
    let manual = wizard_ticket(case.profile, &folio, &web_id, &pesos(83_000));
    let manual = case.submit(&manual).await?.task_id;
    let asked = case.question(manual, "captcha", None).await?;
    case.client.decline(manual, asked.id).await?;
    case.question(manual, "manual", Some(&asked)).await?;

    let (folio, web_id) = wizard_numbers(84_000);
    let mut confirm = wizard_ticket(case.profile, &folio, &web_id, &pesos(84_000));
    confirm.confirmed = false;
    confirm.confirm = Some("ask".to_owned());
    let confirm = case.submit(&confirm).await?.task_id;
    let asked = case.question(confirm, "captcha", None).await?;
    let answer = control.captcha().await?;
    case.client.answer(confirm, asked.id, answer.into()).await?;
    case.question(confirm, "confirm", Some(&asked)).await?;

    let (folio, web_id) = wizard_numbers(85_000);
    let captcha = wizard_ticket(case.profile, &folio, &web_id, &pesos(85_000));
    let captcha = case.submit(&captcha).await?.task_id;
    case.question(captcha, "captcha", None)
        .await
        .context("the task that stays at its CAPTCHA")?;

    let kind = |kind: &str| format!("{}[data-kind=\"{kind}\"]", by_id("question"));
    let asks = |name, id, of: &str| Scene {
        name,
        path: format!("/tasks/{id}"),
        ready: kind(of),
        then: None,
    };
    let after = |name, path: &str, id, press, ready| Scene {
        then: Some((press, ready)),
        ..scene(name, path, id)
    };
    Ok(vec![
        scene("home", "/", "inbox-item"),
        scene("profiles", "/profiles", "profile"),
        after(
            "profile-form",
            "/profiles",
            "profile",
            "profile-add",
            "profile-form",
        ),
        scene("new-ticket", "/tickets/new", "ticket-form"),
        after(
            "new-ticket-form",
            "/tickets/new",
            "portal-option",
            "portal-option",
            "forma-pago",
        ),
        scene("history", "/history", "history-row"),
        scene("sessions", "/sessions", "session"),
        scene("monitor-done", format!("/tasks/{done}"), "invoice"),
        scene("monitor-failed", format!("/tasks/{failed}"), "failure"),
        scene("monitor-manual", format!("/tasks/{manual}"), "kit"),
        asks("monitor-confirm", confirm, "confirm"),
        asks("monitor-captcha", captcha, "captcha"),
        after(
            "monitor-amend",
            &format!("/tasks/{failed}"),
            "failure",
            "amend",
            "amend-dialog",
        ),
        scene("not-found", "/no/such/place", "not-found"),
    ])
}
