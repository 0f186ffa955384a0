//! Queries of the table `inbox`.

use super::InboxItem;
use crate::error::ReadError;
use crate::user_tx::UserTx;
use chrono::{DateTime, Utc};
use domain::{InterventionId, ProfileId, TaskId};
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    task_id: Uuid,
    portal: String,
    status: String,
    reason: String,
    intervention: Option<Uuid>,
    guide: Option<String>,
    answer_by: Option<DateTime<Utc>>,
    window_until: Option<DateTime<Utc>>,
    session_lives: bool,
    since: DateTime<Utc>,
}

/// What waits for the user, but for tasks of the profiles that are blocked; the longest waiting
/// first, at most 200.
///
/// # Errors
/// [`ReadError`].
pub async fn list(tx: &mut UserTx, blocked: &[ProfileId]) -> Result<Vec<InboxItem>, ReadError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select i.task_id, i.portal, i.status, i.reason, i.intervention, i.guide, i.answer_by, \
         i.window_until, i.session_lives, i.since \
         from read.inbox i join read.tasks t on t.task_id = i.task_id \
         where t.profile <> all($1) order by i.since, i.task_id limit 200",
    )
    .bind(blocked.iter().map(|id| id.0).collect::<Vec<_>>())
    .fetch_all(tx.db())
    .await?;
    Ok(rows.into_iter().map(view).collect())
}

fn view(row: Row) -> InboxItem {
    InboxItem {
        task_id: TaskId(row.task_id),
        portal: row.portal,
        status: row.status,
        reason: row.reason,
        intervention: row.intervention.map(InterventionId),
        guide: row.guide,
        answer_by: row.answer_by,
        window_until: row.window_until,
        session_lives: row.session_lives,
        since: row.since,
    }
}
