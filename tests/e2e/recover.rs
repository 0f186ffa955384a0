//! Invoices that were made before, and answers of the portal that got lost.

use crate::captcha::solve;
use crate::world;
use domain::fiscal::Money;
use serde_json::json;
use tests::builders::{
    demo_profile, pesos, plain_number, plain_ticket, wizard_numbers, wizard_ticket,
};
use tests::{Case, delivered, invoice_at_plain_portal};

#[test]
fn an_invoice_the_user_got_by_hand_is_found_again() {
    world::run(async |case| {
        let cents = 23_456;
        let number = plain_number(cents);
        let total = Money::parse_mxn(&pesos(cents))?;
        let buyer = demo_profile();
        let xml = invoice_at_plain_portal(case.installation, &number, total, &buyer).await?;
        let ticket = plain_ticket(case.profile, &number, &pesos(cents));
        let id = case.submit(&ticket).await?.task_id;
        let done = case.completed(id, 0).await?;
        let found = delivered(&case.client, &done).await?;
        assert_eq!(
            String::from_utf8(found.xml)?,
            xml,
            "the invoice made before"
        );
        Ok(())
    });
}

#[test]
fn an_invoice_another_account_got_for_the_same_rfc_is_found_on_the_wizard() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let cents = 54_300;
        let (folio, web_id) = wizard_numbers(cents);
        let ana = Case::open(case.installation, "ana").await?;
        let mut uuids = Vec::new();
        for case in [&ana, case] {
            let ticket = wizard_ticket(case.profile, &folio, &web_id, &pesos(cents));
            let id = case.submit(&ticket).await?.task_id;
            let answered = solve(case, id).await?;
            let done = case.completed(id, answered).await?;
            uuids.push(delivered(&case.client, &done).await?.cfdi.uuid);
        }
        assert_eq!(uuids[0], uuids[1], "one invoice, found twice");
        assert_eq!(case.installation.control().submits(&folio).await?.count, 1);
        Ok(())
    });
}

/// The connection breaks after the portal has done it: never pressed again, found by recovery.
#[test]
fn a_lost_answer_to_the_final_button_is_recovered_without_a_second_press() {
    world::run_alone(async |case| {
        let control = case.installation.control();
        let fault = json!({ "portal": "plain", "kind": "drop_after_post" });
        let number = plain_number(31_111);
        let ticket = plain_ticket(case.profile, &number, &pesos(31_111));
        control.fault(&fault).await?;
        let id = case.submit(&ticket).await?.task_id;
        let task = case.completed(id, 0).await?;
        assert_eq!(control.submits(&number).await?.count, 1);
        let started = case.events(id).await?;
        let outcome = started.iter().find(|e| e.event == "task.submit_outcome");
        let outcome = outcome.map(|e| e.data["outcome"].clone());
        assert_eq!(outcome, Some(json!("unknown")), "the answer was lost");
        delivered(&case.client, &task).await?;
        Ok(())
    });
}
