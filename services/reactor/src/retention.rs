//! Passing files (screenshots, session data) end here: so long after the end of their task an event
//! says that each is erased, and only then the file is removed. A crash between the two leaves a
//! file that nobody gives out any more; its row stays until the store has removed it.

use crate::effects::Effects;
use crate::options::ReactorOptions;
use commands::{ArtifactFiles, CommandBus, CommandId};
use domain::TaskId;
use domain::task::{ErasureReason, Task, TaskCommand};
use sqlx::PgPool;
use uuid::Uuid;

/// Tasks looked at in one round.
const ROUND: i64 = 100;

/// The hands that erase. Apart from the other effects: a store that does not answer keeps no
/// heartbeat waiting.
pub(crate) struct Eraser {
    pub(crate) bus: CommandBus,
    pub(crate) pool: PgPool,
    pub(crate) nats: async_nats::Client,
    pub(crate) files: ArtifactFiles,
    pub(crate) options: ReactorOptions,
}

impl Eraser {
    /// One round over what is due.
    pub(crate) async fn round(&self) -> anyhow::Result<()> {
        self.decide().await?;
        self.remove().await
    }

    /// Erases, by events, what was kept long enough.
    async fn decide(&self) -> anyhow::Result<()> {
        let due: Vec<Uuid> = sqlx::query_scalar(
            "select task_id from work.retention \
             where ended_at <= now() - make_interval(secs => $1) \
             order by ended_at, task_id limit $2",
        )
        .bind(self.options.screenshots.as_secs_f64())
        .bind(ROUND)
        .fetch_all(&self.pool)
        .await?;
        for task in due.into_iter().map(TaskId) {
            let Some(loaded) = self.bus.load::<Task>(&task.to_string()).await? else {
                continue;
            };
            for id in loaded.state.passing_artifacts() {
                let reason = ErasureReason::Retention;
                let command = TaskCommand::EraseArtifact { id, reason };
                // By the task's end too: one that was opened again in between is asked again.
                let end = loaded.state.epoch.to_string();
                let parts = ["erase-artifact", &task.to_string(), &id.to_string(), &end];
                let command_id = CommandId::derived(&parts);
                Effects::execute_by(&self.bus, &self.nats, task, command, command_id).await;
            }
        }
        Ok(())
    }

    /// Removes the files of what was erased. What fails is tried again a minute later.
    async fn remove(&self) -> anyhow::Result<()> {
        let due: Vec<(Uuid, i64)> = sqlx::query_as(
            "update work.retention set tried_at = now() where task_id in ( \
                 select task_id from work.retention where ended_at is null \
                 and (tried_at is null or tried_at < now() - interval '1 minute') \
                 order by tried_at nulls first, task_id limit $1) \
             returning task_id, sequence",
        )
        .bind(ROUND)
        .fetch_all(&self.pool)
        .await?;
        for (task, sequence) in due {
            let loaded = self.bus.load::<Task>(&task.to_string()).await?;
            let erased = loaded.map(|loaded| loaded.state.erased).unwrap_or_default();
            let mut removed = Ok(());
            for id in erased {
                removed = removed.and(self.files.remove(id).await);
            }
            if let Err(error) = removed {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(%task, error, "erased files are not removed yet");
                continue;
            }
            sqlx::query("delete from work.retention where task_id = $1 and sequence = $2 and ended_at is null")
                .bind(task)
                .bind(sequence)
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }
}
