//! The rules: which command gives which events in which state. Pure. Here each command finds its
//! rule, and here are the guards that rules share.

mod pace;
mod run;
mod turn;

use super::aggregate::{Control, Status, SubmitState, Task, WaitingFor};
use super::command::{Amendment, FactSource, TaskCommand};
use super::error::TaskError;
use super::event::*;
use crate::{ArtifactId, InterventionId, Now, SessionId, UserId};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

/// How many technical failures of a run are met by another run: those since the owner's last word
/// and the last deferral.
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
                if self.erased.contains(&artifact.id) {
                    return Err(TaskError::ArtifactErased { id: artifact.id });
                }
                if self.artifacts.contains_key(&artifact.id) {
                    return Ok(vec![]);
                }
                Ok(vec![TaskEvent::ArtifactStored { artifact }])
            }
            TaskCommand::EraseArtifact { id, reason } => self.erase(name, id, reason),
            TaskCommand::UseCredential { epoch, usage } => {
                self.running(name, epoch)?;
                Ok(vec![TaskEvent::CredentialUsed { epoch, usage }])
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
            TaskCommand::CancelTask => self.end(name, pace::cancelled(self.submit)),
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
            TaskCommand::ExpireLease { epoch, given_back } => {
                self.expire_lease(name, epoch, given_back)
            }
            _ => Err(self.wrong(name)),
        }
    }

    /// Passing files only, and only once the task is over; again, there is nothing to do.
    fn erase(&self, name: &'static str, id: ArtifactId, reason: ErasureReason) -> Decision {
        let artifact = self.artifacts.get(&id);
        let artifact = artifact.ok_or(TaskError::ArtifactUnknown { id })?;
        if !artifact.kind.is_passing() {
            return Err(TaskError::ArtifactKept { id });
        }
        if self.erased.contains(&id) {
            return Ok(vec![]);
        }
        if !self.status.is_finished() {
            return Err(self.wrong(name));
        }
        Ok(vec![TaskEvent::ArtifactErased { id, reason }])
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
