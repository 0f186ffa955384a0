//! What follows when a step did not lead to the next one.
//!
//! Automatic retry (three attempts, growing waits), then a human's hand on the browser, then the
//! human's own browser, then failure.

use super::ask::{Reply, asked_for_help};
use super::verdict::{self, Lookup, Situation, Verdict};
use super::way::Way;
use super::{End, Flow, Halt, Run};
use domain::task::{
    AnswerShape, DeferReason, Failure, InterventionKind, SubmitOutcome, SubmitState, TaskCommand,
    TaskError, TaskEvent, TechnicalClass, WindowSource,
};
use schemas::adapter::{Outcome, StepPlan};
use std::sync::Arc;

/// Wrong CAPTCHA answers before the whole browser is handed over.
const CAPTCHA_TRIES: u32 = 5;

impl Run {
    /// Decides what a halt leads to. `Ok`: walk on.
    pub(super) async fn settle(&mut self, halt: Halt) -> Result<(), End> {
        let mut halt = halt;
        for _ in 0..8 {
            match self.follow_up(halt).await {
                Ok(()) | Err(Halt::Moved) => return Ok(()),
                Err(Halt::End(end)) => return Err(end),
                Err(next) => halt = next,
            }
        }
        tracing::error!(task = %self.id, ?halt, "nothing helps; the lease is left to expire");
        Err(End::Lost)
    }

    async fn follow_up(&mut self, halt: Halt) -> Flow {
        match halt {
            Halt::End(end) => Err(end.into()),
            Halt::Moved => Ok(()),
            Halt::Amended => {
                self.begun = false;
                Ok(())
            }
            Halt::CouldNot => {
                self.manual(
                    "No se pudo seguir en el navegador del agente. Captura la factura en tu \
                     navegador y sube los archivos.",
                )
                .await
            }
            Halt::Accepted => self.look_up(Lookup::Submitted).await,
            Halt::Portal(outcome) => self.portal_said(outcome).await,
            Halt::Technical(class, detail) => self.broke(class, detail).await,
        }
    }

    async fn portal_said(&mut self, outcome: Outcome) -> Flow {
        let view = self.view();
        // An invoice that may be ours is never taken for somebody else's.
        let ours = view.task.submit.may_have_happened();
        let why = if ours {
            Lookup::Submitted
        } else {
            Lookup::AlreadyInvoiced
        };
        let situation = Situation {
            lookup: self.way.lookup.map(|was| if ours { why } else { was }),
            deferrals: view.task.deferrals,
            not_before_minutes: self.adapter.not_before_minutes,
            pressed: view.pressed_at.map(|at| self.journal.time() - at),
            accepted: view.task.submit == SubmitState::Accepted,
            withheld: withheld(&view.history),
        };
        match verdict::of_outcome(outcome, situation) {
            None => Ok(()),
            Some(Verdict::LookUp) => self.look_up(why).await,
            Some(Verdict::Anew) => {
                self.outcome(SubmitOutcome::Rejected, "the portal knows no such invoice")
                    .await?;
                self.way = Way::steps();
                Ok(())
            }
            Some(Verdict::Fail(failure)) => self.fail(failure).await,
            Some(Verdict::Defer { reason, wait }) => self.defer(reason, wait).await,
            Some(Verdict::PortalDown) => self.portal_down().await,
            Some(Verdict::Broke(what)) => {
                self.broke(TechnicalClass::UnexpectedPage, what.to_owned())
                    .await
            }
            Some(Verdict::AskAgain) => self.captcha_again().await,
            Some(Verdict::Manual(why)) => self.manual(why).await,
        }
    }

    /// The answer was wrong: back to the puzzle, whose page may have been made anew.
    async fn captcha_again(&mut self) -> Flow {
        self.captcha_tries += 1;
        self.captcha_by_hand = false;
        let plan = self.way.plan(&self.adapter);
        let before = &plan[..plan.len().min(self.way.at + 1)];
        let puzzle = before
            .iter()
            .rposition(|step| matches!(step, StepPlan::Captcha { .. }));
        match puzzle {
            Some(at) if self.captcha_tries <= CAPTCHA_TRIES => {
                self.way.at = at;
                self.replace = true;
                Ok(())
            }
            _ => {
                let why = "El portal no acepta las respuestas al CAPTCHA. Ayúdame en el navegador.";
                self.help(why).await
            }
        }
    }

    async fn portal_down(&mut self) -> Flow {
        let class = TechnicalClass::PortalDown;
        let detail = "the portal says that it is out of service";
        match self.retry(class, detail.to_owned()).await? {
            Ok(()) => Err(End::Settled.into()),
            Err(_) => {
                let wait = verdict::portal_down_wait(self.view().task.deferrals);
                self.defer(DeferReason::PortalDown, wait).await
            }
        }
    }

    /// Something broke: try again later, or ask for a hand.
    async fn broke(&mut self, class: TechnicalClass, detail: String) -> Flow {
        tracing::info!(task = %self.id, ?class, detail, "a step broke");
        match self.retry(class, detail).await? {
            Ok(()) => Err(End::Settled.into()),
            Err(TaskError::AttemptsExhausted { .. }) => {
                self.help(
                    "El agente se atoró en esta página. Ayúdame en el navegador y devuélvelo.",
                )
                .await
            }
            Err(refusal) => Err(Halt::Technical(
                TechnicalClass::Internal,
                refusal.to_string(),
            )),
        }
    }

    async fn retry(
        &mut self,
        class: TechnicalClass,
        detail: String,
    ) -> Flow<Result<(), TaskError>> {
        let wait = verdict::retry_wait(self.view().task.attempts);
        let command = TaskCommand::ScheduleRetry {
            epoch: self.epoch,
            class,
            not_before: self.journal.time() + wait,
            detail,
        };
        self.order(command).await
    }

    /// Asks for a hand on the browser, once; then for the files.
    async fn help(&mut self, why: &str) -> Flow {
        let alive = match &self.session {
            Some(session) => session.browser.alive().await,
            None => false,
        };
        if !alive || self.asked_for_help || asked_for_help(&self.view().history) {
            return self
                .manual(
                    "El agente no pudo terminar. Captura la factura en tu navegador y sube los \
                     archivos.",
                )
                .await;
        }
        self.asked_for_help = true;
        let kind = InterventionKind::AgentStuck;
        match self.ask(kind, why, AnswerShape::Control).await? {
            Reply::Declined => self.fail(verdict::given_up()).await,
            Reply::ByHand | Reply::GoOn | Reply::Answered(_) => {
                self.clock.restart();
                self.replace = true;
                Ok(())
            }
        }
    }

    /// Puts the task off; the end of its window ends the waiting.
    async fn defer(&mut self, reason: DeferReason, wait: chrono::TimeDelta) -> Flow {
        let command = TaskCommand::DeferTask {
            epoch: self.epoch,
            reason,
            not_before: self.journal.time() + wait,
        };
        match self.order(command).await? {
            Ok(()) => Err(End::Settled.into()),
            Err(TaskError::WindowEnds { .. }) if self.window_binds() => {
                self.fail(verdict::expired()).await
            }
            Err(TaskError::WindowEnds { .. }) => {
                self.manual(
                    "El portal no está listo y el plazo del ticket puede terminar antes. Inténtalo \
                     en tu navegador, o pide la factura al comercio.",
                )
                .await
            }
            Err(refusal) => Err(Halt::Technical(
                TechnicalClass::Internal,
                refusal.to_string(),
            )),
        }
    }

    fn window_binds(&self) -> bool {
        let view = self.view();
        let window = view
            .task
            .submission
            .as_ref()
            .and_then(|s| s.window.as_ref());
        window.is_some_and(|window| {
            matches!(
                window.verified,
                WindowSource::Printed | WindowSource::FiscalYear
            )
        })
    }

    /// Ends the task as failed.
    pub(super) async fn fail<T>(&mut self, failure: Failure) -> Flow<T> {
        let command = TaskCommand::FailTask {
            epoch: Some(self.epoch),
            failure,
        };
        match self.order(command).await? {
            Ok(()) => Err(End::Settled.into()),
            Err(refusal) => Err(Halt::Technical(
                TechnicalClass::Internal,
                refusal.to_string(),
            )),
        }
    }
}

/// How often the task was put off since the last word on the irreversible step, because the portal
/// did not give out the invoice.
fn withheld(history: &[Arc<TaskEvent>]) -> u32 {
    let since = history
        .iter()
        .rev()
        .take_while(|e| !matches!(&***e, TaskEvent::SubmitOutcomeRecorded { .. }));
    let busy = since.filter(|e| {
        matches!(
            &***e,
            TaskEvent::TaskDeferred {
                reason: DeferReason::PortalBusy,
                ..
            }
        )
    });
    u32::try_from(busy.count()).unwrap_or(u32::MAX)
}
