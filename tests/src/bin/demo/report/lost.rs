//! Whether anything was lost.

use super::facts::LogFacts;
use crate::follow::Follower;
use anyhow::Context;
use std::time::Duration;
use tests::{Installation, eventually};

const READ_MODELS_WITHIN: Duration = Duration::from_secs(30);

/// What the log holds of these tasks and their sockets did not bring, plus gaps in the log. Fails
/// when the read models don't reach the log's end.
pub async fn count(
    installation: &Installation,
    followers: &[Follower],
) -> anyhow::Result<LogFacts> {
    let pool = installation.admin_pool().await?;
    let (first, last, count): (i64, i64, i64) =
        sqlx::query_as("SELECT min(position), max(position), count(*) FROM log.events")
            .fetch_one(&pool)
            .await?;
    let mut lost = last - first + 1 - count;
    for follower in followers {
        // A session closes after its task has ended and its socket with it.
        let stored: Vec<i64> = sqlx::query_scalar(
            "SELECT sequence FROM log.events
             WHERE aggregate_type = 'task' AND aggregate_id = $1 AND position <= $2",
        )
        .bind(follower.id.to_string())
        .bind(i64::try_from(follower.seen().position)?)
        .fetch_all(&pool)
        .await?;
        let seen = follower.seen().sequences;
        lost += stored
            .iter()
            .filter(|sequence| !seen.contains(&sequence.unsigned_abs()))
            .count() as i64;
    }
    eventually("the read models", READ_MODELS_WITHIN, || async {
        let behind: i64 =
            sqlx::query_scalar("SELECT count(*) FROM read.checkpoints WHERE position < $1")
                .bind(last)
                .fetch_one(&pool)
                .await?;
        Ok((behind == 0).then_some(()))
    })
    .await
    .context("a read model is behind the log")?;
    Ok(LogFacts { lost, first, last })
}
