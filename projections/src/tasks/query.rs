//! Queries of the table `tasks`.

use super::TaskRecord;
use crate::error::ReadError;
use crate::page::{Listed, limit, parse_time_cursor, time_cursor};
use crate::user_tx::UserTx;
use chrono::{DateTime, Utc};
use domain::task::Status;
use domain::{TaskId, UserId};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

/// Which tasks a list shows; the default is all that are not archived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Any of these; empty means every status.
    pub statuses: Vec<Status>,
    pub portal: Option<String>,
    /// The archived ones instead of the others.
    pub archived: bool,
}

#[derive(FromRow)]
struct Row {
    task_id: Uuid,
    owner: Uuid,
    state: Value,
    extra: Value,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    sequence: i64,
    position: i64,
}

/// One task of the user; another's is `None`, like one that does not exist.
///
/// # Errors
/// [`ReadError`].
pub async fn get(tx: &mut UserTx, id: TaskId) -> Result<Option<TaskRecord>, ReadError> {
    let row: Option<Row> = sqlx::query_as(
        "select task_id, owner, state, extra, created_at, updated_at, sequence, position \
         from read.tasks where task_id = $1",
    )
    .bind(id.0)
    .fetch_optional(tx.db())
    .await?;
    row.map(record).transpose()
}

/// A page of the user's tasks, the last changed first; at most 200.
///
/// # Errors
/// [`ReadError`]; `BadCursor` when `cursor` is not the `next` of such a page.
pub async fn list(
    tx: &mut UserTx,
    filter: &TaskFilter,
    cursor: Option<&str>,
    asked: u32,
) -> Result<Listed<TaskRecord>, ReadError> {
    let (before, before_id) = parse_time_cursor(cursor)?.unzip();
    let statuses: Vec<&str> = filter.statuses.iter().map(|s| s.as_str()).collect();
    let limit = limit(asked);
    let rows: Vec<Row> = sqlx::query_as(
        "select task_id, owner, state, extra, created_at, updated_at, sequence, position \
         from read.tasks \
         where (cardinality($1::text[]) = 0 or status = any($1)) \
         and ($2::text is null or portal = $2) and archived = $3 \
         and ($4::timestamptz is null or (updated_at, task_id) < ($4, $5)) \
         order by updated_at desc, task_id desc limit $6",
    )
    .bind(statuses)
    .bind(filter.portal.as_deref())
    .bind(filter.archived)
    .bind(before)
    .bind(before_id)
    .bind(i64::from(limit) + 1)
    .fetch_all(tx.db())
    .await?;
    let items = rows.into_iter().map(record).collect::<Result<_, _>>()?;
    Ok(Listed::cut(items, limit, |item: &TaskRecord| {
        time_cursor(item.updated_at, item.task_id.0)
    }))
}

fn record(row: Row) -> Result<TaskRecord, ReadError> {
    let corrupt = |source| ReadError::Corrupt {
        model: "tasks",
        source,
    };
    Ok(TaskRecord {
        task_id: TaskId(row.task_id),
        owner: UserId(row.owner),
        task: serde_json::from_value(row.state).map_err(corrupt)?,
        extra: serde_json::from_value(row.extra).map_err(corrupt)?,
        created_at: row.created_at,
        updated_at: row.updated_at,
        sequence: row.sequence.unsigned_abs(),
        position: row.position.unsigned_abs(),
    })
}
