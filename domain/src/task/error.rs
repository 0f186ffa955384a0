//! Refusals: a command that does not fit the state. Nothing is emitted.

use super::aggregate::Status;
use crate::InterventionId;
use chrono::{DateTime, Utc};
use thiserror::Error;

/// Why a task refused a command.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TaskError {
    #[error("the task does not exist")]
    TaskUnknown,
    #[error("the task exists already")]
    TaskExists,
    #[error("{command} is refused in status {status}")]
    WrongStatus {
        command: &'static str,
        status: Status,
    },
    #[error("the task may not start before {not_before}")]
    TooEarly { not_before: DateTime<Utc> },
    #[error("the task waits for its owner, not for a worker")]
    WaitsForHuman,
    #[error("lease epoch {given} is stale: the last one given out is {current}")]
    StaleEpoch { given: u64, current: u64 },
    #[error("no worker holds the lease of this task")]
    NoLease,
    #[error("control epoch {given} is stale: the current one is {current}")]
    StaleControlEpoch { given: u64, current: u64 },
    #[error("no browser session lives")]
    NoSession,
    #[error("a session is open already")]
    SessionAlreadyOpen,
    #[error("a human holds control")]
    HumanHoldsControl,
    #[error("nobody holds control")]
    ControlNotHeld,
    #[error("the irreversible step was taken: its state is {state}")]
    SubmitAlreadyTaken { state: &'static str },
    #[error("the portal has not accepted the submission")]
    SubmitNotAccepted,
    #[error("a question is open already")]
    InterventionAlreadyOpen,
    #[error("intervention {id} is not open")]
    InterventionNotOpen { id: InterventionId },
    #[error("all {max} attempts are used up")]
    AttemptsExhausted { max: u32 },
    #[error("the ticket's window ends at {until}")]
    WindowEnds { until: DateTime<Utc> },
    #[error("the XML {id} is not stored")]
    XmlNotStored { id: crate::ArtifactId },
    #[error("the task has no artifact {id}")]
    ArtifactUnknown { id: crate::ArtifactId },
    #[error("the artifact {id} is kept: only screenshots and session data are erased")]
    ArtifactKept { id: crate::ArtifactId },
    #[error("the artifact {id} was erased")]
    ArtifactErased { id: crate::ArtifactId },
    #[error("the failure is final: trying again makes no sense")]
    NotRetryable,
    #[error("the window is not known well enough to expire the task")]
    WindowNotBinding,
}

impl TaskError {
    /// Stable kebab-case name for problem documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TaskUnknown => "task-unknown",
            Self::TaskExists => "task-exists",
            Self::WrongStatus { .. } => "wrong-status",
            Self::TooEarly { .. } => "too-early",
            Self::WaitsForHuman => "waits-for-human",
            Self::StaleEpoch { .. } => "stale-epoch",
            Self::NoLease => "no-lease",
            Self::StaleControlEpoch { .. } => "stale-control-epoch",
            Self::NoSession => "no-session",
            Self::SessionAlreadyOpen => "session-already-open",
            Self::HumanHoldsControl => "human-holds-control",
            Self::ControlNotHeld => "control-not-held",
            Self::SubmitAlreadyTaken { .. } => "submit-already-taken",
            Self::SubmitNotAccepted => "submit-not-accepted",
            Self::InterventionAlreadyOpen => "intervention-already-open",
            Self::InterventionNotOpen { .. } => "intervention-not-open",
            Self::AttemptsExhausted { .. } => "attempts-exhausted",
            Self::WindowEnds { .. } => "window-ends",
            Self::XmlNotStored { .. } => "xml-not-stored",
            Self::ArtifactUnknown { .. } => "artifact-unknown",
            Self::ArtifactKept { .. } => "artifact-kept",
            Self::ArtifactErased { .. } => "artifact-erased",
            Self::NotRetryable => "not-retryable",
            Self::WindowNotBinding => "window-not-binding",
        }
    }
}
