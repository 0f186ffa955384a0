//! The step that can't be undone: intent, click, outcome. Never a second press.

use super::record::Note;
use super::verdict::Lookup;
use super::{End, Flow, Halt, Run};
use crate::clock::Deadline;
use crate::read::plan;
use domain::task::{
    Control, Status, StepKind, StepOutcome, SubmitBy, SubmitOutcome, TaskCommand, TechnicalClass,
};
use schemas::adapter::{Locators, Outcome};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// From the intent to the click. A worker that was suspended in between must not click when it
/// wakes: by then another one may look the invoice up.
pub(super) const PRESS_WITHIN: Duration = Duration::from_secs(5);
/// How long a worker that stops still waits for the portal's answer.
const LAST_LOOK: Duration = Duration::from_secs(5);
/// How long the portal may take to answer the final button.
const OUTCOME: Duration = Duration::from_secs(30);

impl Run {
    pub(super) async fn submit(&mut self, at: &Locators) -> Flow {
        let values_hash = self.confirmed().await?;
        self.appear(at).await?;
        let browser = self.browser()?;
        self.mark().await?;
        self.ready().await?;
        let deadline = Deadline::within(PRESS_WITHIN);
        let command = TaskCommand::IntendSubmit {
            epoch: self.epoch,
            by: SubmitBy::Agent,
            values_hash,
        };
        if let Err(refusal) = self.order(command).await? {
            // It was pressed before, by whomever: look the invoice up.
            tracing::info!(task = %self.id, %refusal, "the final step was taken before");
            return self.look_up_again().await;
        }
        let note = Note::begin(StepKind::Submit).field(&super::steps::name_of(at));
        let button = match browser.locate(at, Duration::ZERO).await {
            Ok(button) if !deadline.is_over() && self.may_press() => button,
            _ => {
                self.record(note, StepOutcome::Failed).await?;
                return self
                    .not_pressed("the button was gone, or the moment passed")
                    .await;
            }
        };
        // The last look is made where the press leaves this process.
        browser.act_until(Some(deadline));
        let pressed = browser.click(&button).await;
        browser.act_until(None);
        match pressed {
            Ok(()) => {
                self.record(note, StepOutcome::Ok).await?;
                self.watch_outcome().await
            }
            Err(error) if error.untouched() => {
                self.record(note, StepOutcome::Failed).await?;
                self.not_pressed("the button could not be pressed").await
            }
            Err(error) => {
                tracing::warn!(task = %self.id, %error, "the press of the final button is in doubt");
                self.record(note, StepOutcome::Failed).await?;
                self.in_doubt("the press was cut short").await
            }
        }
    }

    /// The last look before the press: still RUNNING, still ours, nobody else at the browser.
    fn may_press(&self) -> bool {
        let view = self.view();
        let task = &view.task;
        task.status == Status::Running
            && task.control == Control::Agent
            && task.epoch == self.epoch
            && task.lease.is_some()
            && !self.stop.is_cancelled()
    }

    /// It is certain that nothing was sent: the intent is taken back as rejected.
    async fn not_pressed(&mut self, why: &str) -> Flow {
        let evidence = format!("not pressed: {why}");
        self.outcome(SubmitOutcome::Rejected, &evidence).await?;
        self.ready().await?;
        Err(Halt::Technical(TechnicalClass::UnexpectedPage, evidence))
    }

    /// Waits for the portal's word, or for what comes after acceptance.
    pub(super) async fn watch_outcome(&mut self) -> Flow {
        let adapter = Arc::clone(&self.adapter);
        let next = adapter
            .steps
            .get(self.way.at + 1)
            .and_then(plan::control_of);
        let since = Instant::now();
        while since.elapsed() < OUTCOME {
            match self.look(next).await {
                Ok(Some(Outcome::Accepted)) => {
                    return self
                        .outcome(SubmitOutcome::Accepted, "the portal says so")
                        .await;
                }
                Ok(Some(Outcome::PortalDown | Outcome::Blocked)) => {
                    return self.in_doubt("the portal failed after the press").await;
                }
                Ok(Some(refusal)) => {
                    self.note_refusal(refusal).await?;
                    self.outcome(SubmitOutcome::Rejected, "the portal refused")
                        .await?;
                    return Err(Halt::Portal(refusal));
                }
                Ok(None) => {}
                // The page may be changing under the look; a browser that is gone ends it.
                Err(Halt::Technical(TechnicalClass::BrowserLost, text)) => {
                    self.outcome(SubmitOutcome::Unknown, "the browser was lost")
                        .await?;
                    return Err(Halt::Technical(TechnicalClass::BrowserLost, text));
                }
                Err(Halt::Technical(..)) => {}
                Err(halt) => return Err(halt),
            }
            if self.stop.is_cancelled() && since.elapsed() > LAST_LOOK {
                // The intent stands: whoever comes next looks the invoice up.
                return Err(End::Stopped.into());
            }
            tokio::time::sleep(super::steps::LOOK).await;
        }
        self.in_doubt("the portal said nothing that is understood")
            .await
    }

    async fn look(&self, next: Option<&Locators>) -> Flow<Option<Outcome>> {
        if let Some(outcome) = self.portal_text().await? {
            return Ok(Some(outcome));
        }
        match next {
            Some(next) if self.on_page(next).await? => Ok(Some(Outcome::Accepted)),
            _ => Ok(None),
        }
    }

    /// Nobody knows what became of it: never again, but look the invoice up.
    async fn in_doubt(&mut self, evidence: &str) -> Flow {
        self.outcome(SubmitOutcome::Unknown, evidence).await?;
        self.look_up_again().await
    }

    async fn look_up_again(&mut self) -> Flow {
        self.ready().await?;
        self.look_up(Lookup::Submitted).await?;
        Err(Halt::Moved)
    }
}
