//! What one may ask of a task. Each command is one row of the table in the module's documentation.

use super::event::*;
use crate::fiscal::{FormaPago, UsoCfdi};
use crate::{ArtifactId, InterventionId, ProfileId, Sealed, SessionId, UserId};
use chrono::{DateTime, Utc};

/// A request to a task; decided by [`super::Task::decide`].
#[derive(Clone, Debug, PartialEq)]
pub enum TaskCommand {
    /// Hand in a ticket. Creates the task.
    SubmitTask(Submission),
    /// Mend what was typed, while nothing was sent to the portal.
    AmendTask(Amendment),
    /// A worker claims the task and gets the lease epoch.
    StartTask {
        worker: String,
        profile_version: u64,
    },
    /// The worker's browser is open.
    OpenSession {
        epoch: u64,
        session: SessionId,
        provider: String,
    },
    /// The browser is gone.
    CloseSession {
        session: SessionId,
        reason: String,
    },
    /// Something the worker did or saw.
    RecordStep {
        epoch: u64,
        step: Step,
    },
    /// A file was stored, sealed.
    StoreArtifact {
        by: FactSource,
        artifact: Artifact,
    },
    /// A passing file of a finished task is to go.
    EraseArtifact {
        id: ArtifactId,
        reason: ErasureReason,
    },
    /// The worker is about to type a stored portal account.
    UseCredential {
        epoch: u64,
        usage: CredentialUse,
    },
    /// What became of the irreversible step.
    RecordSubmitOutcome {
        epoch: u64,
        outcome: SubmitOutcome,
        evidence: String,
    },
    /// The irreversible button is about to be pressed.
    IntendSubmit {
        epoch: u64,
        by: SubmitBy,
        values_hash: String,
    },
    /// A human is needed. `epoch` is absent when the reactor asks (delivery).
    RequestIntervention {
        epoch: Option<u64>,
        intervention: Intervention,
    },
    AnswerIntervention {
        id: InterventionId,
        answer: Sealed,
    },
    DeclineIntervention {
        id: InterventionId,
        reason: String,
    },
    PauseTask,
    /// Nobody came in time: free the browser.
    ParkTask,
    ResumeTask,
    TakeControl {
        user: UserId,
    },
    ReturnControl {
        control_epoch: u64,
        outcome: ReturnOutcome,
    },
    LapseControl {
        control_epoch: u64,
    },
    ScheduleRetry {
        epoch: u64,
        class: TechnicalClass,
        not_before: DateTime<Utc>,
        detail: String,
    },
    DeferTask {
        epoch: u64,
        reason: DeferReason,
        not_before: DateTime<Utc>,
    },
    AwaitDelivery {
        epoch: u64,
        channel: DeliveryChannel,
        expected_by: DateTime<Utc>,
    },
    /// The invoice is here, verified and stored. `epoch` is required of a worker, absent for a user.
    CompleteTask {
        epoch: Option<u64>,
        invoice: Box<Invoice>,
        warnings: Vec<String>,
        delivered_by: DeliveredBy,
    },
    /// The worker (with its epoch) or a policy gives up.
    FailTask {
        epoch: Option<u64>,
        failure: Failure,
    },
    /// The user gives up.
    CancelTask,
    /// The ticket's window is over.
    ExpireTask,
    RetryTask,
    ArchiveTask,
    /// The worker's heartbeats stopped, or it gives its lease back itself: it stops, and nothing
    /// failed.
    ExpireLease {
        epoch: u64,
        given_back: bool,
    },
}

impl TaskCommand {
    /// The command's name as it stands in the log's metadata and in refusals.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SubmitTask(_) => "SubmitTask",
            Self::AmendTask(_) => "AmendTask",
            Self::StartTask { .. } => "StartTask",
            Self::OpenSession { .. } => "OpenSession",
            Self::CloseSession { .. } => "CloseSession",
            Self::RecordStep { .. } => "RecordStep",
            Self::StoreArtifact { .. } => "StoreArtifact",
            Self::EraseArtifact { .. } => "EraseArtifact",
            Self::UseCredential { .. } => "UseCredential",
            Self::RecordSubmitOutcome { .. } => "RecordSubmitOutcome",
            Self::IntendSubmit { .. } => "IntendSubmit",
            Self::RequestIntervention { .. } => "RequestIntervention",
            Self::AnswerIntervention { .. } => "AnswerIntervention",
            Self::DeclineIntervention { .. } => "DeclineIntervention",
            Self::PauseTask => "PauseTask",
            Self::ParkTask => "ParkTask",
            Self::ResumeTask => "ResumeTask",
            Self::TakeControl { .. } => "TakeControl",
            Self::ReturnControl { .. } => "ReturnControl",
            Self::LapseControl { .. } => "LapseControl",
            Self::ScheduleRetry { .. } => "ScheduleRetry",
            Self::DeferTask { .. } => "DeferTask",
            Self::AwaitDelivery { .. } => "AwaitDelivery",
            Self::CompleteTask { .. } => "CompleteTask",
            Self::FailTask { .. } => "FailTask",
            Self::CancelTask => "CancelTask",
            Self::ExpireTask => "ExpireTask",
            Self::RetryTask => "RetryTask",
            Self::ArchiveTask => "ArchiveTask",
            Self::ExpireLease { .. } => "ExpireLease",
        }
    }
}

/// Who reports a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum FactSource {
    /// A worker, with the lease epoch it was given.
    Worker { epoch: u64 },
    /// The owner, who uploads by hand.
    User,
}

/// What AmendTask may change; the same shapes as in [`Submission`].
#[derive(Clone, Debug, PartialEq)]
pub struct Amendment {
    pub ticket: Ticket,
    pub profile: ProfileId,
    pub uso_cfdi: UsoCfdi,
    pub forma_pago: Option<FormaPago>,
}
