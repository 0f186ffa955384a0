//! From events to the table `browser_sessions`.

use crate::error::ApplyError;
use crate::{Change, big};
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
    match event {
        TaskEvent::SessionOpened {
            epoch,
            session,
            provider,
        } => {
            sqlx::query(
                "insert into browser_sessions (session_id, task_id, owner, epoch, provider, \
                 status, opened_at, sequence, position) \
                 values ($1, $2, $3, $4, $5, 'open', $6, $7, $8) \
                 on conflict (session_id) do nothing",
            )
            .bind(session.0)
            .bind(id.0)
            .bind(owner.0)
            .bind(big(*epoch))
            .bind(provider)
            .bind(change.recorded_at)
            .bind(big(change.sequence))
            .bind(big(change.position))
            .execute(db)
            .await?;
        }
        TaskEvent::SessionClosed { session, reason } => {
            sqlx::query(
                "update browser_sessions set status = 'closed', closed_at = $3, \
                 close_reason = $4, sequence = $5, position = $6 \
                 where session_id = $1 and task_id = $2 and sequence < $5",
            )
            .bind(session.0)
            .bind(id.0)
            .bind(change.recorded_at)
            .bind(reason)
            .bind(big(change.sequence))
            .bind(big(change.position))
            .execute(db)
            .await?;
        }
        _ => {}
    }
    Ok(())
}
