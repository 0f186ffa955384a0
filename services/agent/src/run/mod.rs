//! One run: a claimed task, a browser of its own, and the way from the entry page to the files.
//!
//! Before anything is done in the browser, [`Run::ready`] looks at the task: is the lease still
//! ours, does a human hold control, is it paused, does it wait for an answer? What goes wrong comes
//! back as a [`Halt`], and [`settle`](mod@settle) decides what follows from it.

mod ask;
mod captcha;
mod control;
mod deliver;
mod login;
mod record;
mod settle;
mod steps;
mod submit;
mod verdict;
mod way;

use crate::browser::{Browser, TextMark};
use crate::clock::ActiveTime;
use crate::journal::{CommandFailure, Journal, View};
use crate::live::Live;
use crate::read::classify::Classifier;
use crate::shared::Shared;
use domain::task::{Control, Status, Task, TaskCommand, TaskError, TechnicalClass};
use domain::{SessionId, TaskId};
use futures::FutureExt as _;
use kit::live::LiveSeal;
use kit::values::Values;
use schemas::adapter::{Adapter, Outcome};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use way::Way;

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The task is finished, put off, or waits for a human without a browser.
    Settled,
    /// The lease is gone: expired, parked, or the task was ended by somebody else.
    Lost,
    /// The worker stops.
    Stopped,
}

/// Why a step did not lead to the next one.
#[derive(Debug)]
pub enum Halt {
    End(End),
    /// A human has acted in the browser: the page tells where to go on.
    Moved,
    /// The ticket was mended: begin anew with its new values.
    Amended,
    /// A human gave the browser back and could not do it.
    CouldNot,
    /// The portal accepted the invoice, and something else was about to be recorded: look it up.
    Accepted,
    /// The portal has spoken.
    Portal(Outcome),
    /// Something broke. The text holds no value of the user.
    Technical(TechnicalClass, String),
}

pub(crate) type Flow<T = ()> = Result<T, Halt>;

impl From<End> for Halt {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

/// A run on its way.
pub(crate) struct Run {
    shared: Arc<Shared>,
    journal: Arc<Journal>,
    id: TaskId,
    epoch: u64,
    adapter: Arc<Adapter>,
    classifier: Classifier,
    values: Values,
    session: Option<Session>,
    seal: LiveSeal,
    /// The newest human input of each socket: what comes again is not of theirs.
    inputs: HashMap<Uuid, u64>,
    way: Way,
    /// The browser is open and the values are loaded.
    begun: bool,
    /// How often the ticket had been mended when its values were loaded.
    amendments: usize,
    /// The page decides where to go on.
    replace: bool,
    /// The CAPTCHA that comes next was solved by hand.
    captcha_by_hand: bool,
    captcha_tries: u32,
    /// What was on the page before the last press.
    mark: Option<TextMark>,
    /// The human at the browser has begun to press the final button.
    pressing: bool,
    asked_for_help: bool,
    clock: ActiveTime,
    stop: CancellationToken,
}

/// An open browser and what watches it.
struct Session {
    id: SessionId,
    browser: Arc<Browser>,
    live: Live,
}

/// Runs a claimed task to an end, and leaves nothing behind.
pub async fn run(shared: Arc<Shared>, journal: Arc<Journal>, stop: CancellationToken) -> End {
    let end = match Run::new(shared, Arc::clone(&journal), stop) {
        Ok(mut run) => {
            let end = sheltered(run.go()).await;
            run.close(end).await;
            end
        }
        Err(end) => end,
    };
    if end == End::Stopped {
        // Another worker may go on at once.
        let give_back = TaskCommand::ExpireLease {
            epoch: journal.epoch,
            given_back: true,
        };
        let _ = journal.execute(give_back).await;
    }
    tracing::info!(task = %journal.id, epoch = journal.epoch, ?end, "run over");
    end
}

impl Run {
    fn new(
        shared: Arc<Shared>,
        journal: Arc<Journal>,
        stop: CancellationToken,
    ) -> Result<Self, End> {
        let view = journal.now();
        let submission = view.task.submission.as_ref().ok_or(End::Lost)?;
        // Without an adapter nothing is done but asking.
        let adapter = shared
            .catalogue
            .get(&submission.ticket.portal)
            .unwrap_or_else(|| Arc::new(way::unknown_portal(&submission.ticket)));
        let classifier = Classifier::new(&adapter).unwrap_or_else(|error| {
            tracing::warn!(adapter = adapter.id, %error, "messages are not understood");
            Classifier::default()
        });
        let vault = shared.desk.vault.clone();
        Ok(Self {
            inputs: HashMap::new(),
            seal: LiveSeal::new(vault, submission.owner, journal.id),
            clock: ActiveTime::new(shared.run_limit),
            id: journal.id,
            epoch: journal.epoch,
            way: Way::steps(),
            begun: false,
            amendments: 0,
            replace: false,
            captcha_by_hand: false,
            captcha_tries: 0,
            mark: None,
            pressing: false,
            asked_for_help: false,
            values: Values::new(),
            session: None,
            shared,
            journal,
            adapter,
            classifier,
            stop,
        })
    }

    /// Goes on until the run is over.
    async fn go(&mut self) -> End {
        loop {
            let result = if self.begun {
                self.walk().await
            } else {
                self.begin().await
            };
            if let Err(halt) = result
                && let Err(end) = self.settle(halt).await
            {
                return end;
            }
        }
    }

    /// The task as last seen.
    fn view(&self) -> Arc<View> {
        self.journal.now()
    }

    fn browser(&self) -> Flow<Arc<Browser>> {
        match &self.session {
            Some(session) => Ok(Arc::clone(&session.browser)),
            None => Err(Halt::Technical(
                TechnicalClass::BrowserLost,
                "no browser".to_owned(),
            )),
        }
    }

    /// Waits until the agent may act: RUNNING, the lease ours, nobody else at the browser.
    ///
    /// # Errors
    /// The end of the run, [`Halt::Moved`] after a human has acted, or the end of the run's time.
    async fn ready(&mut self) -> Flow {
        let mut changes = self.journal.watch();
        let mut moved = false;
        loop {
            if self.stop.is_cancelled() {
                return Err(End::Stopped.into());
            }
            let view = changes.borrow_and_update().clone();
            let task = &view.task;
            if task.epoch != self.epoch || task.lease.is_none() {
                return Err(End::Lost.into());
            }
            match (task.status, task.control) {
                (
                    _,
                    Control::User {
                        user,
                        control_epoch,
                    },
                ) => {
                    self.clock.pause();
                    self.serve(user, control_epoch).await?;
                    moved = true;
                    continue;
                }
                (Status::Running, Control::Agent) => {
                    self.clock.resume();
                    return self.may_act(moved);
                }
                (Status::Paused | Status::InterventionNeeded, Control::Agent) => self.clock.pause(),
                (Status::Pending | Status::Completed | Status::Failed, _) => {
                    return Err(End::Lost.into());
                }
            }
            tokio::select! {
                () = self.stop.cancelled() => {}
                changed = changes.changed() => {
                    if changed.is_err() {
                        return Err(End::Lost.into());
                    }
                }
            }
        }
    }

    fn may_act(&mut self, moved: bool) -> Flow {
        if moved {
            self.replace = true;
            self.captcha_by_hand = true;
            return Err(if control::could_not(&self.view().history) {
                Halt::CouldNot
            } else {
                Halt::Moved
            });
        }
        if self.begun && way::amendments(&self.view().history) != self.amendments {
            return Err(Halt::Amended);
        }
        if self.clock.is_over() {
            self.clock.restart();
            let text = "the run takes too long".to_owned();
            return Err(Halt::Technical(TechnicalClass::PageTimeout, text));
        }
        Ok(())
    }

    /// Gives a decision of the run, which only a running task takes: waits until it may.
    async fn order(&mut self, command: TaskCommand) -> Flow<Result<(), TaskError>> {
        loop {
            self.ready().await?;
            match self.journal.execute(command.clone()).await {
                Ok(()) => return Ok(Ok(())),
                // Something came between: look again, and wait until it is over.
                Err(CommandFailure::Refused(
                    TaskError::WrongStatus { .. } | TaskError::HumanHoldsControl,
                )) => {}
                Err(CommandFailure::Refused(refusal)) if is_lost(&refusal) => {
                    return Err(End::Lost.into());
                }
                Err(CommandFailure::Refused(refusal)) => return Ok(Err(refusal)),
                Err(failure) => return Err(self.broken(failure)),
            }
        }
    }

    /// Reports a fact, which is taken in every state.
    async fn fact(&self, command: TaskCommand) -> Flow {
        self.taken(self.journal.execute(command).await)
    }

    /// What follows from the answer to a fact.
    fn taken(&self, done: Result<(), CommandFailure>) -> Flow {
        match done {
            Ok(()) => Ok(()),
            Err(CommandFailure::Refused(refusal)) if is_lost(&refusal) => Err(End::Lost.into()),
            Err(CommandFailure::Refused(refusal)) => {
                tracing::info!(task = %self.id, %refusal, "a fact was not taken");
                Ok(())
            }
            Err(failure) => Err(self.broken(failure)),
        }
    }

    fn broken(&self, failure: CommandFailure) -> Halt {
        match failure {
            CommandFailure::GaveUp if self.stop.is_cancelled() => End::Stopped.into(),
            CommandFailure::GaveUp => End::Lost.into(),
            CommandFailure::Refused(refusal) => {
                Halt::Technical(TechnicalClass::Internal, refusal.to_string())
            }
            CommandFailure::Broken(detail) => Halt::Technical(TechnicalClass::Internal, detail),
        }
    }

    /// Closes the browser and says so.
    async fn close(&mut self, end: End) {
        let Some(session) = self.session.take() else {
            return;
        };
        session.live.stop().await;
        session.browser.close().await;
        let reason = match end {
            End::Settled => "the run is over",
            End::Lost => "the lease is gone",
            End::Stopped => "the worker stops",
        };
        let command = TaskCommand::CloseSession {
            session: session.id,
            reason: reason.to_owned(),
        };
        if let Err(failure) = self.journal.execute(command).await {
            tracing::warn!(task = %self.id, ?failure, "the session's end is not recorded");
        }
    }
}

/// The end of a run that may panic: then its browser is closed like any other, and its lease is
/// left to expire.
async fn sheltered(run: impl Future<Output = End>) -> End {
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(end) => end,
        Err(_) => {
            tracing::error!("a run panicked");
            End::Lost
        }
    }
}

/// Refusals that mean: another one has the task now.
fn is_lost(refusal: &TaskError) -> bool {
    matches!(
        refusal,
        TaskError::StaleEpoch { .. } | TaskError::NoLease | TaskError::TaskUnknown
    )
}

/// The confirmed or chosen things of a task, in one place.
fn submission(task: &Task) -> Flow<&domain::task::Submission> {
    task.submission.as_ref().ok_or(Halt::End(End::Lost))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_run_that_panics_ends_like_one_that_lost_its_lease() {
        assert_eq!(sheltered(async { panic!("a bug") }).await, End::Lost);
        assert_eq!(sheltered(async { End::Settled }).await, End::Settled);
    }
}
