//! The state of a task and how events change it. `apply` never fails and never decides.

use super::event::*;
use crate::{ArtifactId, InterventionId, ProfileId, SessionId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The six statuses of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    #[default]
    Pending,
    Running,
    Paused,
    InterventionNeeded,
    Completed,
    Failed,
}

impl Status {
    /// The stable name: `PENDING`, `RUNNING`, …
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::InterventionNeeded => "INTERVENTION_NEEDED",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }

    /// COMPLETED and FAILED.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an open task waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    #[default]
    None,
    /// A worker.
    Queue,
    /// A point in time; see [`Task::not_before`].
    NotBefore,
    Human,
    /// The files, by another way than the portal's page.
    Delivery,
}

impl WaitingFor {
    /// The stable name used in the API and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Queue => "queue",
            Self::NotBefore => "not_before",
            Self::Human => "human",
            Self::Delivery => "delivery",
        }
    }
}

/// Who drives the browser. Exactly one holder at any time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "holder", rename_all = "snake_case")]
pub enum Control {
    #[default]
    Agent,
    User {
        user: UserId,
        control_epoch: u64,
    },
}

/// How far the irreversible step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmitState {
    #[default]
    None,
    Intended(SubmitBy),
    Accepted,
    Rejected,
    Unknown,
}

impl SubmitState {
    /// The stable name used in the API and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Intended(_) => "intended",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }

    /// The step may have happened: never press again.
    pub fn may_have_happened(self) -> bool {
        matches!(self, Self::Intended(_) | Self::Accepted | Self::Unknown)
    }
}

/// A question and its answer, kept so that a later run reuses it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    pub kind: InterventionKind,
    pub answer: crate::Sealed,
}

/// The Task aggregate. See the module for its table of rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// What was submitted, as amended. `None` before the task exists.
    pub submission: Option<Submission>,
    pub status: Status,
    pub waiting_for: WaitingFor,
    pub not_before: Option<DateTime<Utc>>,
    /// The last lease epoch given out; 0 before the first.
    pub epoch: u64,
    /// The worker that holds the lease `epoch`, while it is held.
    pub lease: Option<String>,
    /// The session the current run drives.
    pub session: Option<SessionId>,
    /// Every session opened and not reported closed.
    pub open_sessions: BTreeSet<SessionId>,
    pub control: Control,
    /// The last control epoch given out; 0 before the first.
    pub control_epoch: u64,
    /// The status control was taken from.
    pub taken_from: Option<Status>,
    pub submit: SubmitState,
    /// The hash of the values of the last intended submission.
    pub submitted_values: Option<String>,
    /// Technical failures since a human last did their part, and since the last deferral.
    pub attempts: u32,
    pub deferrals: u32,
    pub intervention: Option<Intervention>,
    /// Answers given in this life of the task, by question.
    pub answers: BTreeMap<InterventionId, Answered>,
    /// The task goes to the head of the queue: a human has just done their part.
    pub head_of_queue: bool,
    pub wish: Option<Wish>,
    pub artifacts: BTreeMap<ArtifactId, Artifact>,
    /// Those of the artifacts whose files are gone, or about to be.
    #[serde(default)]
    pub erased: BTreeSet<ArtifactId>,
    pub invoice: Option<Box<Invoice>>,
    pub failure: Option<Failure>,
    pub archived: bool,
    /// Mode and profile version of the last start.
    pub run: Option<(RunMode, u64)>,
}

impl Task {
    /// The owner, once the task exists.
    pub fn owner(&self) -> Option<UserId> {
        self.submission.as_ref().map(|s| s.owner)
    }

    /// The fiscal profile in use, once the task exists.
    pub fn profile(&self) -> Option<ProfileId> {
        self.submission.as_ref().map(|s| s.profile)
    }

    /// The browser is gone and nobody holds the lease.
    pub fn is_parked(&self) -> bool {
        self.lease.is_none()
    }

    /// The passing files that are still there.
    pub fn passing_artifacts(&self) -> impl Iterator<Item = ArtifactId> {
        let there = |a: &&Artifact| a.kind.is_passing() && !self.erased.contains(&a.id);
        self.artifacts.values().filter(there).map(|a| a.id)
    }

    /// Whether RetryTask would be taken.
    pub fn can_retry(&self) -> bool {
        self.status == Status::Failed && self.failure.as_ref().is_some_and(|f| f.retryable)
    }

    /// Applies one event.
    pub fn fold(&mut self, event: &TaskEvent) {
        match event {
            TaskEvent::TaskSubmitted(submission) => self.submitted(submission),
            TaskEvent::TaskAmended {
                ticket,
                profile,
                uso_cfdi,
                forma_pago,
            } => {
                if let Some(s) = &mut self.submission {
                    s.ticket = ticket.clone();
                    s.profile = *profile;
                    s.uso_cfdi = *uso_cfdi;
                    s.forma_pago = *forma_pago;
                    s.confirmed_values = None;
                }
                // Whoever confirmed, confirmed other values.
                self.answers
                    .retain(|_, answered| answered.kind != InterventionKind::Confirm);
            }
            TaskEvent::TaskStarted {
                epoch,
                mode,
                worker,
                profile_version,
            } => {
                self.epoch = *epoch;
                self.lease = Some(worker.clone());
                self.run = Some((*mode, *profile_version));
                self.not_before = None;
                self.head_of_queue = false;
                self.enter(Status::Running, WaitingFor::None);
            }
            TaskEvent::SessionOpened { session, .. } => {
                self.session = Some(*session);
                self.open_sessions.insert(*session);
            }
            TaskEvent::SessionClosed { session, .. } => self.session_closed(*session),
            TaskEvent::StepRecorded { .. } | TaskEvent::CredentialUsed { .. } => {}
            TaskEvent::ArtifactStored { artifact } => {
                self.artifacts.insert(artifact.id, artifact.clone());
            }
            TaskEvent::ArtifactErased { id, .. } => {
                self.erased.insert(*id);
            }
            TaskEvent::SubmitIntended {
                by, values_hash, ..
            } => {
                self.submit = SubmitState::Intended(*by);
                self.submitted_values = Some(values_hash.clone());
            }
            TaskEvent::SubmitOutcomeRecorded { outcome, .. } => {
                self.submit = match outcome {
                    SubmitOutcome::Accepted => SubmitState::Accepted,
                    SubmitOutcome::Rejected => SubmitState::Rejected,
                    SubmitOutcome::Unknown => SubmitState::Unknown,
                };
                self.wish = None;
            }
            TaskEvent::WishRecorded { wish } => self.wish = Some(wish.clone()),
            _ => self.fold_turn(event),
        }
    }

    /// Events that hand the task from one party to the other, or end it.
    fn fold_turn(&mut self, event: &TaskEvent) {
        match event {
            TaskEvent::InterventionRequested { intervention } => {
                self.intervention = Some(intervention.clone());
                self.enter(Status::InterventionNeeded, WaitingFor::Human);
            }
            TaskEvent::InterventionAnswered {
                id,
                answer,
                resumes,
            } => {
                if let Some(question) = self.intervention.take() {
                    let kind = question.kind;
                    let answer = answer.clone();
                    self.answers.insert(*id, Answered { kind, answer });
                }
                self.resume(*resumes);
            }
            TaskEvent::InterventionDeclined { resumes, .. } => {
                self.intervention = None;
                self.resume(*resumes);
            }
            TaskEvent::TaskPaused => self.enter(Status::Paused, WaitingFor::Human),
            TaskEvent::TaskParked => self.free(),
            TaskEvent::TaskResumed { resumes } => {
                self.intervention = None;
                self.resume(*resumes);
            }
            TaskEvent::ControlTaken {
                control_epoch,
                user,
            } => {
                self.taken_from = Some(self.status);
                self.control_epoch = *control_epoch;
                self.control = Control::User {
                    user: *user,
                    control_epoch: *control_epoch,
                };
                self.enter(Status::InterventionNeeded, WaitingFor::Human);
            }
            TaskEvent::ControlReturned {
                settles_intervention,
                ..
            } => self.control_returned(*settles_intervention),
            TaskEvent::ControlLapsed { .. } => {
                self.control = Control::Agent;
                self.taken_from = None;
                self.enter(Status::InterventionNeeded, WaitingFor::Human);
            }
            _ => self.fold_pace(event),
        }
    }

    /// Events that put the task off, or end it.
    fn fold_pace(&mut self, event: &TaskEvent) {
        match event {
            TaskEvent::RetryScheduled {
                attempt,
                not_before,
                ..
            } => {
                self.attempts = *attempt;
                self.put_off(*not_before);
            }
            TaskEvent::TaskDeferred {
                deferral,
                not_before,
                ..
            } => {
                self.deferrals = *deferral;
                self.attempts = 0;
                self.put_off(*not_before);
            }
            TaskEvent::DeliveryAwaited { .. } => {
                self.free();
                self.enter(Status::Pending, WaitingFor::Delivery);
            }
            TaskEvent::TaskCompleted { invoice, .. } => {
                self.invoice = Some(invoice.clone());
                self.submit = SubmitState::Accepted;
                self.finish(Status::Completed);
            }
            TaskEvent::TaskFailed { failure } => {
                self.failure = Some(failure.clone());
                self.finish(Status::Failed);
            }
            TaskEvent::TaskReopened => {
                self.failure = None;
                self.attempts = 0;
                self.archived = false;
                self.enter(Status::Pending, WaitingFor::Queue);
            }
            TaskEvent::TaskArchived => self.archived = true,
            TaskEvent::LeaseExpired { attempt, .. } => {
                self.attempts = *attempt;
                self.free();
                self.enter(Status::Pending, WaitingFor::Queue);
            }
            _ => {}
        }
    }

    fn submitted(&mut self, submission: &Submission) {
        self.not_before = submission.not_before;
        let waiting_for = if submission.needs_human {
            WaitingFor::Human
        } else if submission.not_before.is_some() {
            WaitingFor::NotBefore
        } else {
            WaitingFor::Queue
        };
        self.submission = Some(submission.clone());
        self.enter(Status::Pending, waiting_for);
    }

    fn session_closed(&mut self, session: SessionId) {
        self.open_sessions.remove(&session);
        if self.session == Some(session) {
            self.session = None;
            if matches!(self.control, Control::User { .. }) {
                self.control = Control::Agent;
                self.taken_from = None;
            }
        }
    }

    fn control_returned(&mut self, settles_intervention: bool) {
        self.attempts = 0;
        self.control = Control::Agent;
        if settles_intervention {
            self.intervention = None;
        }
        match self.taken_from.take() {
            Some(Status::Paused) => self.enter(Status::Paused, WaitingFor::Human),
            _ if self.intervention.is_some() => {
                self.enter(Status::InterventionNeeded, WaitingFor::Human);
            }
            _ => self.enter(Status::Running, WaitingFor::None),
        }
    }

    fn resume(&mut self, resumes: Resumes) {
        self.attempts = 0;
        match resumes {
            Resumes::Session => self.enter(Status::Running, WaitingFor::None),
            Resumes::Queue => {
                // A worker without a browser has nothing to go on with. A human's word ends the
                // wait for a point in time, too.
                self.free();
                self.not_before = None;
                self.head_of_queue = true;
                self.enter(Status::Pending, WaitingFor::Queue);
            }
        }
    }

    fn put_off(&mut self, not_before: DateTime<Utc>) {
        self.free();
        self.not_before = Some(not_before);
        self.enter(Status::Pending, WaitingFor::NotBefore);
    }

    /// Session, lease and slot are given back.
    fn free(&mut self) {
        self.session = None;
        self.lease = None;
        self.control = Control::Agent;
        self.taken_from = None;
    }

    fn finish(&mut self, status: Status) {
        self.free();
        self.intervention = None;
        self.wish = None;
        self.not_before = None;
        self.head_of_queue = false;
        self.enter(status, WaitingFor::None);
    }

    fn enter(&mut self, status: Status, waiting_for: WaitingFor) {
        self.status = status;
        self.waiting_for = waiting_for;
    }
}
