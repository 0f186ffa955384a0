//! The sign of life of a human who holds control: stamped while their socket is open. The reactor
//! lets control lapse when it stops.

use domain::TaskId;
use sqlx::PgPool;

/// Stamps `work.control_beats`; that table only.
#[derive(Clone)]
pub struct ControlBeats(PgPool);

impl ControlBeats {
    /// Over a pool of the api's role.
    pub fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// The holder is there. A failure is logged: the next stamp comes in two seconds.
    pub async fn stamp(&self, task: TaskId, control_epoch: u64) {
        let stamped = sqlx::query(
            "INSERT INTO work.control_beats (task_id, control_epoch, beat_at)
             VALUES ($1, $2, now())
             ON CONFLICT (task_id) DO UPDATE
             SET control_epoch = excluded.control_epoch, beat_at = excluded.beat_at",
        )
        .bind(task.0)
        .bind(i64::try_from(control_epoch).unwrap_or(i64::MAX))
        .execute(&self.0)
        .await;
        if let Err(error) = stamped {
            tracing::warn!(%error, %task, "control beat not stamped");
        }
    }
}
