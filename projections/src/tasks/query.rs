//! Queries of the table `tasks`.

use super::{Sort, TaskRecord};
use crate::error::ReadError;
use crate::page::{Listed, limit};
use crate::user_tx::UserTx;
use chrono::{DateTime, NaiveDate, Utc};
use domain::task::{Status, WaitingFor};
use domain::{TaskId, UserId};
use serde_json::Value;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

/// Which tasks a list shows, and in which order; the default is all that are not archived, the last
/// changed first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Any of these; empty means every status.
    pub statuses: Vec<Status>,
    /// Any of these; empty means every wait.
    pub waiting_for: Vec<WaitingFor>,
    pub portal: Option<String>,
    /// Bought on that day or later.
    pub from: Option<NaiveDate>,
    /// Bought on that day or before.
    pub to: Option<NaiveDate>,
    /// The archived ones instead of the others.
    pub archived: bool,
    pub sort: Sort,
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

/// A page of the user's tasks; at most 200.
///
/// # Errors
/// [`ReadError`]; `BadCursor` when `cursor` is not the `next` of such a page of the same order.
pub async fn list(
    tx: &mut UserTx,
    filter: &TaskFilter,
    cursor: Option<&str>,
    asked: u32,
) -> Result<Listed<TaskRecord>, ReadError> {
    let sort = filter.sort;
    let after = cursor.map(|cursor| sort.place(cursor)).transpose()?;
    let limit = limit(asked);
    let mut sql = QueryBuilder::new(
        "select task_id, owner, state, extra, created_at, updated_at, sequence, position \
         from read.tasks where archived = ",
    );
    sql.push_bind(filter.archived);
    if !filter.statuses.is_empty() {
        let statuses: Vec<&str> = filter.statuses.iter().map(|s| s.as_str()).collect();
        sql.push(" and status = any(").push_bind(statuses).push(")");
    }
    if !filter.waiting_for.is_empty() {
        let waits: Vec<&str> = filter.waiting_for.iter().map(|w| w.as_str()).collect();
        sql.push(" and waiting_for = any(")
            .push_bind(waits)
            .push(")");
    }
    if let Some(portal) = &filter.portal {
        sql.push(" and portal = ").push_bind(portal);
    }
    if let Some(from) = filter.from {
        sql.push(" and purchase_date >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        sql.push(" and purchase_date <= ").push_bind(to);
    }
    if let Some(place) = after {
        sort.push_after(&mut sql, place);
    }
    sort.push_order(&mut sql);
    sql.push(" limit ").push_bind(i64::from(limit) + 1);
    let rows: Vec<Row> = sql.build_query_as().fetch_all(tx.db()).await?;
    let items = rows.into_iter().map(record).collect::<Result<_, _>>()?;
    Ok(Listed::cut(items, limit, |item| sort.cursor(item)))
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
