//! The run: what a worker claims, opens and presses, and what may be mended before.

use super::pace::settled;
use super::*;

impl Task {
    pub(super) fn amend(&self, name: &'static str, amendment: Amendment) -> Decision {
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

    pub(super) fn start(
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

    pub(super) fn open_session(
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

    pub(super) fn intend(
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

    pub(super) fn submit_outcome(
        &self,
        epoch: u64,
        outcome: SubmitOutcome,
        evidence: String,
    ) -> Decision {
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
    pub(super) fn granted_wish(&self, outcome: SubmitOutcome) -> Option<TaskEvent> {
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
}
