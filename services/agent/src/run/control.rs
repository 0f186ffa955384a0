//! A human at the browser: the agent stops, says so, and passes on what the human does.
//!
//! Between `control.ready` and the hand-back no command of the agent acts on the page; the
//! browser's gate refuses them, and a step in the log tells how many went out all the same (none).
//! A press that would hit the final button becomes an intent in the log first, and a second one is
//! not passed on.

use super::record::Note;
use super::submit::PRESS_WITHIN;
use super::{End, Flow, Run};
use crate::browser::{Browser, By};
use crate::clock::Deadline;
use crate::journal::CommandFailure;
use crate::read::plan;
use domain::UserId;
use domain::task::{
    Control, ReturnOutcome, StepKind, StepOutcome, SubmitBy, SubmitOutcome, SubmitState,
    TaskCommand, TaskEvent,
};
use futures::StreamExt as _;
use kit::live::LiveInput;
use schemas::adapter::{Locators, Outcome};
use schemas::ws::{Input, KeyAction, MouseAction};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Control ends after this long without input.
const IDLE: Duration = Duration::from_secs(600);
/// How often a pressed page is read for the portal's answer.
const ANSWER_TICK: Duration = Duration::from_millis(500);

impl Run {
    /// Serves the human who holds control, until they don't.
    pub(super) async fn serve(&mut self, user: UserId, control_epoch: u64) -> Flow {
        let Some(session) = &self.session else {
            return self.wait_for_end(control_epoch).await;
        };
        let browser = Arc::clone(&session.browser);
        let note = Note::begin(StepKind::Human).field("control");
        let subject = kit::subjects::live_input(self.id);
        let mut input = self.subscribe(subject).await;
        browser.close_gate();
        self.pressing = false;
        let before = browser.recorder().count(By::Agent);
        session.live.say_ready(Some(control_epoch));
        tracing::info!(task = %self.id, control_epoch, "a human has the browser");
        let result = self
            .pass_on(user, control_epoch, &browser, &mut input)
            .await;
        if let Some(session) = &self.session {
            session.live.say_ready(None);
        }
        let own = browser.recorder().count(By::Agent) - before;
        browser.open_gate();
        let outcome = if own == 0 {
            StepOutcome::Ok
        } else {
            StepOutcome::Failed
        };
        self.record(
            note.content(format!("{own} commands of the agent")),
            outcome,
        )
        .await?;
        result
    }

    async fn subscribe(&self, subject: String) -> Option<async_nats::Subscriber> {
        match self.shared.nats.subscribe(subject).await {
            Ok(subscriber) => Some(subscriber),
            Err(error) => {
                tracing::warn!(task = %self.id, %error, "no input can be heard");
                None
            }
        }
    }

    async fn pass_on(
        &mut self,
        user: UserId,
        control_epoch: u64,
        browser: &Arc<Browser>,
        input: &mut Option<async_nats::Subscriber>,
    ) -> Flow {
        let mut changes = self.journal.watch();
        let mut last = Instant::now();
        let mut look = tokio::time::interval(ANSWER_TICK);
        loop {
            if !self.holds(control_epoch) {
                return Ok(());
            }
            let heard = async {
                match input {
                    Some(input) => input.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => return Err(End::Stopped.into()),
                changed = changes.changed() => {
                    if changed.is_err() {
                        return Err(End::Lost.into());
                    }
                }
                message = heard => {
                    let Some(message) = message else {
                        *input = None;
                        continue;
                    };
                    let Some(action) = self.opened(&message.payload).await else {
                        continue;
                    };
                    let newest = self.inputs.entry(action.socket).or_default();
                    let new = action.number > *newest;
                    *newest = action.number.max(*newest);
                    if new && action.user == user && action.control_epoch == control_epoch {
                        last = Instant::now();
                        self.pass(control_epoch, browser, &action.input).await?;
                    }
                }
                _ = look.tick() => self.read_answer().await?,
                () = tokio::time::sleep_until(last + IDLE) => {
                    last = Instant::now();
                    let command = TaskCommand::LapseControl { control_epoch };
                    self.fact(command).await?;
                }
            }
        }
    }

    /// A human's action, if the message is one for this task.
    async fn opened(&self, sealed: &[u8]) -> Option<LiveInput> {
        let opened = self.seal.open_input(sealed).await;
        opened.unwrap_or_else(|error| {
            tracing::warn!(task = %self.id, %error, "input that doesn't open");
            None
        })
    }

    /// Control without a browser: nothing to serve.
    async fn wait_for_end(&mut self, control_epoch: u64) -> Flow {
        let mut changes = self.journal.watch();
        while self.holds(control_epoch) {
            tokio::select! {
                () = self.stop.cancelled() => return Err(End::Stopped.into()),
                changed = changes.changed() => {
                    if changed.is_err() {
                        return Err(End::Lost.into());
                    }
                }
            }
        }
        Ok(())
    }

    fn holds(&self, epoch: u64) -> bool {
        let view = self.view();
        let ours = view.task.epoch == self.epoch && view.task.lease.is_some();
        ours && matches!(view.task.control, Control::User { control_epoch, .. } if control_epoch == epoch)
    }

    /// Passes one action on, unless it would press the final button a second time.
    async fn pass(&mut self, control_epoch: u64, browser: &Arc<Browser>, input: &Input) -> Flow {
        if self.pressing && is_release(input) {
            self.release(control_epoch, browser, input).await;
            return Ok(());
        }
        let final_press = match self.final_button() {
            Some(button) => browser.would_hit(input, &button).await,
            None => false,
        };
        if final_press {
            return self.press(control_epoch, browser, input).await;
        }
        if let Err(error) = browser.input(input).await {
            tracing::debug!(task = %self.id, %error, "input not passed on");
        }
        Ok(())
    }

    /// Passes the press of the final button on: after its intent, and only while the task is ours
    /// and the moment has not passed.
    async fn press(&mut self, control_epoch: u64, browser: &Arc<Browser>, input: &Input) -> Flow {
        let note = Note::begin(StepKind::Human).field("submit");
        if let Err(halt) = self.mark().await {
            tracing::debug!(task = %self.id, ?halt, "no mark before the press");
        }
        let deadline = Deadline::within(PRESS_WITHIN);
        if !self.intend_for_human().await? {
            return self.record(note, StepOutcome::Skipped).await;
        }
        if self.holds(control_epoch) && browser.press(input, deadline).await {
            self.pressing = true;
            return Ok(());
        }
        self.outcome(SubmitOutcome::Rejected, "not passed on")
            .await?;
        self.record(note, StepOutcome::Skipped).await
    }

    /// Buttons are pressed by letting go of the mouse or of the space bar. That may come long after
    /// the intent: it is passed on only if the task is ours still, by the log.
    async fn release(&mut self, control_epoch: u64, browser: &Arc<Browser>, input: &Input) {
        let deadline = Deadline::within(PRESS_WITHIN);
        while let Err(error) = self.journal.refresh().await {
            tracing::info!(task = %self.id, %error, "a release waits for the log");
            if deadline.is_over() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        if !(self.holds(control_epoch) && browser.press(input, deadline).await) {
            tracing::info!(task = %self.id, "a release is not passed on");
        }
    }

    fn final_button(&self) -> Option<Locators> {
        let steps = &self.adapter.steps;
        let step = steps.get(plan::submit_index(steps)?)?;
        plan::control_of(step).cloned()
    }

    /// Records the human's intent before the press. False: it was pressed before.
    async fn intend_for_human(&self) -> Flow<bool> {
        let view = self.view();
        let owner = super::submission(&view.task)?.owner;
        let command = TaskCommand::IntendSubmit {
            epoch: self.epoch,
            by: SubmitBy::Human,
            values_hash: kit::values::hash(&self.shared.desk.vault, owner, &self.values),
        };
        match self.journal.execute(command).await {
            Ok(()) => Ok(true),
            Err(CommandFailure::Refused(refusal)) if super::is_lost(&refusal) => {
                Err(End::Lost.into())
            }
            Err(CommandFailure::Refused(refusal)) => {
                tracing::info!(task = %self.id, %refusal, "the press is not passed on");
                Ok(false)
            }
            Err(failure) => Err(self.broken(failure)),
        }
    }

    /// After a human's press: what the portal says of it, as soon as it says so.
    async fn read_answer(&mut self) -> Flow {
        if self.view().task.submit != SubmitState::Intended(SubmitBy::Human) {
            return Ok(());
        }
        let Ok(Some(said)) = self.portal_text().await else {
            return Ok(());
        };
        match said {
            Outcome::PortalDown | Outcome::Blocked => Ok(()),
            Outcome::Accepted => {
                self.outcome(SubmitOutcome::Accepted, "the portal says so")
                    .await
            }
            refusal => {
                self.note_refusal(refusal).await?;
                self.outcome(SubmitOutcome::Rejected, "the portal refused")
                    .await
            }
        }
    }
}

/// Whether an input lets go of what may have pressed a button.
fn is_release(input: &Input) -> bool {
    match input {
        Input::Mouse { action, .. } => *action == MouseAction::Up,
        Input::Key { action, .. } => *action == KeyAction::Up,
        Input::Text { .. } => false,
    }
}

/// The last human at the browser gave it back without success.
pub(super) fn could_not(history: &[Arc<TaskEvent>]) -> bool {
    let last = history.iter().rev().find_map(|event| match &**event {
        TaskEvent::ControlReturned { outcome, .. } => Some(*outcome == ReturnOutcome::CouldNot),
        // Whatever was decided since counts more.
        TaskEvent::ControlTaken { .. }
        | TaskEvent::ControlLapsed { .. }
        | TaskEvent::InterventionAnswered { .. }
        | TaskEvent::InterventionDeclined { .. }
        | TaskEvent::TaskResumed { .. } => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}
