//! The Task: one ticket on its way to a verified invoice.
//!
//! | command | from | event → status |
//! |---|---|---|
//! | SubmitTask | – | TaskSubmitted → PENDING |
//! | AmendTask | PENDING, PAUSED, INTERVENTION_NEEDED, retryable FAILED; `submit` none or rejected | TaskAmended → same |
//! | StartTask | PENDING, `not_before` reached; mode `recover` when the irreversible step may have happened | TaskStarted → RUNNING |
//! | OpenSession / CloseSession | RUNNING / any | SessionOpened / SessionClosed → same |
//! | RecordStep, StoreArtifact, RecordSubmitOutcome | any, from the last epoch given out | StepRecorded, ArtifactStored, SubmitOutcomeRecorded → same |
//! | EraseArtifact | COMPLETED, FAILED; screenshots and session data only | ArtifactErased → same |
//! | UseCredential | RUNNING | CredentialUsed → same |
//! | IntendSubmit | RUNNING, INTERVENTION_NEEDED; `submit` none or rejected | SubmitIntended → same |
//! | RequestIntervention | RUNNING, PENDING (delivery) | InterventionRequested → INTERVENTION_NEEDED |
//! | AnswerIntervention / DeclineIntervention | INTERVENTION_NEEDED, that id open | InterventionAnswered / InterventionDeclined → RUNNING, or PENDING at the head of the queue |
//! | PauseTask | PENDING, RUNNING | TaskPaused → PAUSED |
//! | ParkTask | PAUSED, INTERVENTION_NEEDED | TaskParked → same |
//! | ResumeTask | PAUSED; INTERVENTION_NEEDED while no human holds control; PENDING that waits for its owner | TaskResumed → RUNNING or PENDING |
//! | TakeControl | RUNNING, PAUSED, INTERVENTION_NEEDED, with a live session | ControlTaken → INTERVENTION_NEEDED |
//! | ReturnControl / LapseControl | held | ControlReturned → where it was taken from / ControlLapsed → INTERVENTION_NEEDED |
//! | ScheduleRetry | RUNNING | RetryScheduled → PENDING; up to 3 since the last deferral or human's part |
//! | DeferTask | RUNNING | TaskDeferred → PENDING; until the window ends, or without end when the irreversible step may have happened |
//! | AwaitDelivery | RUNNING, `submit` accepted | DeliveryAwaited → PENDING |
//! | CompleteTask | RUNNING, INTERVENTION_NEEDED, PENDING (delivery); XML stored | TaskCompleted → COMPLETED |
//! | FailTask / CancelTask / ExpireTask | any open; while `submit` is intended only WishRecorded; ExpireTask not while it is accepted or unknown | TaskFailed → FAILED, retryable when the step may have happened |
//! | RetryTask | FAILED and retryable | TaskReopened → PENDING |
//! | ArchiveTask | COMPLETED, FAILED | TaskArchived → same |
//! | ExpireLease | RUNNING / PAUSED, INTERVENTION_NEEDED | LeaseExpired → PENDING, or FAILED after 3 (given back by the worker: not counted) / TaskParked |
//!
//! Facts are recorded in every state; only decisions are guarded by state. A wish (pause, cancel,
//! fail, expire) that meets an intended but unsettled irreversible step waits for its outcome; once
//! no worker is left to tell it and none will come by itself (the task is parked), the outcome is
//! `unknown` and an end that was wished is granted, always open to a retry, which recovers. The end
//! of the ticket's window does not end a task whose submission the portal accepted, or may have
//! accepted: the window is for asking, not for looking up.
//!
//! A stale epoch is refused as such whatever the status. Only a human who holds control may intend
//! the irreversible step in INTERVENTION_NEEDED; the agent only in RUNNING.

mod aggregate;
mod command;
mod decide;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use aggregate::{Answered, Control, Status, SubmitState, Task, WaitingFor};
pub use command::{Amendment, FactSource, TaskCommand};
pub use decide::MAX_ATTEMPTS;
pub use error::TaskError;
pub use event::*;
