//! `kill -9` of Relevo at every recorded step of a run.

use crate::truth;
use crate::world::{self, no_browser_left};
use anyhow::ensure;
use client::ClientError;
use domain::TaskId;
use schemas::rest::CommandAnswer;
use sqlx::PgPool;
use std::time::Duration;
use tests::builders::{pesos, plain_number, plain_ticket, wizard_numbers, wizard_ticket};
use tests::{Case, PATIENCE, delivered};

/// The lease of a killed worker ends sooner than in production; nothing else differs.
const ENV: [(&str, &str); 1] = [("RELEVO_REACTOR__LEASE_SECONDS", "6")];

struct Ticket {
    answer: CommandAnswer,
    number: String,
}

async fn ticket(case: &Case<'_>, cents: u32) -> anyhow::Result<Ticket> {
    let number = plain_number(cents);
    let answer = case
        .submit(&plain_ticket(case.profile, &number, &pesos(cents)))
        .await?;
    Ok(Ticket { answer, number })
}

/// The task's last sequence and whether its run is over: completed, and its browser closed.
async fn progress(pool: &PgPool, id: TaskId) -> anyhow::Result<(u64, bool)> {
    let (last, over): (i64, bool) = sqlx::query_as(
        "SELECT max(sequence), bool_or(event_type = 'SessionClosed')
             AND bool_or(event_type = 'TaskCompleted')
         FROM log.events WHERE aggregate_type = 'task' AND aggregate_id = $1",
    )
    .bind(id.to_string())
    .fetch_one(pool)
    .await?;
    Ok((last.unsigned_abs(), over))
}

/// Waits, looking often, until the log shows that sequence of the task; false when the run is over
/// before.
async fn reaches(pool: &PgPool, id: TaskId, wanted: u64) -> anyhow::Result<bool> {
    let looking = async {
        loop {
            let (last, over) = progress(pool, id).await?;
            if last >= wanted || over {
                return Ok(last >= wanted);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await?
}

/// Kills Relevo, sees that no browser is left, and starts it again.
async fn crash(case: &Case<'_>) -> anyhow::Result<()> {
    case.installation.kill_relevo().await?;
    no_browser_left(case.installation).await?;
    case.installation.start_relevo().await
}

/// COMPLETED with a good invoice, or asks; the final button was pressed once at most.
async fn settled(case: &Case<'_>, ticket: &Ticket) -> anyhow::Result<bool> {
    let submits = async || {
        let control = case.installation.control();
        anyhow::Ok(control.submits(&ticket.number).await?.count)
    };
    let task = case.ended(ticket.answer.task_id, 1).await?;
    ensure!(submits().await? <= 1, "pressed {} times", submits().await?);
    if task.status == "COMPLETED" {
        delivered(&case.client, &task).await?;
        return Ok(true);
    }
    ensure!(
        task.intervention.is_some(),
        "neither done nor asking: {task:#?}"
    );
    Ok(false)
}

/// Ticket after ticket, each killed one recorded step later than the one before, until a run ends
/// before its turn comes. Two halves side by side, to spend less time waiting for leases to end.
fn killed_at_every_second_step(first: u64) {
    world::run_beside(&ENV, async |case| {
        let pool = case.installation.admin_pool().await?;
        let mut answers = Vec::new();
        let (mut done, mut asking) = (0, 0);
        for step in (first..).step_by(2) {
            let ticket = ticket(case, 30_000 + u32::try_from(step)? * 10).await?;
            let reached = reaches(&pool, ticket.answer.task_id, step).await?;
            if reached {
                crash(case).await?;
            }
            match settled(case, &ticket).await? {
                true => done += 1,
                false => asking += 1,
            }
            answers.push(ticket.answer);
            if !reached {
                eprintln!("runs of {step} steps: {done} completed, {asking} ask");
                break;
            }
        }
        assert!(
            answers.len() > 10,
            "that was no run: {} steps",
            answers.len()
        );
        pool.close().await;
        truth::holds(case, &answers, &[]).await
    });
}

#[test]
fn relevo_killed_at_every_odd_step_of_a_run() {
    killed_at_every_second_step(1);
}

#[test]
fn relevo_killed_at_every_even_step_of_a_run() {
    killed_at_every_second_step(2);
}

/// A client that got no answer repeats its command under its key, and it is done once.
#[test]
fn a_command_without_an_answer_is_repeated_and_done_once() {
    world::run_beside(&ENV, async |case| {
        let number = plain_number(41_000);
        let ticket = plain_ticket(case.profile, &number, &pesos(41_000));
        let asking = {
            let (client, ticket) = (case.client.clone(), ticket.clone());
            tokio::spawn(async move { client.create_task(&ticket, Some("crash")).await })
        };
        crash(case).await?;
        let first: Result<CommandAnswer, ClientError> = asking.await?;
        let answer = case.client.create_task(&ticket, Some("crash")).await?;
        case.remember(answer.task_id);
        if let Ok(first) = first {
            assert_eq!(first.task_id, answer.task_id);
        }
        let done = case.completed(answer.task_id, 0).await?;
        delivered(&case.client, &done).await?;
        assert_eq!(case.installation.control().submits(&number).await?.count, 1);
        let all = case.client.tasks("limit=100").await?;
        assert_eq!(all.items.len(), 1, "one task");
        Ok(())
    });
}

/// A crash while a human drives: nothing is counted as a failure, the question stays, and the task
/// goes on when its owner comes back.
#[test]
fn relevo_killed_while_a_human_holds_control() {
    world::run_beside(&ENV, async |case| {
        let control = case.installation.control();
        let (folio, web_id) = wizard_numbers(42_000);
        let ticket = wizard_ticket(case.profile, &folio, &web_id, &pesos(42_000));
        let answer = case.submit(&ticket).await?;
        let id = answer.task_id;
        case.question(id, "captcha", None).await?;
        let taken = case.client.command(id, "take-control").await?;
        crash(case).await?;
        let parked = case
            .until(id, "the lost browser to be noticed", |t| {
                t.sequence > taken.sequence && t.session.is_none()
            })
            .await?;
        assert_eq!(parked.status, "INTERVENTION_NEEDED", "{parked:#?}");
        assert_eq!((parked.attempts, parked.control.as_str()), (0, "agent"));
        let resumed = case.client.command(id, "resume").await?;
        case.until(id, "the next run", |t| t.sequence > resumed.sequence)
            .await?;
        let question = case.question(id, "captcha", None).await?;
        let text = serde_json::json!(control.captcha().await?);
        let answered = case.client.answer(id, question.id, text).await?;
        let done = case.completed(id, answered.sequence).await?;
        delivered(&case.client, &done).await?;
        assert_eq!(control.submits(&folio).await?.count, 1);
        truth::holds(case, &[answer, taken, resumed, answered], &[]).await
    });
}
