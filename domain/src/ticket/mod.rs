//! The Ticket: who owns the right to invoice one purchase ticket.
//!
//! Its id is the keyed hash of the ticket's identity, so that the same ticket, handed in twice or
//! by two nodes at once, meets the same aggregate and gets the same task.

use crate::{Now, TaskId};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use thiserror::Error;

#[cfg(test)]
mod tests;

/// What one may ask of a ticket.
#[derive(Clone, Debug, PartialEq)]
pub enum TicketCommand {
    /// Claim it for a task that will be, or is, submitted under that id.
    ClaimTicket { task: TaskId },
    /// Give it back: the task was amended to another identity.
    ReleaseTicket { task: TaskId },
}

impl TicketCommand {
    /// The command's name as it stands in the log's metadata.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ClaimTicket { .. } => "ClaimTicket",
            Self::ReleaseTicket { .. } => "ReleaseTicket",
        }
    }
}

/// What happened to a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub enum TicketEvent {
    TicketClaimed { task: TaskId },
    TicketReleased { task: TaskId },
}

impl DomainEvent for TicketEvent {
    fn event_type(&self) -> String {
        match self {
            Self::TicketClaimed { .. } => "TicketClaimed",
            Self::TicketReleased { .. } => "TicketReleased",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// Why a ticket refused a command.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TicketError {
    /// Another task holds it; the caller answers that task.
    #[error("the ticket belongs to task {task}")]
    TicketAlreadyClaimed { task: TaskId },
    #[error("the task does not hold this ticket")]
    TicketNotHeld,
}

/// The Ticket aggregate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// The task that holds it.
    pub task: Option<TaskId>,
}

impl Ticket {
    /// Decides a command; claiming what one holds already gives nothing to do.
    ///
    /// # Errors
    /// The refusal, by name.
    pub fn decide(&self, command: TicketCommand) -> Result<Vec<TicketEvent>, TicketError> {
        match (command, self.task) {
            (TicketCommand::ClaimTicket { task }, None) => {
                Ok(vec![TicketEvent::TicketClaimed { task }])
            }
            (TicketCommand::ClaimTicket { task }, Some(held)) if held == task => Ok(vec![]),
            (TicketCommand::ClaimTicket { .. }, Some(task)) => {
                Err(TicketError::TicketAlreadyClaimed { task })
            }
            (TicketCommand::ReleaseTicket { task }, Some(held)) if held == task => {
                Ok(vec![TicketEvent::TicketReleased { task }])
            }
            (TicketCommand::ReleaseTicket { .. }, _) => Err(TicketError::TicketNotHeld),
        }
    }
}

impl Aggregate for Ticket {
    const TYPE: &'static str = "ticket";
    type Command = TicketCommand;
    type Event = TicketEvent;
    type Error = TicketError;
    type Services = Now;

    async fn handle(
        &mut self,
        command: TicketCommand,
        _now: &Now,
        sink: &EventSink<Self>,
    ) -> Result<(), TicketError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: TicketEvent) {
        self.task = match event {
            TicketEvent::TicketClaimed { task } => Some(task),
            TicketEvent::TicketReleased { .. } => None,
        };
    }
}
