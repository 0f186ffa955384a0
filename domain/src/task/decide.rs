//! The rules: which command gives which events in which state. Pure.

use super::aggregate::{Control, Status, SubmitState, Task, WaitingFor};
use super::command::{Amendment, FactSource, TaskCommand};
use super::error::TaskError;
use super::event::*;
use crate::{InterventionId, Now, SessionId, UserId};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

/// How many technical failures of a run are met by another run.
pub const MAX_ATTEMPTS: u32 = 3;

type Decision = Result<Vec<TaskEvent>, TaskError>;

impl Aggregate for Task {
    const TYPE: &'static str = "task";
    type Command = TaskCommand;
    type Event = TaskEvent;
    type Error = TaskError;
    type Services = Now;

    async fn handle(
        &mut self,
        command: TaskCommand,
        now: &Now,
        sink: &EventSink<Self>,
    ) -> Result<(), TaskError> {
        for event in self.decide(command, now.0)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: TaskEvent) {
        self.fold(&event);
    }
}

impl Task {
    /// Decides a command at a time. Refused commands emit nothing; an empty result means that the
    /// command asks for what is so already.
    ///
    /// # Errors
    /// The refusal, by name.
    pub fn decide(&self, command: TaskCommand, now: DateTime<Utc>) -> Decision {
        if let TaskCommand::SubmitTask(submission) = command {
            return match self.submission {
                None => Ok(vec![TaskEvent::TaskSubmitted(submission)]),
                Some(_) => Err(TaskError::TaskExists),
            };
        }
        if self.submission.is_none() {
            return Err(TaskError::TaskUnknown);
        }
        let name = command.name();
        match command {
            TaskCommand::SubmitTask(_) => Err(TaskError::TaskExists),
            TaskCommand::AmendTask(amendment) => self.amend(name, amendment),
            TaskCommand::StartTask {
                worker,
                profile_version,
            } => self.start(name, worker, profile_version, now),
            TaskCommand::OpenSession {
                epoch,
                session,
                provider,
            } => self.open_session(name, epoch, session, provider),
            TaskCommand::CloseSession { session, reason } => {
                if self.open_sessions.contains(&session) {
                    Ok(vec![TaskEvent::SessionClosed { session, reason }])
                } else {
                    Ok(vec![])
                }
            }
            TaskCommand::RecordStep { epoch, step } => {
                self.last_epoch(epoch)?;
                Ok(vec![TaskEvent::StepRecorded { epoch, step }])
            }
            TaskCommand::StoreArtifact { by, artifact } => {
                if let FactSource::Worker { epoch } = by {
                    self.last_epoch(epoch)?;
                }
                if self.artifacts.contains_key(&artifact.id) {
                    return Ok(vec![]);
                }
                Ok(vec![TaskEvent::ArtifactStored { artifact }])
            }
            TaskCommand::RecordSubmitOutcome {
                epoch,
                outcome,
                evidence,
            } => self.submit_outcome(epoch, outcome, evidence),
            TaskCommand::IntendSubmit {
                epoch,
                by,
                values_hash,
            } => self.intend(name, epoch, by, values_hash),
            other => self.decide_turn(name, other, now),
        }
    }

    /// Commands that hand the task from one party to the other.
    fn decide_turn(
        &self,
        name: &'static str,
        command: TaskCommand,
        now: DateTime<Utc>,
    ) -> Decision {
        match command {
            TaskCommand::RequestIntervention {
                epoch,
                intervention,
            } => self.request(name, epoch, intervention),
            TaskCommand::AnswerIntervention { id, answer } => {
                self.open_question(name, id)?;
                let resumes = self.resumes();
                Ok(vec![TaskEvent::InterventionAnswered {
                    id,
                    answer,
                    resumes,
                }])
            }
            TaskCommand::DeclineIntervention { id, reason } => {
                self.open_question(name, id)?;
                let resumes = self.resumes();
                Ok(vec![TaskEvent::InterventionDeclined {
                    id,
                    reason,
                    resumes,
                }])
            }
            TaskCommand::PauseTask => self.pause(name),
            TaskCommand::ParkTask => self.park(name),
            TaskCommand::ResumeTask => self.resume_task(name),
            TaskCommand::TakeControl { user } => self.take_control(name, user),
            TaskCommand::ReturnControl {
                control_epoch,
                outcome,
            } => {
                self.held(control_epoch)?;
                let settles_intervention =
                    outcome == ReturnOutcome::Done && self.intervention.is_some();
                Ok(vec![TaskEvent::ControlReturned {
                    control_epoch,
                    outcome,
                    settles_intervention,
                }])
            }
            TaskCommand::LapseControl { control_epoch } => {
                self.held(control_epoch)?;
                Ok(vec![TaskEvent::ControlLapsed { control_epoch }])
            }
            other => self.decide_pace(name, other, now),
        }
    }

    /// Commands that put the task off, or end it.
    fn decide_pace(
        &self,
        name: &'static str,
        command: TaskCommand,
        now: DateTime<Utc>,
    ) -> Decision {
        match command {
            TaskCommand::ScheduleRetry {
                epoch,
                class,
                not_before,
                detail,
            } => self.schedule_retry(name, epoch, class, not_before, detail),
            TaskCommand::DeferTask {
                epoch,
                reason,
                not_before,
            } => self.defer(name, epoch, reason, not_before),
            TaskCommand::AwaitDelivery {
                epoch,
                channel,
                expected_by,
            } => {
                self.running(name, epoch)?;
                if self.submit != SubmitState::Accepted {
                    return Err(TaskError::SubmitNotAccepted);
                }
                Ok(vec![TaskEvent::DeliveryAwaited {
                    channel,
                    expected_by,
                }])
            }
            TaskCommand::CompleteTask {
                epoch,
                invoice,
                warnings,
                delivered_by,
            } => self.complete(name, epoch, invoice, warnings, delivered_by),
            TaskCommand::FailTask { epoch, failure } => {
                if let Some(epoch) = epoch {
                    self.last_epoch(epoch)?;
                    self.open(name)?;
                    self.leased(epoch)?;
                }
                self.end(name, failure)
            }
            TaskCommand::CancelTask => self.end(name, cancelled(self.submit)),
            TaskCommand::ExpireTask => self.expire(name, now),
            TaskCommand::RetryTask => match (self.status, self.can_retry()) {
                (Status::Failed, true) => Ok(vec![TaskEvent::TaskReopened]),
                (Status::Failed, false) => Err(TaskError::NotRetryable),
                _ => Err(self.wrong(name)),
            },
            TaskCommand::ArchiveTask => match (self.status.is_finished(), self.archived) {
                (true, false) => Ok(vec![TaskEvent::TaskArchived]),
                (true, true) => Ok(vec![]),
                (false, _) => Err(self.wrong(name)),
            },
            TaskCommand::ExpireLease { epoch } => self.expire_lease(name, epoch),
            _ => Err(self.wrong(name)),
        }
    }

    fn amend(&self, name: &'static str, amendment: Amendment) -> Decision {
        let open = matches!(
            self.status,
            Status::Pending | Status::Paused | Status::InterventionNeeded
        );
        if !open && !self.can_retry() {
            return Err(self.wrong(name));
        }
        self.not_submitted()?;
        Ok(vec![TaskEvent::TaskAmended {
            ticket: amendment.ticket,
            profile: amendment.profile,
            uso_cfdi: amendment.uso_cfdi,
            forma_pago: amendment.forma_pago,
        }])
    }

    fn start(
        &self,
        name: &'static str,
        worker: String,
        profile_version: u64,
        now: DateTime<Utc>,
    ) -> Decision {
        if self.status != Status::Pending {
            return Err(self.wrong(name));
        }
        match (self.waiting_for, self.not_before) {
            (WaitingFor::Human | WaitingFor::Delivery, _) => return Err(TaskError::WaitsForHuman),
            (_, Some(not_before)) if not_before > now => {
                return Err(TaskError::TooEarly { not_before });
            }
            _ => {}
        }
        let mode = if self.submit.may_have_happened() {
            RunMode::Recover
        } else {
            RunMode::Run
        };
        Ok(vec![TaskEvent::TaskStarted {
            epoch: self.epoch + 1,
            mode,
            worker,
            profile_version,
        }])
    }

    fn open_session(
        &self,
        name: &'static str,
        epoch: u64,
        session: SessionId,
        provider: String,
    ) -> Decision {
        self.running(name, epoch)?;
        match self.session {
            Some(open) if open == session => Ok(vec![]),
            Some(_) => Err(TaskError::SessionAlreadyOpen),
            None => Ok(vec![TaskEvent::SessionOpened {
                epoch,
                session,
                provider,
            }]),
        }
    }

    fn submit_outcome(&self, epoch: u64, outcome: SubmitOutcome, evidence: String) -> Decision {
        self.last_epoch(epoch)?;
        let settled = match (self.submit, outcome) {
            (SubmitState::Accepted, SubmitOutcome::Accepted)
            | (SubmitState::Rejected, SubmitOutcome::Rejected)
            | (SubmitState::Unknown, SubmitOutcome::Unknown) => return Ok(vec![]),
            (SubmitState::Accepted, _) => true,
            _ => false,
        };
        if settled {
            let state = self.submit.as_str();
            return Err(TaskError::SubmitAlreadyTaken { state });
        }
        let mut events = vec![TaskEvent::SubmitOutcomeRecorded {
            epoch,
            outcome,
            evidence,
        }];
        events.extend(self.granted_wish(outcome));
        Ok(events)
    }

    /// What becomes of a wish once the outcome is known: an accepted submission is carried to its
    /// invoice whatever was wished, unless the wish was only to pause.
    fn granted_wish(&self, outcome: SubmitOutcome) -> Option<TaskEvent> {
        if self.status.is_finished() {
            return None;
        }
        match (&self.wish, outcome) {
            (Some(Wish::Pause), _) if self.status == Status::Running => Some(TaskEvent::TaskPaused),
            (Some(Wish::End { failure }), SubmitOutcome::Rejected) => Some(TaskEvent::TaskFailed {
                failure: settled(failure.clone(), SubmitState::Rejected),
            }),
            (Some(Wish::End { failure }), SubmitOutcome::Unknown) => Some(TaskEvent::TaskFailed {
                failure: settled(failure.clone(), SubmitState::Unknown),
            }),
            _ => None,
        }
    }

    fn intend(
        &self,
        name: &'static str,
        epoch: u64,
        by: SubmitBy,
        values_hash: String,
    ) -> Decision {
        self.last_epoch(epoch)?;
        if !matches!(self.status, Status::Running | Status::InterventionNeeded) {
            return Err(self.wrong(name));
        }
        self.leased(epoch)?;
        self.not_submitted()?;
        match (by, self.control) {
            (SubmitBy::Agent, Control::User { .. }) => Err(TaskError::HumanHoldsControl),
            (SubmitBy::Human, Control::Agent) => Err(TaskError::ControlNotHeld),
            // A question is open, or control lapsed: only a human's hand may press now.
            (SubmitBy::Agent, _) if self.status != Status::Running => Err(self.wrong(name)),
            _ => Ok(vec![TaskEvent::SubmitIntended {
                epoch,
                by,
                values_hash,
            }]),
        }
    }

    fn request(
        &self,
        name: &'static str,
        epoch: Option<u64>,
        intervention: Intervention,
    ) -> Decision {
        if let Some(epoch) = epoch {
            self.last_epoch(epoch)?;
        }
        match (self.status, self.waiting_for, epoch) {
            (Status::Running, _, Some(epoch)) => self.leased(epoch)?,
            (Status::Pending, WaitingFor::Delivery, None) => {}
            (Status::InterventionNeeded, _, _) if self.intervention.is_some() => {
                return Err(TaskError::InterventionAlreadyOpen);
            }
            _ => return Err(self.wrong(name)),
        }
        Ok(vec![TaskEvent::InterventionRequested { intervention }])
    }

    fn pause(&self, name: &'static str) -> Decision {
        match (self.status, self.submit) {
            // An end that was wished outweighs a pause; a second pause is the first one.
            (Status::Running, SubmitState::Intended(_)) if self.wish.is_some() => Ok(vec![]),
            (Status::Running, SubmitState::Intended(_)) => {
                Ok(vec![TaskEvent::WishRecorded { wish: Wish::Pause }])
            }
            (Status::Pending, _) if matches!(self.wish, Some(Wish::End { .. })) => Ok(vec![]),
            (Status::Running | Status::Pending, _) => Ok(vec![TaskEvent::TaskPaused]),
            (Status::Paused, _) => Ok(vec![]),
            _ => Err(self.wrong(name)),
        }
    }

    fn park(&self, name: &'static str) -> Decision {
        if !matches!(self.status, Status::Paused | Status::InterventionNeeded) {
            return Err(self.wrong(name));
        }
        self.no_human()?;
        if self.is_parked() {
            return Ok(vec![]);
        }
        Ok(self.parked())
    }

    /// Frees the browser. An end that was wished is granted now: no worker is left who could tell
    /// the outcome it waited for.
    fn parked(&self) -> Vec<TaskEvent> {
        let mut events = vec![TaskEvent::TaskParked];
        if let (SubmitState::Intended(_), Some(Wish::End { failure })) = (self.submit, &self.wish) {
            events.extend(self.unseen(failure.clone()));
        }
        events
    }

    /// The end of a task whose irreversible step nobody is left to see the outcome of.
    fn unseen(&self, failure: Failure) -> [TaskEvent; 2] {
        [
            TaskEvent::SubmitOutcomeRecorded {
                epoch: self.epoch,
                outcome: SubmitOutcome::Unknown,
                evidence: "no worker is left to see the outcome".to_owned(),
            },
            TaskEvent::TaskFailed {
                failure: settled(failure, SubmitState::Unknown),
            },
        ]
    }

    fn resume_task(&self, name: &'static str) -> Decision {
        match (self.status, self.waiting_for) {
            (Status::Paused | Status::InterventionNeeded, _)
            | (Status::Pending, WaitingFor::Human) => {
                self.no_human()?;
                let resumes = self.resumes();
                Ok(vec![TaskEvent::TaskResumed { resumes }])
            }
            _ => Err(self.wrong(name)),
        }
    }

    fn take_control(&self, name: &'static str, user: UserId) -> Decision {
        if !matches!(
            self.status,
            Status::Running | Status::Paused | Status::InterventionNeeded
        ) {
            return Err(self.wrong(name));
        }
        self.no_human()?;
        if self.session.is_none() {
            return Err(TaskError::NoSession);
        }
        Ok(vec![TaskEvent::ControlTaken {
            control_epoch: self.control_epoch + 1,
            user,
        }])
    }

    fn schedule_retry(
        &self,
        name: &'static str,
        epoch: u64,
        class: TechnicalClass,
        not_before: DateTime<Utc>,
        detail: String,
    ) -> Decision {
        self.running(name, epoch)?;
        if self.attempts >= MAX_ATTEMPTS {
            return Err(TaskError::AttemptsExhausted { max: MAX_ATTEMPTS });
        }
        Ok(vec![TaskEvent::RetryScheduled {
            attempt: self.attempts + 1,
            class,
            not_before,
            detail,
        }])
    }

    fn defer(
        &self,
        name: &'static str,
        epoch: u64,
        reason: DeferReason,
        not_before: DateTime<Utc>,
    ) -> Decision {
        self.running(name, epoch)?;
        let window = self.submission.as_ref().and_then(|s| s.window.as_ref());
        match window {
            Some(window) if not_before > window.until => Err(TaskError::WindowEnds {
                until: window.until,
            }),
            _ => Ok(vec![TaskEvent::TaskDeferred {
                deferral: self.deferrals + 1,
                reason,
                not_before,
            }]),
        }
    }

    fn complete(
        &self,
        name: &'static str,
        epoch: Option<u64>,
        invoice: Box<Invoice>,
        warnings: Vec<String>,
        delivered_by: DeliveredBy,
    ) -> Decision {
        if let Some(epoch) = epoch {
            self.last_epoch(epoch)?;
        }
        match (self.status, self.waiting_for) {
            (Status::Running | Status::InterventionNeeded, _)
            | (Status::Pending, WaitingFor::Delivery) => {}
            _ => return Err(self.wrong(name)),
        }
        match (delivered_by, epoch) {
            (_, Some(epoch)) => self.leased(epoch)?,
            (DeliveredBy::Portal, None) => return Err(TaskError::NoLease),
            _ => {}
        }
        match self.artifacts.get(&invoice.xml) {
            Some(xml) if xml.kind == ArtifactKind::Xml => {}
            _ => return Err(TaskError::XmlNotStored { id: invoice.xml }),
        }
        Ok(vec![TaskEvent::TaskCompleted {
            invoice,
            warnings,
            delivered_by,
        }])
    }

    /// Ends the task, or records the wish while the irreversible step has no outcome. Where no
    /// worker holds the task and none will come by itself, there is nobody to wait for.
    fn end(&self, name: &'static str, failure: Failure) -> Decision {
        self.open(name)?;
        let abandoned = self.is_parked() && self.status != Status::Pending;
        match (self.submit, &self.wish) {
            (SubmitState::Intended(_), _) if abandoned => Ok(self.unseen(failure).into()),
            (SubmitState::Intended(_), Some(Wish::End { .. })) => Ok(vec![]),
            (SubmitState::Intended(_), _) => Ok(vec![TaskEvent::WishRecorded {
                wish: Wish::End { failure },
            }]),
            _ => Ok(vec![TaskEvent::TaskFailed { failure }]),
        }
    }

    fn expire(&self, name: &'static str, now: DateTime<Utc>) -> Decision {
        self.open(name)?;
        let window = self.submission.as_ref().and_then(|s| s.window.as_ref());
        let until = match window {
            Some(window)
                if matches!(
                    window.verified,
                    WindowSource::Printed | WindowSource::FiscalYear
                ) =>
            {
                window.until
            }
            _ => return Err(TaskError::WindowNotBinding),
        };
        if until > now {
            return Err(TaskError::WindowEnds { until });
        }
        // The window is for asking. What the portal accepted in time may be delivered days later.
        if self.submit == SubmitState::Accepted {
            let state = self.submit.as_str();
            return Err(TaskError::SubmitAlreadyTaken { state });
        }
        self.end(name, expired(self.submit))
    }

    fn expire_lease(&self, name: &'static str, epoch: u64) -> Decision {
        self.leased(epoch)?;
        match self.status {
            Status::Running => {
                let attempt = self.attempts + 1;
                let mut events = vec![TaskEvent::LeaseExpired { epoch, attempt }];
                if attempt > MAX_ATTEMPTS {
                    let failure = match &self.wish {
                        Some(Wish::End { failure }) => settled(failure.clone(), self.submit),
                        _ => exhausted(self.submit),
                    };
                    events.push(TaskEvent::TaskFailed { failure });
                }
                Ok(events)
            }
            Status::Paused | Status::InterventionNeeded => Ok(self.parked()),
            _ => Err(self.wrong(name)),
        }
    }

    fn resumes(&self) -> Resumes {
        match (&self.lease, self.session) {
            (Some(_), Some(_)) => Resumes::Session,
            _ => Resumes::Queue,
        }
    }

    fn open_question(&self, name: &'static str, id: InterventionId) -> Result<(), TaskError> {
        if self.status != Status::InterventionNeeded {
            return Err(self.wrong(name));
        }
        self.no_human()?;
        match &self.intervention {
            Some(open) if open.id == id => Ok(()),
            _ => Err(TaskError::InterventionNotOpen { id }),
        }
    }

    fn running(&self, name: &'static str, epoch: u64) -> Result<(), TaskError> {
        self.last_epoch(epoch)?;
        if self.status != Status::Running {
            return Err(self.wrong(name));
        }
        self.leased(epoch)
    }

    /// The epoch is the last one given out, whether or not the lease is still held.
    fn last_epoch(&self, given: u64) -> Result<(), TaskError> {
        if given == self.epoch && given > 0 {
            Ok(())
        } else {
            let current = self.epoch;
            Err(TaskError::StaleEpoch { given, current })
        }
    }

    fn leased(&self, epoch: u64) -> Result<(), TaskError> {
        self.last_epoch(epoch)?;
        match self.lease {
            Some(_) => Ok(()),
            None => Err(TaskError::NoLease),
        }
    }

    fn held(&self, given: u64) -> Result<(), TaskError> {
        match self.control {
            Control::User { control_epoch, .. } if control_epoch == given => Ok(()),
            Control::User { control_epoch, .. } => Err(TaskError::StaleControlEpoch {
                given,
                current: control_epoch,
            }),
            Control::Agent => Err(TaskError::ControlNotHeld),
        }
    }

    fn no_human(&self) -> Result<(), TaskError> {
        match self.control {
            Control::Agent => Ok(()),
            Control::User { .. } => Err(TaskError::HumanHoldsControl),
        }
    }

    fn not_submitted(&self) -> Result<(), TaskError> {
        if self.submit.may_have_happened() {
            let state = self.submit.as_str();
            return Err(TaskError::SubmitAlreadyTaken { state });
        }
        Ok(())
    }

    fn open(&self, name: &'static str) -> Result<(), TaskError> {
        if self.status.is_finished() {
            return Err(self.wrong(name));
        }
        Ok(())
    }

    fn wrong(&self, command: &'static str) -> TaskError {
        TaskError::WrongStatus {
            command,
            status: self.status,
        }
    }
}

fn cancelled(submit: SubmitState) -> Failure {
    let next_step = if submit.may_have_happened() {
        "Cancelada. Es posible que el portal ya haya emitido la factura: reintenta para recuperarla."
    } else {
        "Cancelada. Puedes reintentarla cuando quieras."
    };
    Failure {
        class: FailureClass::Cancelled,
        retryable: true,
        next_step: next_step.to_owned(),
    }
}

fn expired(submit: SubmitState) -> Failure {
    let retryable = submit.may_have_happened();
    let next_step = if retryable {
        "El plazo del ticket terminó, pero es posible que el portal ya haya emitido la factura: \
         reintenta para recuperarla."
    } else {
        "El plazo del ticket terminó. Puedes pedir al comercio la factura o usar la conciliación \
         de factura del SAT."
    };
    Failure {
        class: FailureClass::Expired,
        retryable,
        next_step: next_step.to_owned(),
    }
}

/// A failure that was wished before the outcome was known, as it reads afterwards. Where the step
/// may have happened a retry always makes sense: it looks the invoice up.
fn settled(failure: Failure, submit: SubmitState) -> Failure {
    match failure.class {
        FailureClass::Cancelled => cancelled(submit),
        FailureClass::Expired => expired(submit),
        _ => Failure {
            retryable: failure.retryable || submit.may_have_happened(),
            ..failure
        },
    }
}

fn exhausted(submit: SubmitState) -> Failure {
    let next_step = if submit.may_have_happened() {
        "El agente se detuvo varias veces después del último paso: reintenta para buscar la factura en el portal."
    } else {
        "El agente se detuvo varias veces: reintenta, o captura la factura a mano."
    };
    Failure {
        class: FailureClass::AgentError,
        retryable: true,
        next_step: next_step.to_owned(),
    }
}
