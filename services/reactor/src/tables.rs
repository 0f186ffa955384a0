//! The reactor's own tables, `work.*`, and the events' way into them.

use crate::memory::Memory;
use crate::options::ReactorOptions;
use crate::plan::{self, Kind, Retention, Work};
use chrono::{DateTime, Utc};
use commands::StoredEvent;
use domain::TaskId;
use kit::reader::Checkpoint;
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// `bigint` in tables, never negative.
pub(crate) fn big(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A task on its way through a batch.
#[derive(Default)]
struct Touched {
    memory: Memory,
    sequence: u64,
    broken: Option<String>,
    timers: BTreeMap<Kind, (Option<DateTime<Utc>>, u64)>,
    /// What became of its passing files, when that changed.
    retention: Option<Option<Retention>>,
    changed: bool,
}

/// Applies events to the tables in the caller's transaction. True when work may be waiting.
pub(crate) async fn apply(
    db: &mut PgConnection,
    events: &[StoredEvent],
    options: &ReactorOptions,
) -> Result<bool, sqlx::Error> {
    let ids: BTreeMap<&str, TaskId> = events
        .iter()
        .filter(|event| event.aggregate_type == "task")
        .filter_map(|event| {
            Some((
                event.aggregate_id.as_str(),
                event.aggregate_id.parse().ok()?,
            ))
        })
        .collect();
    let mut tasks = load(db, &ids.values().copied().collect()).await?;
    for event in events {
        if let Some(id) = ids.get(event.aggregate_id.as_str())
            && event.aggregate_type == "task"
        {
            tasks.entry(*id).or_default().take(event, options);
        }
    }
    let mut waiting = false;
    for (id, task) in tasks.into_iter().filter(|(_, task)| task.changed) {
        waiting |= store(db, id, task).await?;
    }
    Ok(waiting)
}

impl Touched {
    fn take(&mut self, event: &StoredEvent, options: &ReactorOptions) {
        if self.broken.is_some() || event.sequence <= self.sequence {
            return;
        }
        self.changed = true;
        let decoded = match event.task_event() {
            Ok(_) if event.sequence != self.sequence + 1 => Err(format!(
                "event {} came where {} was due",
                event.sequence,
                self.sequence + 1
            )),
            Ok(decoded) => Ok(decoded),
            Err(error) => Err(error.to_string()),
        };
        self.sequence = event.sequence;
        match decoded {
            Ok(decoded) => {
                let before = plan::wanted(&self.memory, options);
                let kept = plan::retention(&self.memory);
                self.memory
                    .fold(&decoded, event.position, event.recorded_at);
                let after = plan::wanted(&self.memory, options);
                for (kind, due_at) in plan::changes(&before, &after, event.recorded_at) {
                    self.timers.insert(kind, (due_at, event.sequence));
                }
                let keeps = plan::retention(&self.memory);
                if kept != keeps {
                    self.retention = Some(keeps);
                }
            }
            Err(reason) => {
                tracing::error!(
                    position = event.position,
                    reason,
                    "nothing more is done for a task"
                );
                self.timers = Kind::ALL.map(|kind| (kind, (None, event.sequence))).into();
                self.broken = Some(reason);
            }
        }
    }

    fn work(&self) -> Option<Work> {
        match &self.broken {
            None => plan::work(&self.memory),
            Some(_) => None,
        }
    }
}

async fn load(
    db: &mut PgConnection,
    ids: &BTreeSet<TaskId>,
) -> Result<BTreeMap<TaskId, Touched>, sqlx::Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(Uuid, Json<Memory>, i64, Option<String>)> = sqlx::query_as(
        "select task_id, memory, sequence, broken from work.tasks where task_id = any($1)",
    )
    .bind(ids)
    .fetch_all(db)
    .await?;
    let touched = |(id, memory, sequence, broken): (Uuid, Json<Memory>, i64, _)| {
        let touched = Touched {
            memory: memory.0,
            sequence: sequence.unsigned_abs(),
            broken,
            ..Touched::default()
        };
        (TaskId(id), touched)
    };
    Ok(rows.into_iter().map(touched).collect())
}

/// Writes a task's memory, work and timers. True when it waits for a worker.
async fn store(db: &mut PgConnection, id: TaskId, task: Touched) -> Result<bool, sqlx::Error> {
    let held = task.broken.is_none();
    let memory = &task.memory;
    sqlx::query(
        "insert into work.tasks (task_id, memory, lease_epoch, lease_since, control_epoch, \
         control_since, sequence, broken) values ($1, $2, $3, $4, $5, $6, $7, $8) \
         on conflict (task_id) do update set memory = excluded.memory, \
         lease_epoch = excluded.lease_epoch, lease_since = excluded.lease_since, \
         control_epoch = excluded.control_epoch, control_since = excluded.control_since, \
         sequence = excluded.sequence, broken = excluded.broken",
    )
    .bind(id.0)
    .bind(Json(memory))
    .bind(memory.lease_epoch().filter(|_| held).map(big))
    .bind(memory.lease_since)
    .bind(memory.control_epoch().filter(|_| held).map(big))
    .bind(memory.control_since)
    .bind(big(task.sequence))
    .bind(&task.broken)
    .execute(&mut *db)
    .await?;
    for (kind, (due_at, sequence)) in &task.timers {
        store_timer(db, id, *kind, *due_at, *sequence).await?;
    }
    if let Some(retention) = task.retention {
        store_retention(db, id, retention.filter(|_| held), task.sequence).await?;
    }
    let work = task.work();
    store_work(db, id, &task, work.as_ref()).await?;
    Ok(matches!(work, Some(Work::Queued { .. })))
}

async fn store_timer(
    db: &mut PgConnection,
    id: TaskId,
    kind: Kind,
    due_at: Option<DateTime<Utc>>,
    sequence: u64,
) -> Result<(), sqlx::Error> {
    let query = match due_at {
        Some(due_at) => sqlx::query(
            "insert into work.timers (task_id, kind, due_at, sequence) values ($1, $2, $3, $4) \
             on conflict (task_id, kind) do update set due_at = excluded.due_at, \
             sequence = excluded.sequence",
        )
        .bind(id.0)
        .bind(kind.as_str())
        .bind(due_at)
        .bind(big(sequence)),
        None => sqlx::query("delete from work.timers where task_id = $1 and kind = $2")
            .bind(id.0)
            .bind(kind.as_str()),
    };
    query.execute(db).await?;
    Ok(())
}

async fn store_retention(
    db: &mut PgConnection,
    id: TaskId,
    retention: Option<Retention>,
    sequence: u64,
) -> Result<(), sqlx::Error> {
    let Some(retention) = retention else {
        sqlx::query("delete from work.retention where task_id = $1")
            .bind(id.0)
            .execute(db)
            .await?;
        return Ok(());
    };
    let ended_at = match retention {
        Retention::Keep { ended_at } => Some(ended_at),
        Retention::Remove { .. } => None,
    };
    sqlx::query(
        "insert into work.retention (task_id, ended_at, sequence) values ($1, $2, $3) \
         on conflict (task_id) do update set ended_at = excluded.ended_at, \
         sequence = excluded.sequence, tried_at = null",
    )
    .bind(id.0)
    .bind(ended_at)
    .bind(big(sequence))
    .execute(db)
    .await?;
    Ok(())
}

async fn store_work(
    db: &mut PgConnection,
    id: TaskId,
    task: &Touched,
    work: Option<&Work>,
) -> Result<(), sqlx::Error> {
    let (Some(work), Some(submission)) = (work, &task.memory.task.submission) else {
        sqlx::query("delete from work.work where task_id = $1")
            .bind(id.0)
            .execute(db)
            .await?;
        return Ok(());
    };
    let (state, head, not_before, epoch, worker) = match work {
        Work::Queued { head, not_before } => ("queued", *head, *not_before, None, None),
        Work::Running { epoch, worker } => ("running", false, None, Some(*epoch), Some(worker)),
    };
    // A reservation outlives an amendment, not a claim.
    sqlx::query(
        "insert into work.work as w (task_id, owner, portal, state, priority, not_before, \
         position, epoch, worker, sequence) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         on conflict (task_id) do update set portal = excluded.portal, state = excluded.state, \
         priority = excluded.priority, not_before = excluded.not_before, epoch = excluded.epoch, \
         worker = excluded.worker, sequence = excluded.sequence, \
         reserved_by = case when w.state = excluded.state then w.reserved_by end, \
         reserved_until = case when w.state = excluded.state then w.reserved_until end",
    )
    .bind(id.0)
    .bind(submission.owner.0)
    .bind(&submission.ticket.portal)
    .bind(state)
    .bind(i16::from(head))
    .bind(not_before)
    .bind(big(task.memory.position))
    .bind(epoch.map(big))
    .bind(worker)
    .bind(big(task.sequence))
    .execute(db)
    .await?;
    Ok(())
}

/// Where the reactor stands; `lock` holds the row to the end of the transaction.
pub(crate) async fn checkpoint(
    db: &mut PgConnection,
    lock: bool,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let sql = match lock {
        true => "select log_id, position, chain from work.checkpoint for update",
        false => "select log_id, position, chain from work.checkpoint",
    };
    let row: Option<(Uuid, i64, Vec<u8>)> = sqlx::query_as(sql).fetch_optional(db).await?;
    Ok(row.map(|(log_id, position, chain)| Checkpoint {
        log_id,
        position: position.unsigned_abs(),
        chain,
    }))
}

/// Moves the reactor.
pub(crate) async fn store_checkpoint(
    db: &mut PgConnection,
    at: &Checkpoint,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into work.checkpoint (log_id, position, chain) values ($1, $2, $3) \
         on conflict (singleton) do update set log_id = excluded.log_id, \
         position = excluded.position, chain = excluded.chain, updated_at = clock_timestamp()",
    )
    .bind(at.log_id)
    .bind(big(at.position))
    .bind(&at.chain)
    .execute(db)
    .await?;
    Ok(())
}
