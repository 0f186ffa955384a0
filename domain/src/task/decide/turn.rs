//! The hand-over: questions, pauses, parking and control.

use super::*;

impl Task {
    pub(super) fn request(
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

    pub(super) fn pause(&self, name: &'static str) -> Decision {
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

    pub(super) fn park(&self, name: &'static str) -> Decision {
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
    pub(super) fn parked(&self) -> Vec<TaskEvent> {
        let mut events = vec![TaskEvent::TaskParked];
        if let (SubmitState::Intended(_), Some(Wish::End { failure })) = (self.submit, &self.wish) {
            events.extend(self.unseen(failure.clone()));
        }
        events
    }

    pub(super) fn resume_task(&self, name: &'static str) -> Decision {
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

    pub(super) fn take_control(&self, name: &'static str, user: UserId) -> Decision {
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

    pub(super) fn resumes(&self) -> Resumes {
        match (&self.lease, self.session) {
            (Some(_), Some(_)) => Resumes::Session,
            _ => Resumes::Queue,
        }
    }

    pub(super) fn open_question(
        &self,
        name: &'static str,
        id: InterventionId,
    ) -> Result<(), TaskError> {
        if self.status != Status::InterventionNeeded {
            return Err(self.wrong(name));
        }
        self.no_human()?;
        match &self.intervention {
            Some(open) if open.id == id => Ok(()),
            _ => Err(TaskError::InterventionNotOpen { id }),
        }
    }

    pub(super) fn held(&self, given: u64) -> Result<(), TaskError> {
        match self.control {
            Control::User { control_epoch, .. } if control_epoch == given => Ok(()),
            Control::User { control_epoch, .. } => Err(TaskError::StaleControlEpoch {
                given,
                current: control_epoch,
            }),
            Control::Agent => Err(TaskError::ControlNotHeld),
        }
    }
}
