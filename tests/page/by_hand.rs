//! The manual way, and what a wrong ticket is told.

use crate::world;
use anyhow::ensure;
use domain::fiscal::Money;
use tests::builders::{
    demo_profile, pesos, plain_number, plain_ticket, wizard_numbers, wizard_ticket,
};
use tests::pages::{Monitor, NewTicket};
use tests::{fakes, invoice_at_plain_portal};

const PRICE: u32 = 91_700;

/// The agent can't; the user takes the values to their own browser and brings the file.
#[test]
fn what_one_got_oneself_is_checked_and_completes_the_task() {
    world::run("by_hand", async |case, browser| {
        let _wizard = world::wizard().await;
        browser.sign_in("demo", "/").await?;
        let (folio, web_id) = wizard_numbers(PRICE);
        let ticket = wizard_ticket(case.profile, &folio, &web_id, &pesos(PRICE));
        let id = case.submit(&ticket).await?.task_id;
        let monitor = Monitor::open(browser, id).await?;
        monitor.question("captcha").await?;
        browser.click("decline").await?;
        browser.see("kit").await?;
        let kit = "[data-testid=kit-value][data-name=web_id] [data-testid=kit-text]";
        let shown = browser.find(kit).await?.text().await?;
        ensure!(shown == web_id, "{shown}");

        browser
            .attach("upload-files", "nota.xml", fakes::NOT_A_CFDI.as_bytes())
            .await?;
        browser.click("upload-send").await?;
        let why = browser
            .text("upload-refusal", |text| !text.is_empty())
            .await?;
        ensure!(why.contains("CFDI"), "{why}");

        let total = Money::parse_mxn(&pesos(PRICE))?;
        let (number, buyer) = (plain_number(PRICE), demo_profile());
        let xml = invoice_at_plain_portal(case.installation, &number, total, &buyer).await?;
        browser
            .attach("upload-files", "factura.xml", xml.as_bytes())
            .await?;
        browser.click("upload-send").await?;
        monitor.status("COMPLETED").await?;
        browser.see("download-xml").await?;
        Ok(())
    });
}

#[test]
fn a_wrong_ticket_is_told_field_by_field_and_nothing_is_handed_in() {
    world::run("wrong_ticket", async |case, browser| {
        browser.sign_in("demo", "/tickets/new").await?;
        let mut ticket = plain_ticket(case.profile, "77", "0.001");
        ticket
            .fields
            .insert("fecha".to_owned(), "31/02/2026".to_owned());
        let form = NewTicket(browser);
        form.fill("Paloma", &ticket).await?;
        browser.click("ticket-check").await?;
        for field in [
            "field-ticket-error",
            "field-fecha-error",
            "field-total-error",
        ] {
            let told = browser.text(field, |text| !text.is_empty()).await?;
            ensure!(told.chars().count() > 8, "{field}: {told}");
        }
        ensure!(
            !browser.has("ticket-confirm").await?,
            "it could be confirmed"
        );
        Ok(())
    });
}

/// The total was mistyped; the same ticket with the right one is the same task, and goes through.
#[test]
fn a_ticket_that_failed_goes_again_with_what_was_corrected() {
    world::run("again", async |case, browser| {
        browser.sign_in("demo", "/tickets/new").await?;
        let number = plain_number(91_800);
        let mut ticket = plain_ticket(case.profile, &number, &pesos(91_800));
        let right = ticket.fields.clone();
        ticket.fields.insert("total".to_owned(), pesos(91_801));
        let first = NewTicket(browser).hand_in("Paloma", &ticket).await?;
        first.status("FAILED").await?;

        browser.open("/tickets/new").await?;
        ticket.fields = right;
        NewTicket(browser).fill("Paloma", &ticket).await?;
        browser.click("ticket-check").await?;
        browser.click("ticket-confirm").await?;
        browser.click("ticket-retry").await?;
        browser.see("monitor").await?;
        let path = browser.path().await?;
        ensure!(
            path.ends_with(&first.id.to_string()),
            "another task: {path}"
        );
        // Other values than those that were confirmed are confirmed anew.
        first.question("confirm").await?;
        browser.click("answer-yes").await?;
        first.status("COMPLETED").await?;
        Ok(())
    });
}
