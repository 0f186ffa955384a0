//! The whole way: from the first sign-in to the invoice's XML on one's disk.

use crate::world;
use anyhow::{Context, ensure};
use tests::builders::{pesos, wizard_numbers, wizard_ticket};
use tests::pages::{NewTicket, Profiles};
use tests::{builders, until_task};

#[test]
fn a_newcomer_gets_an_invoice_and_types_the_captcha_into_the_live_browser() {
    world::run("journey", async |case, browser| {
        let _wizard = world::wizard().await;
        let control = case.installation.control();
        // Somebody who has never been here.
        browser.sign_in("operator", "/").await?;
        let client = case.installation.client("operator")?;
        browser.see("welcome").await?;
        browser.click("welcome-profile").await?;
        let profile = builders::demo_profile();
        Profiles(browser).add(&profile).await?;
        let own = builders::profile(&client).await?;

        browser.open("/tickets/new").await?;
        let (folio, web_id) = wizard_numbers(36_150);
        let ticket = wizard_ticket(own, &folio, &web_id, &pesos(36_150));
        let monitor = NewTicket(browser).hand_in("Faro", &ticket).await?;
        monitor.question("captcha").await?;
        monitor.picture().await?;

        monitor.take_control().await?;
        let text = control.captcha().await?;
        monitor.type_keys(&text).await?;
        monitor.hand_back().await?;
        monitor.status("COMPLETED").await?;

        let done = until_task(&client, monitor.id, "its end", tests::PATIENCE, |task| {
            task.status == "COMPLETED"
        })
        .await?;
        let invoice = done.invoice.context("no invoice")?;
        let uuid = browser
            .text("invoice-uuid", |text| !text.is_empty())
            .await?;
        ensure!(uuid.eq_ignore_ascii_case(&invoice.uuid), "{uuid}");
        browser.click("download-xml").await?;
        let xml = browser.download(".xml").await?;
        let stored = client.artifact(monitor.id, invoice.xml).await?;
        ensure!(xml == stored, "the file is not the stored one");
        ensure!(String::from_utf8(xml)?.contains(&profile.rfc));
        ensure!(control.submits(&folio).await?.count == 1);
        // What was typed is in no event.
        let told = serde_json::to_string(&client.events(monitor.id, 0).await?)?;
        ensure!(!told.contains(&text), "the answer {text} is told");
        Ok(())
    });
}
