//! NATS killed, wiped, put back from an older copy, purged: the log does not notice.

use crate::truth;
use crate::world;
use anyhow::Context;
use kit::subjects;
use schemas::rest::CommandAnswer;
use tests::builders::{pesos, plain_number, plain_ticket};
use tests::{Case, Follower, PATIENCE, delivered, eventually};

struct Ticket {
    answer: CommandAnswer,
    number: String,
    socket: Follower,
}

async fn ticket(case: &Case<'_>, cents: u32) -> anyhow::Result<Ticket> {
    let number = plain_number(cents);
    let answer = case
        .submit(&plain_ticket(case.profile, &number, &pesos(cents)))
        .await?;
    let socket = Follower::start(&case.client, answer.task_id);
    Ok(Ticket {
        answer,
        number,
        socket,
    })
}

async fn ticket_at_work(case: &Case<'_>, cents: u32) -> anyhow::Result<Ticket> {
    let ticket = ticket(case, cents).await?;
    ticket.socket.until_event("task.step").await?;
    Ok(ticket)
}

async fn finish(case: &Case<'_>, ticket: &Ticket) -> anyhow::Result<()> {
    let done = case.completed(ticket.answer.task_id, 0).await?;
    delivered(&case.client, &done).await?;
    let submits = case.installation.control().submits(&ticket.number).await?;
    assert_eq!(submits.count, 1, "{}", ticket.number);
    Ok(())
}

#[test]
fn the_broker_may_die_forget_and_fall_back() {
    world::run(&[("RELEVO_AGENT__SLOTS", "3")], async |case| {
        let nats = case.installation.stack.nats();
        let mut tickets = Vec::new();

        // Killed and wiped while three tasks run.
        for cents in [10_100, 10_200, 10_300] {
            tickets.push(ticket(case, cents).await?);
        }
        for ticket in &tickets {
            ticket.socket.until_event("task.step").await?;
        }
        nats.kill9().await?;
        nats.wipe().await?;
        nats.start_again().await?;
        for ticket in &tickets {
            finish(case, ticket).await?;
        }
        refilled(case).await?;

        // Put back from an older copy, so that consumers were ahead of their stream.
        let copy = case.installation.stack.dir().join("nats-copy");
        nats.stop().await?;
        nats.snapshot_store(&copy).await?;
        nats.start_again().await?;
        tickets.push(ticket(case, 10_400).await?);
        finish(case, tickets.last().context("a ticket")?).await?;
        refilled(case).await?;
        tickets.push(ticket_at_work(case, 10_500).await?);
        nats.kill9().await?;
        nats.restore_store(&copy).await?;
        nats.start_again().await?;
        finish(case, tickets.last().context("a ticket")?).await?;
        refilled(case).await?;

        // Purged in mid-run.
        tickets.push(ticket_at_work(case, 10_600).await?);
        let jetstream = async_nats::jetstream::new(async_nats::connect(nats.url()).await?);
        jetstream
            .get_stream(subjects::EVENTS_STREAM)
            .await?
            .purge()
            .await?;
        finish(case, tickets.last().context("a ticket")?).await?;
        refilled(case).await?;

        // Not there at all for a whole run.
        nats.kill9().await?;
        tickets.push(ticket(case, 10_700).await?);
        finish(case, tickets.last().context("a ticket")?).await?;
        nats.start_again().await?;
        refilled(case).await?;

        let answers: Vec<CommandAnswer> = tickets.iter().map(|t| t.answer.clone()).collect();
        let sockets: Vec<_> = tickets
            .into_iter()
            .map(|t| (t.answer.task_id, t.socket))
            .collect();
        truth::holds(case, &answers, &sockets).await
    });
}

/// The stream's last message is the log's last event, as the chain tells.
async fn refilled(case: &Case<'_>) -> anyhow::Result<()> {
    let pool = case.installation.admin_pool().await?;
    let nats = async_nats::connect(case.installation.stack.nats().url()).await?;
    let jetstream = async_nats::jetstream::new(nats);
    eventually(
        "the stream to be at the head of the log",
        PATIENCE,
        || async {
            let (position, chain): (i64, Vec<u8>) = sqlx::query_as(
                "SELECT position, chain FROM log.events ORDER BY position DESC LIMIT 1",
            )
            .fetch_one(&pool)
            .await?;
            let stream = jetstream.get_stream(subjects::EVENTS_STREAM).await?;
            let last = stream.cached_info().state.last_sequence;
            let message = stream.get_raw_message(last).await?;
            let header = |name| {
                message
                    .headers
                    .get(name)
                    .map(|value| value.as_str().to_owned())
            };
            let at = header(subjects::header::POSITION) == Some(position.to_string())
                && header(subjects::header::CHAIN) == Some(kit::reader::hex(&chain));
            Ok(at.then_some(()))
        },
    )
    .await?;
    pool.close().await;
    Ok(())
}
