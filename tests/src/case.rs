//! One test's use of an installation: a user, a profile, the tasks it made, and their story when it
//! fails.

use crate::{Installation, builders, until_task};
use anyhow::{Context, ensure};
use client::Client;
use domain::{ProfileId, TaskId};
use futures::FutureExt;
use schemas::PublicEvent;
use schemas::rest::{CommandAnswer, CreateTask, InterventionView, TaskView};
use std::fmt::Write as _;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A guard against hanging, far beyond what anything takes.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// See the module.
pub struct Case<'a> {
    pub installation: &'a Installation,
    pub client: Client,
    pub profile: ProfileId,
    tasks: Mutex<Vec<TaskId>>,
}

impl<'a> Case<'a> {
    /// A case of that demo user, with the demo profile.
    ///
    /// # Errors
    /// When the user is unknown or the api refuses the profile.
    pub async fn open(installation: &'a Installation, user: &str) -> anyhow::Result<Self> {
        let client = installation.client(user)?;
        let profile = builders::profile(&client).await?;
        Ok(Self {
            installation,
            client,
            profile,
            tasks: Mutex::new(Vec::new()),
        })
    }

    /// Runs a test's body. When it fails or panics, the tasks' story and the end of the log are
    /// printed first.
    ///
    /// # Panics
    /// When the body fails.
    pub async fn tell<T>(&self, body: impl Future<Output = anyhow::Result<T>>) -> T {
        match AssertUnwindSafe(body).catch_unwind().await {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => {
                eprintln!("{}", self.story().await);
                panic!("{error:#}");
            }
            Err(panic) => {
                eprintln!("{}", self.story().await);
                std::panic::resume_unwind(panic)
            }
        }
    }

    /// Hands a ticket in and remembers the task.
    ///
    /// # Errors
    /// The refusal.
    pub async fn submit(&self, ticket: &CreateTask) -> anyhow::Result<CommandAnswer> {
        let answer = self.client.create_task(ticket, None).await?;
        self.remember(answer.task_id);
        Ok(answer)
    }

    /// Adds a task to the story.
    pub fn remember(&self, id: TaskId) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if !tasks.contains(&id) {
            tasks.push(id);
        }
    }

    /// Waits until the task's read model fits.
    ///
    /// # Errors
    /// The task as it is.
    pub async fn until(
        &self,
        id: TaskId,
        what: &str,
        fits: impl Fn(&TaskView) -> bool,
    ) -> anyhow::Result<TaskView> {
        until_task(&self.client, id, what, PATIENCE, fits).await
    }

    /// Waits until the task is finished, or asks its owner, beyond that sequence.
    ///
    /// # Errors
    /// The task as it is.
    pub async fn ended(&self, id: TaskId, after: u64) -> anyhow::Result<TaskView> {
        self.until(id, "the task to end or to ask", |task| {
            let asks = task.intervention.is_some() && task.control == "agent";
            let over = matches!(task.status.as_str(), "COMPLETED" | "FAILED");
            task.sequence > after && (over || asks)
        })
        .await
    }

    /// Waits until the task is COMPLETED.
    ///
    /// # Errors
    /// When it ends otherwise.
    pub async fn completed(&self, id: TaskId, after: u64) -> anyhow::Result<TaskView> {
        let task = self.ended(id, after).await?;
        ensure!(task.status == "COMPLETED", "not completed: {task:#?}");
        Ok(task)
    }

    /// Waits until the task asks a question of that kind that is not `before`.
    ///
    /// # Errors
    /// When it ends, or asks something else.
    pub async fn question(
        &self,
        id: TaskId,
        kind: &str,
        before: Option<&InterventionView>,
    ) -> anyhow::Result<InterventionView> {
        let task = self
            .until(id, &format!("a question of kind {kind}"), |task| {
                let over = matches!(task.status.as_str(), "COMPLETED" | "FAILED");
                let new = |q: &InterventionView| before.is_none_or(|b| b.id != q.id);
                over || task.intervention.as_ref().is_some_and(new)
            })
            .await?;
        let question = task.intervention.clone();
        let question = question.with_context(|| format!("it ended without asking: {task:#?}"))?;
        ensure!(question.kind == kind, "another question: {question:#?}");
        Ok(question)
    }

    /// All public events of a task, from the log.
    ///
    /// # Errors
    /// As every call.
    pub async fn events(&self, id: TaskId) -> anyhow::Result<Vec<PublicEvent>> {
        Ok(self.client.events(id, 0).await?.items)
    }

    /// Waits until the log holds an event of the task that fits.
    ///
    /// # Errors
    /// When it never comes.
    pub async fn until_event(
        &self,
        id: TaskId,
        what: &str,
        fits: impl Fn(&PublicEvent) -> bool,
    ) -> anyhow::Result<PublicEvent> {
        crate::eventually(what, PATIENCE, || async {
            Ok(self.events(id).await?.into_iter().find(|e| fits(e)))
        })
        .await
    }

    /// Everything that may tell why a test failed.
    pub async fn story(&self) -> String {
        let mut story = String::new();
        let tasks = self
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for id in tasks {
            // A `String` takes every text.
            let _ = writeln!(
                story,
                "---- task {id}: {:#?}",
                self.client.task(id, 0).await
            );
            match self.events(id).await {
                Ok(events) => {
                    for e in events {
                        let _ =
                            writeln!(story, "{:>4} {} {} {}", e.sequence, e.at, e.event, e.data);
                    }
                }
                Err(error) => {
                    let _ = writeln!(story, "no events: {error:#}");
                }
            }
            for path in self.screenshots(id).await {
                let _ = writeln!(story, "screenshot: {path}");
            }
        }
        let _ = writeln!(story, "---- {}", self.installation.log_tail("up"));
        story
    }

    async fn screenshots(&self, id: TaskId) -> Vec<String> {
        let mut paths = Vec::new();
        let Ok(task) = self.client.task(id, 0).await else {
            return paths;
        };
        for shot in task.artifacts.iter().filter(|a| a.kind == "screenshot") {
            if let Ok(bytes) = self.client.artifact(id, shot.id).await {
                let path = std::env::temp_dir().join(format!("relevo-{id}-{}.png", shot.id));
                if std::fs::write(&path, bytes).is_ok() {
                    paths.push(path.display().to_string());
                }
            }
        }
        paths
    }
}
