//! What the reactor does to the world: commands when a timer is due or a heartbeat stays out.
//!
//! Every command's id is derived from what caused it, so a repeat after a crash gets the first
//! result. A refusal means that events overtook the timer: done. Due times and ages are compared by
//! the database's clock.

use crate::options::ReactorOptions;
use crate::plan::Kind;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use commands::{CommandBus, CommandId, Context, ExecuteError, Since};
use domain::task::{AnswerShape, Intervention, InterventionKind, Task, TaskCommand, TaskError};
use domain::{InterventionId, TaskId};
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

/// Timers looked at in one round.
const ROUND: i64 = 100;

/// Whoever was silent for longer than this has seen an outage, and so have the workers.
const OUTAGE: Duration = Duration::from_secs(5);

/// The hands of the reactor.
pub(crate) struct Effects {
    pub(crate) bus: CommandBus,
    pub(crate) pool: PgPool,
    pub(crate) nats: async_nats::Client,
    pub(crate) options: ReactorOptions,
    /// Heartbeats count from here, by the database's clock: the end of its last outage.
    pub(crate) up_since: Option<DateTime<Utc>>,
    /// When the database answered last.
    pub(crate) answered: Option<Since>,
}

impl Effects {
    /// One round over everything that may be due.
    pub(crate) async fn round(&mut self) -> anyhow::Result<()> {
        let up_since = self.up_since().await?;
        self.fire_timers().await?;
        self.expire_leases(up_since).await?;
        self.lapse_controls(up_since).await?;
        self.answered = Some(Since::now());
        Ok(())
    }

    /// After an outage of the database, or a sleep of this machine, every heartbeat is old, and
    /// nobody is to blame: count anew.
    async fn up_since(&mut self) -> anyhow::Result<DateTime<Utc>> {
        match self.up_since {
            Some(since) if !was_silent(self.answered) => Ok(since),
            _ => {
                let now: DateTime<Utc> = sqlx::query_scalar("select clock_timestamp()")
                    .fetch_one(&self.pool)
                    .await?;
                self.up_since = Some(now);
                Ok(now)
            }
        }
    }

    async fn fire_timers(&self) -> anyhow::Result<()> {
        let due: Vec<(Uuid, String, i64)> = sqlx::query_as(
            "select task_id, kind, sequence from work.timers where due_at <= now() \
             order by due_at, task_id, kind limit $1",
        )
        .bind(ROUND)
        .fetch_all(&self.pool)
        .await?;
        for (task, name, sequence) in due {
            let done = match Kind::parse(&name) {
                Some(kind) => {
                    self.fire(TaskId(task), kind, sequence.unsigned_abs())
                        .await?
                }
                // Of an older program.
                None => true,
            };
            if done {
                sqlx::query(
                    "delete from work.timers where task_id = $1 and kind = $2 and sequence = $3",
                )
                .bind(task)
                .bind(&name)
                .bind(sequence)
                .execute(&self.pool)
                .await?;
            }
        }
        Ok(())
    }

    /// True when the timer has done its work, or was overtaken.
    async fn fire(&self, task: TaskId, kind: Kind, sequence: u64) -> anyhow::Result<bool> {
        let id = CommandId::derived(&[
            "timer",
            &task.to_string(),
            kind.as_str(),
            &sequence.to_string(),
        ]);
        let command = match kind {
            Kind::Park | Kind::AnswerBy => TaskCommand::ParkTask,
            Kind::Expire => TaskCommand::ExpireTask,
            Kind::Delivery => TaskCommand::RequestIntervention {
                epoch: None,
                intervention: missing_delivery(id),
            },
            Kind::Reminder3d | Kind::Reminder1d => return self.remind(task, kind, id).await,
        };
        Ok(self.execute(task, command, id).await)
    }

    /// Notes the reminder as delivered, once. The inbox shows the window's end; this is where other
    /// channels (e-mail) join.
    async fn remind(&self, task: TaskId, kind: Kind, id: CommandId) -> anyhow::Result<bool> {
        sqlx::query(
            "insert into work.deliveries (event_id, target, task_id) values ($1, $2, $3) \
             on conflict do nothing",
        )
        .bind(id.0)
        .bind(kind.as_str())
        .bind(task.0)
        .execute(&self.pool)
        .await?;
        Ok(true)
    }

    async fn expire_leases(&self, up_since: DateTime<Utc>) -> anyhow::Result<()> {
        let silent: Vec<(Uuid, i64)> = sqlx::query_as(
            "select t.task_id, t.lease_epoch from work.tasks t \
             left join work.leases l on l.task_id = t.task_id and l.epoch = t.lease_epoch \
             where t.lease_epoch is not null \
             and greatest(t.lease_since, l.beat_at, $2, pg_postmaster_start_time()) \
                 < now() - make_interval(secs => $1) \
             order by t.task_id limit $3",
        )
        .bind(self.options.lease.as_secs_f64())
        .bind(up_since)
        .bind(ROUND)
        .fetch_all(&self.pool)
        .await?;
        for (task, epoch) in silent {
            let (task, epoch) = (TaskId(task), epoch.unsigned_abs());
            tracing::warn!(%task, epoch, "a worker's heartbeats stopped");
            let id = CommandId::derived(&["lease", &task.to_string(), &epoch.to_string()]);
            let expire = TaskCommand::ExpireLease {
                epoch,
                given_back: false,
            };
            self.execute(task, expire, id).await;
        }
        // Heartbeats of leases that are over.
        sqlx::query(
            "delete from work.leases l where l.beat_at < now() - interval '1 hour' \
             and not exists (select from work.tasks t where t.task_id = l.task_id \
             and t.lease_epoch = l.epoch)",
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn lapse_controls(&self, up_since: DateTime<Utc>) -> anyhow::Result<()> {
        let silent: Vec<(Uuid, i64)> = sqlx::query_as(
            "select t.task_id, t.control_epoch from work.tasks t \
             left join work.control_beats b \
                 on b.task_id = t.task_id and b.control_epoch = t.control_epoch \
             where t.control_epoch is not null \
             and greatest(t.control_since, b.beat_at, $2, pg_postmaster_start_time()) \
                 < now() - make_interval(secs => $1) \
             order by t.task_id limit $3",
        )
        .bind(self.options.control.as_secs_f64())
        .bind(up_since)
        .bind(ROUND)
        .fetch_all(&self.pool)
        .await?;
        for (task, control_epoch) in silent {
            let (task, control_epoch) = (TaskId(task), control_epoch.unsigned_abs());
            let id =
                CommandId::derived(&["control", &task.to_string(), &control_epoch.to_string()]);
            self.execute(task, TaskCommand::LapseControl { control_epoch }, id)
                .await;
        }
        sqlx::query(
            "delete from work.control_beats b where b.beat_at < now() - interval '1 hour' \
             and not exists (select from work.tasks t where t.task_id = b.task_id \
             and t.control_epoch = b.control_epoch)",
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// True when there is nothing more to try.
    async fn execute(&self, task: TaskId, command: TaskCommand, id: CommandId) -> bool {
        Self::execute_by(&self.bus, &self.nats, task, command, id).await
    }

    /// As [`Self::execute`], for other hands.
    pub(crate) async fn execute_by(
        bus: &CommandBus,
        nats: &async_nats::Client,
        task: TaskId,
        command: TaskCommand,
        id: CommandId,
    ) -> bool {
        let name = command.name();
        let context = Context::reactor(id);
        let outcome = bus
            .execute::<Task>(&task.to_string(), command, &context)
            .await;
        match outcome {
            Ok(executed) => {
                if !executed.events.is_empty() {
                    kit::reader::hint(nats);
                }
                true
            }
            // This process's clock is a little behind the database's.
            Err(ExecuteError::Refused(TaskError::WindowEnds { .. })) => false,
            Err(ExecuteError::Refused(refusal)) => {
                tracing::debug!(%task, name, %refusal, "overtaken");
                true
            }
            Err(error @ (ExecuteError::IdReused | ExecuteError::Rejected(_))) => {
                tracing::error!(%task, name, %error, "the log does not take a command");
                true
            }
            Err(error) => {
                tracing::warn!(%task, name, %error, "trying again");
                false
            }
        }
    }
}

/// Whether more time has passed since the last answer than between two rounds.
fn was_silent(answered: Option<Since>) -> bool {
    answered.is_none_or(|at| at.elapsed() > OUTAGE)
}

/// The question that is asked when files did not come by the other way.
fn missing_delivery(id: CommandId) -> Intervention {
    Intervention {
        id: InterventionId(id.part("intervention").0),
        kind: InterventionKind::Delivery,
        guide: "La factura no ha llegado por el medio que indicó el portal. Revisa tu correo, \
                también el no deseado, y sube aquí el XML y el PDF."
            .to_owned(),
        answer: AnswerShape::Files,
        answer_by: None,
    }
}

/// Drops reminders that a rebuild found due already: a rebuild sends nothing.
pub(crate) async fn drop_late_reminders(db: &mut sqlx::PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("delete from work.timers where kind = any($1) and due_at <= now()")
        .bind(&[Kind::Reminder3d.as_str(), Kind::Reminder1d.as_str()][..])
        .execute(db)
        .await?;
    Ok(())
}

/// Where the log ends now.
pub(crate) async fn head(bus: &CommandBus) -> anyhow::Result<u64> {
    Ok(bus.log().head().await?.position)
}

/// Wakes the agents.
pub(crate) async fn work_hint(nats: &async_nats::Client) {
    kit::nats::say(nats, kit::subjects::WORK_HINT.to_owned(), Bytes::new()).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Instant, SystemTime};

    #[test]
    fn a_sleep_of_the_machine_is_an_outage() {
        assert!(was_silent(None));
        assert!(!was_silent(Some(Since::now())));
        let slept = Since::at(Instant::now(), SystemTime::now() - 2 * OUTAGE);
        assert!(was_silent(Some(slept)), "the monotonic clock stood still");
    }
}
