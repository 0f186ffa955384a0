//! What an agent does to a task, by commands alone.

use commands::{CommandBus, Context, Executed, LogConfig};
use domain::account::{Account, AccountCommand};
use domain::task::{
    AnswerShape, Failure, FailureClass, Intervention, InterventionKind, SubmitBy, Task, TaskCommand,
};
use domain::{InterventionId, SessionId};
use kit::config::Config;
use uuid::Uuid;

/// A worker with its own connection to the log.
pub struct Worker {
    bus: CommandBus,
}

impl Worker {
    pub(super) async fn connect(config: &Config) -> Self {
        let url = config.database.role_url("relevo_agent");
        let bus = CommandBus::connect(&LogConfig::new(url)).await.unwrap();
        Self { bus }
    }

    /// Executes a command that must be accepted.
    pub async fn does(&self, task: &str, command: TaskCommand) -> Executed<Task> {
        let context = Context::agent("test");
        self.bus
            .execute::<Task>(task, command, &context)
            .await
            .unwrap()
    }

    /// The task as the log has it.
    pub async fn sees(&self, task: &str) -> Task {
        self.bus.load::<Task>(task).await.unwrap().unwrap().state
    }

    /// Claims the task; the lease epoch.
    pub async fn starts(&self, task: &str) -> u64 {
        let command = TaskCommand::StartTask {
            worker: "test".to_owned(),
            profile_version: 1,
        };
        self.does(task, command).await.state.epoch
    }

    /// Claims the task and opens a browser; the lease epoch.
    pub async fn opens(&self, task: &str) -> u64 {
        let epoch = self.starts(task).await;
        let command = TaskCommand::OpenSession {
            epoch,
            session: SessionId(Uuid::now_v7()),
            provider: "test".to_owned(),
        };
        self.does(task, command).await;
        epoch
    }

    /// Asks a question of that shape; its id.
    pub async fn asks(&self, task: &str, epoch: u64, answer: AnswerShape) -> String {
        let id = InterventionId(Uuid::now_v7());
        let intervention = Intervention {
            id,
            kind: InterventionKind::Captcha,
            guide: "Escribe las letras de la imagen.".to_owned(),
            answer,
            answer_by: None,
        };
        let command = TaskCommand::RequestIntervention {
            epoch: Some(epoch),
            intervention,
        };
        self.does(task, command).await;
        id.to_string()
    }

    /// Is told by a portal that the user's account is not taken.
    pub async fn is_refused(&self, user: &str, portal: &str) {
        let account = self.bus.load::<Account>(user).await.unwrap().unwrap();
        let command = AccountCommand::RefuseCredential {
            portal: portal.to_owned(),
            credential: account.state.credentials[portal].id,
        };
        let context = Context::agent("test");
        self.bus
            .execute::<Account>(user, command, &context)
            .await
            .unwrap();
    }

    /// Gives up.
    pub async fn fails(&self, task: &str, epoch: u64, retryable: bool) {
        let failure = Failure {
            class: FailureClass::AgentError,
            retryable,
            next_step: "Revisa el ticket.".to_owned(),
        };
        let command = TaskCommand::FailTask {
            epoch: Some(epoch),
            failure,
        };
        self.does(task, command).await;
    }

    /// Is about to press the irreversible button.
    pub async fn intends(&self, task: &str, epoch: u64) {
        let command = TaskCommand::IntendSubmit {
            epoch,
            by: SubmitBy::Agent,
            values_hash: "x".to_owned(),
        };
        self.does(task, command).await;
    }
}
