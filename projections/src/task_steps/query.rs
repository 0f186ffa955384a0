//! Queries of the table `task_steps`.

use crate::error::ReadError;
use crate::page::{Listed, limit};
use crate::user_tx::UserTx;
use chrono::{DateTime, Utc};
use domain::TaskId;
use schemas::rest::StepView;
use sqlx::FromRow;

#[derive(FromRow)]
struct Row {
    sequence: i64,
    at: DateTime<Utc>,
    kind: String,
    field: Option<String>,
    content: Option<String>,
    outcome: String,
    duration_ms: i64,
}

/// A page of a task's steps, the first first; at most 200. Another user's task has none.
///
/// # Errors
/// [`ReadError`]; `BadCursor` when `cursor` is not the `next` of such a page.
pub async fn list(
    tx: &mut UserTx,
    task: TaskId,
    cursor: Option<&str>,
    asked: u32,
) -> Result<Listed<StepView>, ReadError> {
    let after: i64 = match cursor {
        Some(cursor) => cursor.parse().map_err(|_| ReadError::BadCursor)?,
        None => 0,
    };
    let limit = limit(asked);
    let rows: Vec<Row> = sqlx::query_as(
        "select sequence, at, kind, field, content, outcome, duration_ms from read.task_steps \
         where task_id = $1 and sequence > $2 order by sequence limit $3",
    )
    .bind(task.0)
    .bind(after)
    .bind(i64::from(limit) + 1)
    .fetch_all(tx.db())
    .await?;
    let items = rows.into_iter().map(view).collect();
    Ok(Listed::cut(items, limit, |step: &StepView| {
        step.sequence.to_string()
    }))
}

fn view(row: Row) -> StepView {
    StepView {
        sequence: row.sequence.unsigned_abs(),
        at: row.at,
        kind: row.kind,
        field: row.field,
        content: row.content,
        outcome: row.outcome,
        duration_ms: row.duration_ms.unsigned_abs(),
    }
}
