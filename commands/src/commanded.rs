//! Which aggregates the bus executes.

use cqrs_es::Aggregate;
use domain::Now;
use domain::account::{Account, AccountCommand};
use domain::task::{Task, TaskCommand};
use domain::ticket::{Ticket, TicketCommand};

/// An aggregate the bus can execute: decided at a time, and cheap to clone, since a command is
/// decided on a copy that is kept only when its events are in the log.
pub trait Commanded:
    Aggregate<Services = Now, Command: Clone + Send + Sync, Error: Send + Sync + 'static>
    + Clone
    + 'static
{
    /// The command's name as it stands in the log's metadata.
    fn command_name(command: &Self::Command) -> &'static str;
}

impl Commanded for Task {
    fn command_name(command: &TaskCommand) -> &'static str {
        command.name()
    }
}

impl Commanded for Account {
    fn command_name(command: &AccountCommand) -> &'static str {
        command.name()
    }
}

impl Commanded for Ticket {
    fn command_name(command: &TicketCommand) -> &'static str {
        command.name()
    }
}
