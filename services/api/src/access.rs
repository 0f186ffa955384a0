//! Authorisation as a value: whoever holds an [`OwnedTask`] has shown that the task is theirs, and
//! commands on a task go through it only.

use crate::erasures::Erased;
use crate::errors::{ApiError, ApiResult, erased, not_found};
use crate::extract::Asker;
use crate::state::AppState;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use commands::{Context, Executed};
use domain::task::{Control, Submission, Task, TaskCommand};
use domain::{TaskId, UserId};
use schemas::rest::CommandAnswer;

/// A task of the caller, as the log has it. Another's task and no task at all can't be told apart.
pub struct OwnedTask {
    pub id: TaskId,
    pub task: Task,
    /// What was submitted, as amended.
    pub submission: Submission,
    pub position: u64,
    asker: Asker,
}

impl OwnedTask {
    /// Loads the task and compares its owner.
    ///
    /// # Errors
    /// 404, the same for another's task and for none; 410 when its profile was erased.
    pub async fn load(state: &AppState, asker: Asker, id: TaskId) -> ApiResult<Self> {
        let loaded = state.bus.load::<Task>(&id.to_string()).await?;
        let loaded = loaded.ok_or_else(not_found)?;
        let submission = loaded.state.submission.clone().ok_or_else(not_found)?;
        if submission.owner != asker.user {
            return Err(not_found());
        }
        if asker.erased.covers(submission.profile) {
            return Err(erased());
        }
        Ok(Self {
            id,
            task: loaded.state,
            submission,
            position: loaded.position,
            asker,
        })
    }

    /// The owner, who is the caller.
    pub fn owner(&self) -> UserId {
        self.asker.user
    }

    /// What of the owner's is blocked: other profiles, which this task may have had before.
    pub fn erased(&self) -> &Erased {
        &self.asker.erased
    }

    /// The context of a command on this task.
    pub fn context(&self, body_hash: &str) -> Context {
        self.asker.context(body_hash)
    }

    /// Executes a command on the task and wakes those who read the log.
    ///
    /// # Errors
    /// The refusal, by name.
    pub async fn execute(
        &self,
        state: &AppState,
        command: TaskCommand,
        body_hash: &str,
    ) -> ApiResult<CommandAnswer> {
        let context = self.context(body_hash);
        let id = self.id.to_string();
        let executed = state.bus.execute::<Task>(&id, command, &context).await?;
        kit::reader::hint(&state.nats);
        Ok(answer(self.id, &executed))
    }
}

impl FromRequestParts<AppState> for OwnedTask {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let asker = Asker::from_request_parts(parts, state).await?;
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| not_found())?;
        let id = params.iter().find(|(name, _)| *name == "task_id");
        let id = id.and_then(|(_, text)| text.parse().ok());
        Self::load(state, asker, id.ok_or_else(not_found)?).await
    }
}

/// What a command on a task led to.
pub fn answer(task_id: TaskId, executed: &Executed<Task>) -> CommandAnswer {
    let state = &executed.state;
    CommandAnswer {
        task_id,
        status: state.status.as_str().to_owned(),
        waiting_for: state.waiting_for.as_str().to_owned(),
        sequence: executed.sequence,
        position: executed.position,
        created: false,
        can_retry: state.can_retry(),
        control_epoch: match state.control {
            Control::User { control_epoch, .. } => Some(control_epoch),
            Control::Agent => None,
        },
    }
}
