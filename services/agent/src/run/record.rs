//! Steps in the log: what was done, masked, how it went and how long it took.

use super::{Flow, Halt, Run};
use crate::journal::CommandFailure;
use domain::task::{Step, StepKind, StepOutcome, SubmitOutcome, TaskCommand, TaskError};
use std::time::Duration;
use tokio::time::Instant;

/// A step on its way into the log.
pub(super) struct Note {
    kind: StepKind,
    field: Option<String>,
    content: Option<String>,
    since: Instant,
}

impl Note {
    /// A step that begins now.
    pub fn begin(kind: StepKind) -> Self {
        Self {
            kind,
            field: None,
            content: None,
            since: Instant::now(),
        }
    }

    #[must_use]
    pub fn field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// What was typed or read; masked already.
    #[must_use]
    pub fn content(mut self, content: impl Into<String>) -> Self {
        self.content = Some(content.into());
        self
    }

    fn end(self, outcome: StepOutcome) -> Step {
        let took: Duration = self.since.elapsed();
        Step {
            kind: self.kind,
            field: self.field,
            content: self.content,
            outcome,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Run {
    /// Records a step that ends now.
    pub(super) async fn record(&self, note: Note, outcome: StepOutcome) -> Flow {
        let command = TaskCommand::RecordStep {
            epoch: self.epoch,
            step: note.end(outcome),
        };
        self.fact(command).await
    }

    /// Records what became of the irreversible step.
    ///
    /// # Errors
    /// [`Halt::Accepted`] when the portal accepted before: nothing takes that back.
    pub(super) async fn outcome(&self, outcome: SubmitOutcome, evidence: &str) -> Flow {
        let command = TaskCommand::RecordSubmitOutcome {
            epoch: self.epoch,
            outcome,
            evidence: evidence.to_owned(),
        };
        match self.journal.execute(command).await {
            Err(CommandFailure::Refused(TaskError::SubmitAlreadyTaken { .. })) => {
                Err(Halt::Accepted)
            }
            done => self.taken(done),
        }
    }
}
