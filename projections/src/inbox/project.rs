//! From a task's fold to the table `inbox`.

use crate::big;
use crate::error::ApplyError;
use crate::tasks::TaskFold;
use domain::TaskId;
use domain::task::{Status, Task, WaitingFor};
use sqlx::PgConnection;

pub(crate) async fn project(
    db: &mut PgConnection,
    id: TaskId,
    fold: &TaskFold,
) -> Result<(), ApplyError> {
    let task = &fold.task;
    let (Some(submission), WaitingFor::Human) = (&task.submission, task.waiting_for) else {
        sqlx::query("delete from inbox where task_id = $1 and sequence < $2")
            .bind(id.0)
            .bind(big(fold.sequence))
            .execute(db)
            .await?;
        return Ok(());
    };
    let question = task.intervention.as_ref();
    sqlx::query(
        "insert into inbox as i (task_id, owner, portal, status, reason, intervention, guide, \
         answer_by, window_until, session_lives, since, sequence, position) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         on conflict (task_id) do update set portal = excluded.portal, status = excluded.status, \
         reason = excluded.reason, intervention = excluded.intervention, guide = excluded.guide, \
         answer_by = excluded.answer_by, window_until = excluded.window_until, \
         session_lives = excluded.session_lives, since = excluded.since, \
         sequence = excluded.sequence, position = excluded.position \
         where i.sequence < excluded.sequence",
    )
    .bind(id.0)
    .bind(submission.owner.0)
    .bind(&submission.ticket.portal)
    .bind(task.status.as_str())
    .bind(reason(task))
    .bind(question.map(|q| q.id.0))
    .bind(question.map(|q| &q.guide))
    .bind(question.and_then(|q| q.answer_by))
    .bind(submission.window.as_ref().map(|w| w.until))
    .bind(task.session.is_some())
    .bind(fold.extra.since)
    .bind(big(fold.sequence))
    .bind(big(fold.position))
    .execute(db)
    .await?;
    Ok(())
}

/// Why it waits: a human in control, or one who let go, outweighs nothing that was asked.
fn reason(task: &Task) -> &'static str {
    match (&task.intervention, task.status) {
        (Some(question), _) => question.kind.as_str(),
        (None, Status::Paused) => "paused",
        (None, Status::Pending) => "start",
        (None, _) => "control",
    }
}
