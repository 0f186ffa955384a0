//! What must be so after any fault: the log is whole, the read models are a fold of it, and the
//! sockets brought all of it.

use anyhow::{Context, ensure};
use commands::EventLog;
use domain::TaskId;
use schemas::PublicEvent;
use schemas::rest::CommandAnswer;
use sqlx::PgPool;
use std::collections::BTreeMap;
use tests::{Case, Follower, PATIENCE, eventually};

/// Everything in this module, for these tasks.
pub async fn holds(
    case: &Case<'_>,
    answers: &[CommandAnswer],
    followers: &[(TaskId, Follower)],
) -> anyhow::Result<()> {
    let pool = case.installation.admin_pool().await?;
    let head = log_is_whole(&pool).await?;
    acknowledged_is_there(&pool, answers).await?;
    read_models_are_a_fold(&pool, head).await?;
    for (id, follower) in followers {
        socket_brought_all(case, *id, follower).await?;
    }
    pool.close().await;
    Ok(())
}

/// Positions and sequences without gaps, times that never fall, hashes that hold. Gives the head.
async fn log_is_whole(pool: &PgPool) -> anyhow::Result<u64> {
    let log = EventLog::from_pool(pool.clone());
    let id = log.log_id().await?;
    let mut at = 0;
    let mut sequences: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut time = None;
    loop {
        let events = log.read_after(at, 500).await?;
        if events.is_empty() {
            return Ok(at);
        }
        for event in events {
            ensure!(event.position == at + 1, "a gap after position {at}");
            ensure!(
                event.hashes_hold(id),
                "the hashes break at {}",
                event.position
            );
            ensure!(
                time <= Some(event.recorded_at),
                "time fell at {}",
                event.position
            );
            let key = (event.aggregate_type.clone(), event.aggregate_id.clone());
            let last = sequences.entry(key).or_default();
            ensure!(
                event.sequence == *last + 1,
                "{event:?} after sequence {last}"
            );
            *last = event.sequence;
            time = Some(event.recorded_at);
            at = event.position;
        }
    }
}

/// What was answered with a position stands at that position.
async fn acknowledged_is_there(pool: &PgPool, answers: &[CommandAnswer]) -> anyhow::Result<()> {
    for answer in answers {
        let task: Option<String> = sqlx::query_scalar(
            "SELECT aggregate_id FROM log.events
             WHERE position = $1 AND aggregate_type = 'task' AND sequence = $2",
        )
        .bind(i64::try_from(answer.position)?)
        .bind(i64::try_from(answer.sequence)?)
        .fetch_optional(pool)
        .await?;
        ensure!(
            task == Some(answer.task_id.to_string()),
            "lost: {answer:?}, found {task:?}"
        );
    }
    Ok(())
}

/// The read models reach the head, nothing is parked, and every row is what a fold of the log gives.
async fn read_models_are_a_fold(pool: &PgPool, head: u64) -> anyhow::Result<()> {
    let head = i64::try_from(head)?;
    eventually("the read models to catch up", PATIENCE, || async {
        let behind: i64 =
            sqlx::query_scalar("SELECT count(*) FROM read.checkpoints WHERE position < $1")
                .bind(head)
                .fetch_one(pool)
                .await?;
        Ok((behind == 0).then_some(()))
    })
    .await?;
    let parked: i64 = sqlx::query_scalar("SELECT count(*) FROM read.parked")
        .fetch_one(pool)
        .await?;
    ensure!(parked == 0, "{parked} events are parked");
    let checked = projector::check(pool, &EventLog::from_pool(pool.clone())).await?;
    ensure!(checked.differences.is_empty(), "{:#?}", checked.differences);
    Ok(())
}

/// The socket brought every event of the task, in order, none twice.
async fn socket_brought_all(
    case: &Case<'_>,
    id: TaskId,
    follower: &Follower,
) -> anyhow::Result<()> {
    let stored = case.events(id).await?;
    let last = stored.last().context("no events")?.sequence;
    let came = follower
        .until("the last event", |seen| {
            seen.last().is_some_and(|e| e.sequence >= last)
        })
        .await?;
    let firsts = |events: &[PublicEvent]| -> Vec<(u64, String)> {
        let mut all: Vec<(u64, String)> = Vec::new();
        for event in events {
            // What is published beside an event may be cut off with the socket.
            if all
                .last()
                .is_none_or(|(sequence, _)| *sequence != event.sequence)
            {
                all.push((event.sequence, event.event.clone()));
            }
        }
        all
    };
    ensure!(
        firsts(&came) == firsts(&stored),
        "sent: {came:#?}\nstored: {stored:#?}"
    );
    Ok(())
}
