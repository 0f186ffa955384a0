//! A ticket of the portal with one form.

use crate::world;
use anyhow::Context;
use domain::cfdi::{SignatureState, parse, signature};
use tests::builders::{pesos, plain_number, plain_ticket};
use tests::{Case, Delivered, delivered};

async fn invoice(case: &Case<'_>, cents: u32) -> anyhow::Result<Delivered> {
    let number = plain_number(cents);
    let ticket = plain_ticket(case.profile, &number, &pesos(cents));
    let task = case.submit(&ticket).await?;
    assert!(task.created);
    let done = case.completed(task.task_id, 0).await?;
    let submits = case.installation.control().submits(&number).await?;
    assert_eq!(submits.count, 1, "presses of the final button");
    assert!(done.warnings.is_empty(), "{:?}", done.warnings);
    delivered(&case.client, &done).await
}

#[test]
fn a_ticket_becomes_a_verified_invoice_and_two_runs_differ() {
    world::run(async |case| {
        let (first, second) = tokio::try_join!(invoice(case, 12_350), invoice(case, 12_350))?;
        assert_ne!(first.cfdi.uuid, second.cfdi.uuid);
        assert_ne!(first.sello, second.sello);
        assert!(first.pdf.is_some() && first.pdf != second.pdf);
        Ok(())
    });
}

#[test]
fn one_changed_cent_breaks_the_signature() {
    world::run(async |case| {
        let invoice = invoice(case, 48_217).await?;
        assert_eq!(signature(&invoice.cfdi), SignatureState::Valid);
        let xml = String::from_utf8(invoice.xml)?;
        let changed = xml.replacen(" Total=\"482.17\"", " Total=\"482.18\"", 1);
        assert_ne!(xml, changed, "the total was not found");
        let altered = parse(changed.as_bytes())?;
        assert_eq!(signature(&altered), SignatureState::Invalid);
        Ok(())
    });
}

#[test]
fn the_steps_tell_what_was_done_and_hide_what_was_typed() {
    world::run(async |case| {
        let number = plain_number(7_777);
        let ticket = plain_ticket(case.profile, &number, &pesos(7_777));
        let id = case.submit(&ticket).await?.task_id;
        let done = case.completed(id, 0).await?;
        let steps = case.client.steps(id).await?.items;
        for field in [
            "ticket", "total", "rfc", "nombre", "cp", "regimen", "uso_cfdi",
        ] {
            let step = steps.iter().find(|s| s.field.as_deref() == Some(field));
            let step = step.with_context(|| format!("no step of {field}"))?;
            assert_eq!(step.outcome, "ok", "{step:?}");
        }
        let told = serde_json::to_string(&(steps, case.events(id).await?))?;
        for secret in [&number, "XIQB891116QE4", "BERENICE XIMO QUEZADA"] {
            assert!(!told.contains(secret), "{secret} is told");
        }
        assert!(done.session.is_none(), "the session is over: {done:?}");
        Ok(())
    });
}
