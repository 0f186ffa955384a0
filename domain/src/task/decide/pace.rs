//! Putting off and ending: retries, deferrals, leases, and the ways a task is over.

use super::*;

impl Task {
    pub(super) fn schedule_retry(
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

    pub(super) fn defer(
        &self,
        name: &'static str,
        epoch: u64,
        reason: DeferReason,
        not_before: DateTime<Utc>,
    ) -> Decision {
        self.running(name, epoch)?;
        let window = self.submission.as_ref().and_then(|s| s.window.as_ref());
        match window {
            // What may have been asked for in time is looked up for as long as it takes.
            Some(window) if not_before > window.until && !self.submit.may_have_happened() => {
                Err(TaskError::WindowEnds {
                    until: window.until,
                })
            }
            _ => Ok(vec![TaskEvent::TaskDeferred {
                deferral: self.deferrals + 1,
                reason,
                not_before,
            }]),
        }
    }

    pub(super) fn complete(
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
    pub(super) fn end(&self, name: &'static str, failure: Failure) -> Decision {
        self.open(name)?;
        let abandoned = self.is_parked() && self.status != Status::Pending;
        match (self.submit, &self.wish) {
            (SubmitState::Intended(_), _) if abandoned => Ok(self.unseen(failure).into()),
            (SubmitState::Intended(_), Some(Wish::End { .. })) => Ok(vec![]),
            (SubmitState::Intended(_), _) => Ok(vec![TaskEvent::WishRecorded {
                wish: Wish::End { failure },
            }]),
            _ => Ok(vec![TaskEvent::TaskFailed {
                failure: settled(failure, self.submit),
            }]),
        }
    }

    /// The end of a task whose irreversible step nobody is left to see the outcome of.
    pub(super) fn unseen(&self, failure: Failure) -> [TaskEvent; 2] {
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

    pub(super) fn expire(&self, name: &'static str, now: DateTime<Utc>) -> Decision {
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
        // The window is for asking. What the portal accepted in time may be delivered days later,
        // and where nobody knows whether it did, it has to be looked up.
        if matches!(self.submit, SubmitState::Accepted | SubmitState::Unknown) {
            let state = self.submit.as_str();
            return Err(TaskError::SubmitAlreadyTaken { state });
        }
        self.end(name, expired(self.submit))
    }

    /// A lease that is given back leaves the attempts as they are; one that ran out counts.
    pub(super) fn expire_lease(
        &self,
        name: &'static str,
        epoch: u64,
        given_back: bool,
    ) -> Decision {
        self.leased(epoch)?;
        match self.status {
            Status::Running => {
                let attempt = self.attempts + u32::from(!given_back);
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
}

pub(super) fn cancelled(submit: SubmitState) -> Failure {
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

/// A failure as it reads now that the outcome is known, or known to be unknown. Where the step may
/// have happened a retry always makes sense: it looks the invoice up.
pub(super) fn settled(failure: Failure, submit: SubmitState) -> Failure {
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
