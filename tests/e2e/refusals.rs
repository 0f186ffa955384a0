//! What portals refuse, on both of them.

use crate::captcha::solve;
use crate::world;
use anyhow::Context;
use chrono::TimeDelta;
use domain::TaskId;
use schemas::rest::{AmendTask, CreateTask, TaskView};
use tests::builders::{pesos, plain_number, plain_ticket, wizard_numbers, wizard_ticket};
use tests::{Case, delivered, eventually};

const PRICE: u32 = 11_600;

/// A plain ticket that the portal answers in that way.
async fn plain(case: &Case<'_>, kind: &str) -> anyhow::Result<(String, CreateTask)> {
    let number = plain_number(PRICE);
    case.installation
        .control()
        .plain_ticket(&number, PRICE, kind)
        .await?;
    let ticket = plain_ticket(case.profile, &number, &pesos(PRICE));
    Ok((number, ticket))
}

async fn wizard(case: &Case<'_>, kind: &str) -> anyhow::Result<(String, CreateTask)> {
    let (folio, web_id) = wizard_numbers(PRICE);
    case.installation
        .control()
        .wizard_ticket(&folio, &web_id, PRICE, kind)
        .await?;
    let ticket = wizard_ticket(case.profile, &folio, &web_id, &pesos(PRICE));
    Ok((folio, ticket))
}

struct Refusal {
    class: &'static str,
    rejection: Option<&'static str>,
    retryable: bool,
}

fn expect(task: &TaskView, expected: &Refusal) {
    assert_eq!(task.status, "FAILED", "{task:#?}");
    let failure = task.failure.as_ref().expect("a failure");
    assert_eq!(failure.class, expected.class, "{failure:?}");
    assert_eq!(
        failure.rejection.as_deref(),
        expected.rejection,
        "{failure:?}"
    );
    assert_eq!(failure.retryable, expected.retryable, "{failure:?}");
    assert_eq!(task.can_retry, expected.retryable);
    assert!(!failure.next_step.is_empty());
    assert!(task.invoice.is_none());
}

async fn refused_by_plain(case: &Case<'_>, kind: &str, refusal: Refusal) -> anyhow::Result<TaskId> {
    let (number, ticket) = plain(case, kind).await?;
    let id = case.submit(&ticket).await?.task_id;
    expect(&case.ended(id, 0).await?, &refusal);
    assert!(case.installation.control().submits(&number).await?.count <= 1);
    Ok(id)
}

async fn refused_by_wizard(case: &Case<'_>, kind: &str, refusal: Refusal) -> anyhow::Result<()> {
    let _wizard = world::wizard().await;
    let (folio, ticket) = wizard(case, kind).await?;
    let id = case.submit(&ticket).await?.task_id;
    let answered = solve(case, id).await?;
    expect(&case.ended(id, answered).await?, &refusal);
    assert!(case.installation.control().submits(&folio).await?.count <= 1);
    Ok(())
}

const fn rejected(reason: &'static str, retryable: bool) -> Refusal {
    Refusal {
        class: "ticket_rejected",
        rejection: Some(reason),
        retryable,
    }
}

const EXPIRED: Refusal = Refusal {
    class: "expired",
    rejection: None,
    retryable: false,
};

#[test]
fn a_ticket_the_portals_do_not_know() {
    world::run(async |case| {
        refused_by_plain(case, "not_found", rejected("not_found", true)).await?;
        refused_by_wizard(case, "not_found", rejected("not_found", true)).await
    });
}

#[test]
fn a_ticket_that_is_too_old() {
    world::run(async |case| {
        refused_by_plain(case, "expired", EXPIRED).await?;
        refused_by_wizard(case, "expired", EXPIRED).await
    });
}

#[test]
fn a_ticket_invoiced_to_somebody_else() {
    world::run(async |case| {
        let refusal = || rejected("already_invoiced_elsewhere", false);
        let kind = "already_invoiced_elsewhere";
        let id = refused_by_plain(case, kind, refusal()).await?;
        let retry = case.client.command(id, "retry").await.unwrap_err();
        assert_eq!(retry.problem().expect("a problem").code(), "not-retryable");
        refused_by_wizard(case, kind, refusal()).await
    });
}

#[test]
fn fiscal_data_the_authority_does_not_take() {
    world::run(async |case| {
        refused_by_plain(
            case,
            "fiscal_refused",
            rejected("fiscal_data_refused", true),
        )
        .await?;
        refused_by_wizard(
            case,
            "fiscal_refused",
            rejected("fiscal_data_refused", true),
        )
        .await
    });
}

#[test]
fn a_mistyped_total_is_amended_and_tried_again() {
    world::run(async |case| {
        let number = plain_number(PRICE);
        let ticket = plain_ticket(case.profile, &number, "115.00");
        let id = case.submit(&ticket).await?.task_id;
        expect(&case.ended(id, 0).await?, &rejected("amount_differs", true));
        let retried = amend_and_retry(case, id, &ticket).await?;
        confirmed(case, id, retried).await?;
        assert_eq!(case.installation.control().submits(&number).await?.count, 2);
        Ok(())
    });
}

#[test]
fn a_mistyped_total_on_the_wizard() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let (folio, web_id) = wizard_numbers(PRICE);
        let ticket = wizard_ticket(case.profile, &folio, &web_id, "115.00");
        let id = case.submit(&ticket).await?.task_id;
        let answered = solve(case, id).await?;
        expect(
            &case.ended(id, answered).await?,
            &rejected("amount_differs", true),
        );
        let retried = amend_and_retry(case, id, &ticket).await?;
        case.until(id, "the second run", |t| t.sequence > retried)
            .await?;
        let answered = solve(case, id).await?;
        confirmed(case, id, answered).await?;
        assert_eq!(case.installation.control().submits(&folio).await?.count, 1);
        Ok(())
    });
}

async fn amend_and_retry(case: &Case<'_>, id: TaskId, was: &CreateTask) -> anyhow::Result<u64> {
    let mut fields = was.fields.clone();
    fields.insert("total".to_owned(), pesos(PRICE));
    let amendment = AmendTask {
        fields: Some(fields),
        ..AmendTask::default()
    };
    case.client.amend(id, &amendment).await?;
    let retried = case.client.command(id, "retry").await?;
    assert_eq!(retried.status, "PENDING");
    Ok(retried.sequence)
}

/// Whoever confirmed, confirmed other values: the agent asks before the final button.
async fn confirmed(case: &Case<'_>, id: TaskId, after: u64) -> anyhow::Result<()> {
    let task = case.ended(id, after).await?;
    let question = task.intervention.context("it did not ask")?;
    assert_eq!(question.kind, "confirm", "{question:?}");
    let yes = serde_json::json!(true);
    let answered = case.client.answer(id, question.id, yes).await?;
    let done = case.completed(id, answered.sequence).await?;
    delivered(&case.client, &done).await?;
    Ok(())
}

#[test]
fn a_ticket_that_is_too_new_waits_and_is_invoiced_later() {
    world::run(async |case| {
        let (number, ticket) = plain(case, "too_new").await?;
        let id = case.submit(&ticket).await?.task_id;
        let waiting = deferred(case, id).await?;
        assert_eq!(waiting.attempts, 0, "waiting is not an attempt");
        // The portal has it 20 s after it was first asked for it.
        let control = case.installation.control();
        let asked = control
            .first_look_up(&number)
            .await?
            .context("never asked for")?;
        eventually("the portal to have the ticket", tests::PATIENCE, || async {
            let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
            Ok((now > asked + TimeDelta::seconds(20)).then_some(()))
        })
        .await?;
        woken(case, id).await?;
        Ok(())
    });
}

#[test]
fn a_ticket_that_is_too_new_on_the_wizard() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let (folio, ticket) = wizard(case, "too_new").await?;
        let id = case.submit(&ticket).await?.task_id;
        solve(case, id).await?;
        deferred(case, id).await?;
        let web_id = &ticket.fields["web_id"];
        let control = case.installation.control();
        control.wizard_ticket(&folio, web_id, PRICE, "ok").await?;
        wake(case, id).await?;
        let answered = solve(case, id).await?;
        let done = case.completed(id, answered).await?;
        delivered(&case.client, &done).await?;
        Ok(())
    });
}

async fn deferred(case: &Case<'_>, id: TaskId) -> anyhow::Result<TaskView> {
    let task = case
        .until(id, "the task to be put off", |t| {
            t.deferrals == 1 || t.failure.is_some()
        })
        .await?;
    assert_eq!(
        (task.status.as_str(), task.waiting_for.as_str()),
        ("PENDING", "not_before"),
        "{task:#?}"
    );
    assert!(
        task.not_before.is_some() && task.session.is_none(),
        "{task:#?}"
    );
    Ok(task)
}

/// The owner's word ends the wait.
async fn wake(case: &Case<'_>, id: TaskId) -> anyhow::Result<u64> {
    case.client.command(id, "pause").await?;
    Ok(case.client.command(id, "resume").await?.sequence)
}

async fn woken(case: &Case<'_>, id: TaskId) -> anyhow::Result<()> {
    let resumed = wake(case, id).await?;
    let done = case.completed(id, resumed).await?;
    delivered(&case.client, &done).await?;
    Ok(())
}
