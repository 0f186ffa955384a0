//! Queries of the table `browser_sessions`.

use super::BrowserSession;
use crate::error::ReadError;
use crate::user_tx::UserTx;
use chrono::{DateTime, Utc};
use domain::{SessionId, TaskId};
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    session_id: Uuid,
    task_id: Uuid,
    epoch: i64,
    provider: String,
    status: String,
    opened_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    close_reason: Option<String>,
}

/// Every browser of a task, the first first.
///
/// # Errors
/// [`ReadError`].
pub async fn list(tx: &mut UserTx, task: TaskId) -> Result<Vec<BrowserSession>, ReadError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select session_id, task_id, epoch, provider, status, opened_at, closed_at, close_reason \
         from read.browser_sessions where task_id = $1 order by opened_at, session_id",
    )
    .bind(task.0)
    .fetch_all(tx.db())
    .await?;
    Ok(rows.into_iter().map(view).collect())
}

fn view(row: Row) -> BrowserSession {
    BrowserSession {
        session_id: SessionId(row.session_id),
        task_id: TaskId(row.task_id),
        epoch: row.epoch.unsigned_abs(),
        provider: row.provider,
        status: row.status,
        opened_at: row.opened_at,
        closed_at: row.closed_at,
        close_reason: row.close_reason,
    }
}
