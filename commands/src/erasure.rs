//! Erasing a profile or an account, step by step.
//!
//! 1. [`Eraser::begin`]: the event `ErasureBegun` blocks it. It is not used and not shown any more.
//! 2. [`Eraser::cancel`]: its open tasks are cancelled, until all of them have ended.
//! 3. [`Eraser::close`]: no process reads or makes its data keys any more. What was read before is
//!    used for a minute ([`Eraser::keys_run_out`]).
//! 4. [`Eraser::destroy`]: the data keys, and the files they sealed.
//! 5. [`Eraser::complete`]: the event `ErasureCompleted`.
//!
//! Every step may be repeated and finds what is done already, so whoever was killed anywhere begins
//! anew. The log and its chain stay as they are: what they hold of it no longer opens.

use crate::bus::{CommandBus, LogConfig};
use crate::context::{Actor, CommandId, Context};
use crate::error::{ExecuteError, LogError};
use crate::log::EventLog;
use crate::objects::ObjectsError;
use crate::vault::{ArtifactFiles, KEPT_FOR};
use domain::account::{Account, AccountCommand, AccountError};
use domain::task::{Task, TaskCommand, TaskError, TaskEvent};
use domain::{ArtifactId, ProfileId, SessionId, TaskId, UserId};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr as _;
use std::time::Duration;
use thiserror::Error;
use uuid::Uuid;

/// [`KEPT_FOR`], and some time for the commit of the closing: a key read before others see it is used
/// for a minute from then on. `vault.destroy_keys` asks for the same.
const RUN_OUT_AFTER: Duration = KEPT_FOR.saturating_add(Duration::from_secs(15));

/// What is erased: a profile, or a whole account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Erasure {
    pub user: UserId,
    /// `None`: everything of the user.
    pub profile: Option<ProfileId>,
}

impl fmt::Display for Erasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.profile {
            Some(profile) => write!(f, "profile {profile} of user {}", self.user),
            None => write!(f, "account {}", self.user),
        }
    }
}

/// What [`Eraser::destroy`] destroyed now; less when it was here before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Destroyed {
    /// Versions of data keys.
    pub keys: u64,
    /// Files that were still there.
    pub files: usize,
}

/// Why a step of an erasure could not be done.
#[derive(Debug, Error)]
pub enum EraseError {
    #[error("the account refuses")]
    Account(#[from] ExecuteError<AccountError>),
    #[error("task {task} refuses")]
    Task {
        task: TaskId,
        #[source]
        source: Box<ExecuteError<TaskError>>,
    },
    #[error("the log is unavailable")]
    Log(#[from] LogError),
    #[error("the database does not answer; has `relevo migrate` run?")]
    Database(#[from] sqlx::Error),
    #[error("a file can't be removed")]
    Files(#[from] ObjectsError),
    /// Its keys may still be in use.
    #[error("{0} was not closed a minute ago")]
    NotClosed(Erasure),
}

/// Erases. Its role needs what `relevo_erase` has.
#[derive(Debug)]
pub struct Eraser {
    bus: CommandBus,
    /// Over a pool of its own, since it may read all of the log.
    log: EventLog,
    pool: PgPool,
    files: ArtifactFiles,
}

impl Eraser {
    /// Connects as the role in the URL of `config`.
    ///
    /// # Errors
    /// When the database does not answer or has no log.
    pub async fn connect(config: &LogConfig, files: ArtifactFiles) -> Result<Self, EraseError> {
        let bus = CommandBus::connect(config).await?;
        let options =
            PgConnectOptions::from_str(&config.url)?.options([("statement_timeout", "0")]);
        let pool = PgPoolOptions::new().max_connections(2);
        let pool = pool.connect_with(options).await?;
        Ok(Self {
            bus,
            log: EventLog::from_pool(pool.clone()),
            pool,
            files,
        })
    }

    /// The profile, with the user it was added for.
    ///
    /// # Errors
    /// When the log can't be read.
    pub async fn profile(&self, id: ProfileId) -> Result<Option<Erasure>, EraseError> {
        let user = self.log.owner_of(id).await?;
        let profile = Some(id);
        Ok(user.map(|user| Erasure { user, profile }))
    }

    /// Every erasure that has begun, by the log or by the vault: after a restore they may differ.
    ///
    /// # Errors
    /// When the log or the vault can't be read.
    pub async fn begun(&self) -> Result<BTreeSet<Erasure>, EraseError> {
        let of_log = self.log.erasures().await?.into_iter();
        let mut all: BTreeSet<_> = of_log
            .map(|(user, profile)| Erasure { user, profile })
            .collect();
        let rows: Vec<(Uuid, Option<Uuid>)> =
            sqlx::query_as("select user_id, profile_id from vault.erasures")
                .fetch_all(&self.pool)
                .await?;
        all.extend(rows.into_iter().map(|(user, profile)| Erasure {
            user: UserId(user),
            profile: profile.map(ProfileId),
        }));
        Ok(all)
    }

    /// Whether the account, and the profile, are in the log: in a restored one they may not be.
    ///
    /// # Errors
    /// When the log can't be read.
    pub async fn is_known(&self, erasure: Erasure) -> Result<bool, EraseError> {
        let loaded = self.bus.load::<Account>(&erasure.user.to_string()).await?;
        Ok(loaded.is_some_and(|loaded| {
            let profiles = loaded.state.profiles;
            erasure.profile.is_none_or(|id| profiles.contains_key(&id))
        }))
    }

    /// Blocks it.
    ///
    /// # Errors
    /// When the account or the profile is unknown; [`EraseError`].
    pub async fn begin(&self, erasure: Erasure) -> Result<(), EraseError> {
        // The row first: the api goes by it, and nothing may be shown after the event.
        if self.is_known(erasure).await? {
            sqlx::query(
                "insert into vault.erasures (user_id, profile_id) values ($1, $2) \
                 on conflict do nothing",
            )
            .bind(erasure.user.0)
            .bind(erasure.profile.map(|id| id.0))
            .execute(&self.pool)
            .await?;
        }
        let command = match erasure.profile {
            Some(profile) => AccountCommand::EraseProfile { profile },
            None => AccountCommand::EraseAccount,
        };
        self.tell(erasure, command, "erase").await
    }

    /// Cancels its open tasks; answers those that have not ended yet, because the final button was
    /// pressed and nobody has seen the outcome. Asked again, one that nobody is left to see it of
    /// ends too.
    ///
    /// # Errors
    /// [`EraseError`].
    pub async fn cancel(&self, erasure: Erasure) -> Result<Vec<TaskId>, EraseError> {
        let mut open = Vec::new();
        for task in self.log.tasks_of(erasure.user).await? {
            let id = task.to_string();
            let Some(loaded) = self.bus.load::<Task>(&id).await? else {
                continue;
            };
            let its = erasure.profile.is_none() || loaded.state.profile() == erasure.profile;
            if !its || loaded.state.status.is_finished() {
                continue;
            }
            let sequence = loaded.sequence.to_string();
            let command_id = CommandId::derived(&["erase-cancel", &id, &sequence]);
            let cancel = TaskCommand::CancelTask;
            let context = operator(command_id);
            match self.bus.execute::<Task>(&id, cancel, &context).await {
                Ok(done) if done.state.status.is_finished() => {}
                Ok(_) => open.push(task),
                // It has ended by itself.
                Err(ExecuteError::Refused(TaskError::WrongStatus { .. })) => {}
                Err(source) => {
                    let source = Box::new(source);
                    return Err(EraseError::Task { task, source });
                }
            }
        }
        Ok(open)
    }

    /// No process reads or makes its data keys from here on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn close(&self, erasure: Erasure) -> Result<(), EraseError> {
        sqlx::query("select vault.close_erasure($1, $2)")
            .bind(erasure.user.0)
            .bind(erasure.profile.map(|id| id.0))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// How long until no process can have one of its data keys in memory.
    ///
    /// # Errors
    /// [`EraseError::NotClosed`]; when the database does not answer.
    pub async fn keys_run_out(&self, erasure: Erasure) -> Result<Duration, EraseError> {
        let closed_for: Option<f64> = sqlx::query_scalar(
            "select extract(epoch from clock_timestamp() - closed_at)::float8 from vault.erasures \
             where user_id = $1 and profile_id is not distinct from $2",
        )
        .bind(erasure.user.0)
        .bind(erasure.profile.map(|id| id.0))
        .fetch_optional(&self.pool)
        .await?
        .flatten();
        let closed_for = closed_for.ok_or(EraseError::NotClosed(erasure))?;
        Ok(RUN_OUT_AFTER.saturating_sub(Duration::from_secs_f64(closed_for.max(0.0))))
    }

    /// Destroys its data keys, then removes the files they sealed.
    ///
    /// # Errors
    /// [`EraseError::NotClosed`] when that was not a minute ago; [`EraseError`].
    pub async fn destroy(&self, erasure: Erasure) -> Result<Destroyed, EraseError> {
        if !self.keys_run_out(erasure).await?.is_zero() {
            return Err(EraseError::NotClosed(erasure));
        }
        let keys: i64 = sqlx::query_scalar("select vault.destroy_keys($1, $2)")
            .bind(erasure.user.0)
            .bind(erasure.profile.map(|id| id.0))
            .fetch_one(&self.pool)
            .await?;
        let mut files = 0;
        for task in self.log.tasks_of(erasure.user).await? {
            for id in self.files_without_key(task).await? {
                self.files.remove(id).await?;
                files += 1;
            }
        }
        let keys = keys.unsigned_abs();
        Ok(Destroyed { keys, files })
    }

    /// Records that nothing is left of it.
    ///
    /// # Errors
    /// [`EraseError`].
    pub async fn complete(&self, erasure: Erasure) -> Result<(), EraseError> {
        let profile = erasure.profile;
        let command = AccountCommand::CompleteErasure { profile };
        self.tell(erasure, command, "erased").await
    }

    /// The browsers of its tasks that nobody has said to be closed: their profiles lie unsealed on an
    /// agent's disk, until that agent closes them or, at its next start, sweeps them away.
    ///
    /// # Errors
    /// [`EraseError`].
    pub async fn open_browsers(
        &self,
        erasure: Erasure,
    ) -> Result<Vec<(TaskId, SessionId)>, EraseError> {
        let mut open = Vec::new();
        for task in self.log.tasks_of(erasure.user).await? {
            let Some(loaded) = self.bus.load::<Task>(&task.to_string()).await? else {
                continue;
            };
            let its = erasure.profile.is_none() || loaded.state.profile() == erasure.profile;
            let sessions = loaded.state.open_sessions.into_iter().filter(|_| its);
            open.extend(sessions.map(|session| (task, session)));
        }
        Ok(open)
    }

    /// The files of a task whose data key is destroyed. Its history doesn't tell which: a file may have
    /// been sealed anew when the task was given another profile.
    async fn files_without_key(&self, task: TaskId) -> Result<Vec<ArtifactId>, EraseError> {
        let mut files = Vec::new();
        for recorded in self.bus.history::<Task>(&task.to_string()).await? {
            let TaskEvent::ArtifactStored { artifact } = recorded.event else {
                continue;
            };
            let Some(key) = self.files.key_of(artifact.id).await? else {
                continue;
            };
            let kept: bool = sqlx::query_scalar("select vault.has_key($1)")
                .bind(key)
                .fetch_one(&self.pool)
                .await?;
            if !kept {
                files.push(artifact.id);
            }
        }
        Ok(files)
    }

    async fn tell(
        &self,
        erasure: Erasure,
        command: AccountCommand,
        what: &str,
    ) -> Result<(), EraseError> {
        let user = erasure.user.to_string();
        let profile = erasure.profile.map(|id| id.to_string());
        let command_id = CommandId::derived(&[what, &user, profile.as_deref().unwrap_or_default()]);
        let context = operator(command_id);
        self.bus
            .execute::<Account>(&user, command, &context)
            .await?;
        Ok(())
    }
}

fn operator(command_id: CommandId) -> Context {
    Context::new(command_id, Actor::Operator("erase".to_owned()))
}
