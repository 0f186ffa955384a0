//! A task as its run sees it: everything that happened to it, followed as it happens, and the
//! commands of the run.
//!
//! What others do to the task (a pause, a hand on the browser, a lease given to another worker) is
//! found here within half a second, mostly at once, and before anything is done in the browser.

use chrono::{DateTime, Utc};
use commands::{CommandBus, CommandId, Context, ExecuteError, LogError};
use domain::TaskId;
use domain::task::{SubmitOutcome, Task, TaskCommand, TaskError, TaskEvent};
use futures::StreamExt as _;
use kit::subjects;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a command is repeated while the log can't be reached. The lease is long gone by then.
const GIVE_UP: Duration = Duration::from_secs(600);
/// How often the log is asked when nothing is heard of it.
const TICK: Duration = Duration::from_millis(500);

/// The task at one moment.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub task: Task,
    pub sequence: u64,
    /// Every event so far, oldest first.
    pub history: Vec<Arc<TaskEvent>>,
    /// When the irreversible step was last begun, or first suspected where no intent tells of it;
    /// in the database's time.
    pub pressed_at: Option<DateTime<Utc>>,
}

impl View {
    fn take(&mut self, event: TaskEvent, recorded_at: DateTime<Utc>) {
        let begun = match &event {
            TaskEvent::SubmitIntended { .. } => true,
            TaskEvent::SubmitOutcomeRecorded { outcome, .. } => {
                *outcome == SubmitOutcome::Unknown && !self.task.submit.may_have_happened()
            }
            _ => false,
        };
        if begun {
            self.pressed_at = Some(recorded_at);
        }
        self.task.fold(&event);
        self.history.push(Arc::new(event));
    }
}

/// Why a command of the run came to nothing.
#[derive(Debug)]
pub enum CommandFailure {
    /// The task's rules say no.
    Refused(TaskError),
    /// The log takes no such event, or a bug repeated an id.
    Broken(String),
    /// The log could not be reached until the lease must be taken for lost, or the worker stops.
    GaveUp,
}

/// A run's view of its task.
#[derive(Debug)]
pub struct Journal {
    bus: CommandBus,
    nats: async_nats::Client,
    pub id: TaskId,
    pub epoch: u64,
    pub worker: String,
    stop: CancellationToken,
    view: watch::Sender<Arc<View>>,
    reading: Mutex<()>,
    commands: AtomicU64,
    /// Binds all commands of a run together.
    run: Uuid,
}

impl Journal {
    /// Reads the task's history. `stop` ends the patience with a log that can't be reached.
    ///
    /// # Errors
    /// When the log can't be read.
    pub async fn open(
        bus: CommandBus,
        nats: async_nats::Client,
        id: TaskId,
        epoch: u64,
        worker: String,
        stop: CancellationToken,
    ) -> Result<Arc<Self>, LogError> {
        let name = [id.to_string(), epoch.to_string()];
        let journal = Arc::new(Self {
            bus,
            nats,
            id,
            epoch,
            worker,
            stop,
            view: watch::Sender::new(Arc::new(View::default())),
            reading: Mutex::new(()),
            commands: AtomicU64::new(0),
            run: CommandId::derived(&["run", &name[0], &name[1]]).0,
        });
        journal.refresh().await?;
        Ok(journal)
    }

    /// The task as last seen.
    pub fn now(&self) -> Arc<View> {
        self.view.borrow().clone()
    }

    /// Tells of each change.
    pub fn watch(&self) -> watch::Receiver<Arc<View>> {
        self.view.subscribe()
    }

    /// The database's time.
    pub fn time(&self) -> chrono::DateTime<chrono::Utc> {
        self.bus.now()
    }

    /// Reads on from the log.
    ///
    /// # Errors
    /// When the log can't be read, or holds what this program can't decode.
    pub async fn refresh(&self) -> Result<(), LogError> {
        let _one = self.reading.lock().await;
        let after = self.view.borrow().sequence;
        let id = self.id.to_string();
        let events = self.bus.log().read_stream("task", &id, after).await?;
        if events.is_empty() {
            return Ok(());
        }
        let mut view = View::clone(&self.now());
        for stored in events {
            let event = stored.task_event()?;
            view.sequence = stored.sequence;
            view.take(event, stored.recorded_at);
        }
        self.view.send_replace(Arc::new(view));
        Ok(())
    }

    /// Follows the task until `end`: wakes on the broker's word, and by itself twice a second.
    pub async fn follow(self: Arc<Self>, end: CancellationToken) {
        let mut heard = self.subscribe().await;
        let id = self.id.to_string();
        loop {
            let ours = async {
                let Some(messages) = &mut heard else {
                    return std::future::pending().await;
                };
                while let Some(message) = messages.next().await {
                    let headers = message.headers.as_ref();
                    let about = headers.and_then(|h| h.get(subjects::header::AGGREGATE_ID));
                    if about.is_some_and(|about| about.as_str() == id) {
                        return;
                    }
                }
                heard = None;
            };
            tokio::select! {
                () = end.cancelled() => return,
                () = ours => {}
                () = tokio::time::sleep(TICK) => {}
            }
            if let Err(error) = self.refresh().await {
                tracing::warn!(task = %self.id, %error, "the task can't be read");
                tokio::time::sleep(TICK).await;
            }
            if heard.is_none() {
                heard = self.subscribe().await;
            }
        }
    }

    async fn subscribe(&self) -> Option<async_nats::Subscriber> {
        let subject = subjects::event("task", ">");
        self.nats.subscribe(subject).await.ok()
    }

    /// Executes a command of this run under an id of its own, repeated under the same id while the
    /// log can't be reached.
    ///
    /// # Errors
    /// [`CommandFailure`].
    pub async fn execute(&self, command: TaskCommand) -> Result<(), CommandFailure> {
        let context = self.context(command.name());
        let since = Instant::now();
        let mut wait = Duration::from_millis(50);
        loop {
            let id = self.id.to_string();
            let result = self
                .bus
                .execute::<Task>(&id, command.clone(), &context)
                .await;
            let error = match result {
                Ok(_) => {
                    kit::reader::hint(&self.nats);
                    // What is missed here, the next tick finds.
                    let _ = self.refresh().await;
                    return Ok(());
                }
                Err(ExecuteError::Refused(refusal)) => {
                    let _ = self.refresh().await;
                    return Err(CommandFailure::Refused(refusal));
                }
                Err(error @ (ExecuteError::IdReused | ExecuteError::Rejected(_))) => {
                    return Err(CommandFailure::Broken(error.to_string()));
                }
                // A newer program writes to this task: nothing is done on half a history.
                Err(ExecuteError::Unreadable(error)) => {
                    return Err(CommandFailure::Broken(error.to_string()));
                }
                Err(error) => error,
            };
            if since.elapsed() > GIVE_UP || self.stop.is_cancelled() {
                tracing::warn!(task = %self.id, command = command.name(), %error, "given up");
                return Err(CommandFailure::GaveUp);
            }
            tracing::info!(task = %self.id, command = command.name(), %error, "will be repeated");
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(2));
        }
    }

    /// The context of the run's next command: its id says which run, which command, which place.
    pub fn context(&self, kind: &str) -> Context {
        let number = self.commands.fetch_add(1, Ordering::Relaxed).to_string();
        let id = self.id.to_string();
        let epoch = self.epoch.to_string();
        let command_id = CommandId::derived(&["agent", &id, &epoch, &number, kind]);
        Context::agent(self.worker.clone())
            .with_command_id(command_id)
            .with_correlation(self.run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use domain::task::SubmitBy;

    fn outcome(outcome: SubmitOutcome) -> TaskEvent {
        TaskEvent::SubmitOutcomeRecorded {
            epoch: 1,
            outcome,
            evidence: String::new(),
        }
    }

    #[test]
    fn every_run_knows_when_the_final_button_was_last_pressed() {
        let intended = || TaskEvent::SubmitIntended {
            epoch: 1,
            by: SubmitBy::Agent,
            values_hash: String::new(),
        };
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let at = |seconds| start + TimeDelta::seconds(seconds);
        let mut view = View::default();
        for (second, event, pressed) in [
            (1, outcome(SubmitOutcome::Unknown), 1),
            (2, outcome(SubmitOutcome::Rejected), 1),
            (3, intended(), 3),
            (4, outcome(SubmitOutcome::Unknown), 3),
            (5, outcome(SubmitOutcome::Rejected), 3),
            (6, intended(), 6),
        ] {
            view.take(event, at(second));
            assert_eq!(view.pressed_at, Some(at(pressed)), "at {second}");
        }
    }
}
