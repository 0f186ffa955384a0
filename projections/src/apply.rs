//! From changes to rows.

use crate::error::ApplyError;
use crate::tasks::TaskFold;
use crate::{Body, Change, browser_sessions, inbox, invoices, profiles, task_steps, tasks};
use domain::TaskId;
use domain::task::TaskEvent;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};

/// Applies changes, in the order of the log, to every read model of the schema chosen by
/// [`crate::use_read`] or [`crate::use_shadow`], in the caller's transaction. A change that was
/// applied before does nothing.
///
/// # Errors
/// [`ApplyError`]; the transaction (or savepoint) must then be rolled back.
pub async fn apply(db: &mut PgConnection, changes: &[Change]) -> Result<(), ApplyError> {
    let touched: BTreeSet<TaskId> = changes
        .iter()
        .filter_map(|change| match &change.body {
            Body::Task(id, _) => Some(*id),
            _ => None,
        })
        .collect();
    let mut folds = tasks::load(db, &touched).await?;
    let mut moved = BTreeSet::new();
    for change in changes {
        match &change.body {
            Body::Task(id, event) => {
                if apply_task(db, &mut folds, *id, event, change).await? {
                    moved.insert(*id);
                }
            }
            Body::Account(user, event) => profiles::project(db, *user, event, change).await?,
            Body::Other => {}
        }
    }
    for id in moved {
        if let Some(fold) = folds.get(&id) {
            tasks::store(db, id, fold).await?;
            inbox::project(db, id, fold).await?;
        }
    }
    Ok(())
}

/// False when the change had been applied before.
async fn apply_task(
    db: &mut PgConnection,
    folds: &mut BTreeMap<TaskId, TaskFold>,
    id: TaskId,
    event: &TaskEvent,
    change: &Change,
) -> Result<bool, ApplyError> {
    let fold = folds.entry(id).or_default();
    if change.sequence <= fold.sequence {
        return Ok(false);
    }
    if change.sequence != fold.sequence + 1 {
        return Err(ApplyError::Gap {
            aggregate: format!("task {id}"),
            wanted: fold.sequence + 1,
            found: change.sequence,
        });
    }
    fold.apply(event, change);
    if let Some(owner) = fold.task.owner() {
        task_steps::project(db, id, owner, event, change).await?;
        browser_sessions::project(db, id, owner, event, change).await?;
        invoices::project(db, id, fold, event, change).await?;
    }
    Ok(true)
}
