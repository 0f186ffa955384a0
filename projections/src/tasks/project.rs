//! From events to the table `tasks`.

use super::{Extra, TaskFold};
use crate::big;
use crate::error::ApplyError;
use chrono::{DateTime, Utc};
use domain::TaskId;
use domain::task::Task;
use serde_json::Value;
use sqlx::{FromRow, PgConnection};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    task_id: Uuid,
    state: Value,
    extra: Value,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    sequence: i64,
    position: i64,
}

/// The tasks as they stand; those that are not there yet are left out.
pub(crate) async fn load(
    db: &mut PgConnection,
    ids: &BTreeSet<TaskId>,
) -> Result<BTreeMap<TaskId, TaskFold>, ApplyError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select task_id, state, extra, created_at, updated_at, sequence, position \
         from tasks where task_id = any($1)",
    )
    .bind(ids)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| Ok((TaskId(row.task_id), fold(row)?)))
        .collect()
}

fn fold(row: Row) -> Result<TaskFold, ApplyError> {
    Ok(TaskFold {
        task: serde_json::from_value::<Task>(row.state).map_err(corrupt)?,
        extra: serde_json::from_value::<Extra>(row.extra).map_err(corrupt)?,
        created_at: row.created_at,
        updated_at: row.updated_at,
        sequence: row.sequence.unsigned_abs(),
        position: row.position.unsigned_abs(),
    })
}

fn corrupt(source: serde_json::Error) -> ApplyError {
    let model = "tasks";
    ApplyError::Corrupt { model, source }
}

/// Writes a task; a newer row stays.
pub(crate) async fn store(
    db: &mut PgConnection,
    id: TaskId,
    fold: &TaskFold,
) -> Result<(), ApplyError> {
    let task = &fold.task;
    let Some(submission) = &task.submission else {
        return Err(ApplyError::Gap {
            aggregate: format!("task {id}"),
            wanted: 1,
            found: fold.sequence,
        });
    };
    let total = submission.ticket.total;
    sqlx::query(UPSERT)
        .bind(id.0)
        .bind(submission.owner.0)
        .bind(submission.profile.0)
        .bind(&submission.ticket.portal)
        .bind(task.status.as_str())
        .bind(task.waiting_for.as_str())
        .bind(task.not_before)
        .bind(task.submit.as_str())
        .bind(i64::from(task.attempts))
        .bind(i64::from(task.deferrals))
        .bind(submission.ticket.purchase_date)
        .bind(total.map(|m| m.cents))
        .bind(total.map(|m| m.currency.as_str().to_owned()))
        .bind(submission.window.as_ref().map(|w| w.until))
        .bind(task.failure.as_ref().map(|f| f.class.as_str()))
        .bind(task.archived)
        .bind(serde_json::to_value(task).map_err(corrupt)?)
        .bind(serde_json::to_value(&fold.extra).map_err(corrupt)?)
        .bind(fold.created_at)
        .bind(fold.updated_at)
        .bind(big(fold.sequence))
        .bind(big(fold.position))
        .execute(db)
        .await?;
    Ok(())
}

const UPSERT: &str = "insert into tasks as t (task_id, owner, profile, portal, status, waiting_for, \
     not_before, submit, attempts, deferrals, purchase_date, total_cents, currency, window_until, \
     failure_class, archived, state, extra, created_at, updated_at, sequence, position) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
     $20, $21, $22) \
     on conflict (task_id) do update set profile = excluded.profile, portal = excluded.portal, \
     status = excluded.status, waiting_for = excluded.waiting_for, \
     not_before = excluded.not_before, submit = excluded.submit, attempts = excluded.attempts, \
     deferrals = excluded.deferrals, purchase_date = excluded.purchase_date, \
     total_cents = excluded.total_cents, currency = excluded.currency, \
     window_until = excluded.window_until, failure_class = excluded.failure_class, \
     archived = excluded.archived, state = excluded.state, extra = excluded.extra, \
     updated_at = excluded.updated_at, sequence = excluded.sequence, \
     position = excluded.position \
     where t.sequence < excluded.sequence";
