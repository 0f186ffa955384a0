//! From events to the table `task_steps`.

use crate::error::ApplyError;
use crate::{Change, big, name_of};
use domain::task::TaskEvent;
use domain::{TaskId, UserId};
use sqlx::PgConnection;

pub(crate) async fn project(
    db: &mut PgConnection,
    id: TaskId,
    owner: UserId,
    event: &TaskEvent,
    change: &Change,
) -> Result<(), ApplyError> {
    let TaskEvent::StepRecorded { epoch, step } = event else {
        return Ok(());
    };
    sqlx::query(
        "insert into task_steps (task_id, sequence, owner, epoch, at, kind, field, content, \
         outcome, duration_ms, position) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         on conflict (task_id, sequence) do nothing",
    )
    .bind(id.0)
    .bind(big(change.sequence))
    .bind(owner.0)
    .bind(big(*epoch))
    .bind(change.recorded_at)
    .bind(name_of(&step.kind))
    .bind(&step.field)
    .bind(&step.content)
    .bind(name_of(&step.outcome))
    .bind(big(step.duration_ms))
    .bind(big(change.position))
    .execute(db)
    .await?;
    Ok(())
}
