//! The end: files, a table beside what was expected, and the count of lost events.

use crate::follow::Follower;
use anyhow::Context;
use client::{Client, words};
use std::path::Path;
use std::time::Duration;
use tests::{Installation, eventually, until_task};

const READ_MODELS_WITHIN: Duration = Duration::from_secs(30);

/// Writes the invoices, prints the table, and says whether all came out as expected.
pub async fn print(
    installation: &Installation,
    client: &Client,
    followers: &[Follower],
    out: &Path,
) -> anyhow::Result<bool> {
    println!(
        "\n{:<10} {:<38} {:<22} {:>8}",
        "ticket", "resultado", "esperado", "duración"
    );
    let mut all_met = true;
    let mut files = Vec::new();
    for follower in followers {
        let position = follower.seen().position;
        let task = until_task(
            client,
            follower.id,
            "the read model",
            READ_MODELS_WITHIN,
            |task| task.position >= position,
        )
        .await?;
        let met = follower.entry.expected.is_met(&task);
        all_met &= met;
        println!(
            "{:<10} {:<38} {:<22} {:>6.1} s {}",
            follower.entry.label,
            words::status(&task),
            follower.entry.expected.words(),
            follower.took().unwrap_or_default().as_secs_f32(),
            if met { "✓" } else { "✗" },
        );
        if task.invoice.is_some() {
            files.push(client.save_invoice(&task, out).await?);
        }
    }
    println!();
    for file in &files {
        println!("{}", file.xml.display());
        if let Some(pdf) = &file.pdf {
            println!("{}", pdf.display());
        }
    }
    let (lost, first, last) = lost_events(installation, followers).await?;
    println!("\n{lost} events lost, positions {first} → {last}");
    Ok(all_met && lost == 0)
}

/// What the log holds of these tasks and their sockets did not bring, plus gaps in the log and
/// positions the read models did not reach.
async fn lost_events(
    installation: &Installation,
    followers: &[Follower],
) -> anyhow::Result<(i64, i64, i64)> {
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
    Ok((lost, first, last))
}
