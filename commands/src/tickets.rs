//! Submitting and amending by way of the ticket, so that one ticket is one task.
//!
//! The ticket is claimed first, and the claim holds the task's id; then the task is submitted under
//! that id. Whoever meets a claim without its task finishes the work of the one who crashed.

use crate::bus::{CommandBus, Executed};
use crate::context::Context;
use crate::error::{ExecuteError, LogError};
use cqrs_es::Aggregate as _;
use domain::TaskId;
use domain::account::Account;
use domain::task::{Amendment, Status, Submission, Task, TaskCommand, TaskError, TaskEvent};
use domain::ticket::{Ticket, TicketCommand, TicketError};
use std::sync::Arc;
use thiserror::Error;

/// The task a submitted ticket has led to, now or before.
#[derive(Clone, Debug)]
pub struct Submitted {
    pub task: TaskId,
    /// This call made the task. False: it was there before.
    pub created: bool,
    /// The task as it is now; [`Task::can_retry`] tells whether to offer that.
    pub state: Task,
    /// Of the task's last event seen: read at least up to here.
    pub position: u64,
}

/// Why a ticket could not be submitted.
#[derive(Debug, Error)]
pub enum SubmitError {
    #[error("the task refuses")]
    Task(#[from] ExecuteError<TaskError>),
    #[error("the ticket refuses")]
    Ticket(#[from] ExecuteError<TicketError>),
    #[error("the log is unavailable")]
    Log(#[from] LogError),
}

/// A task with mended data.
#[derive(Clone, Debug)]
pub struct Amended {
    pub executed: Executed<Task>,
}

/// Why a task could not be amended.
#[derive(Debug, Error)]
pub enum AmendError {
    /// What it would become is another task's ticket.
    #[error("the ticket belongs to task {task}")]
    TicketTaken { task: TaskId },
    #[error("the task refuses")]
    Task(#[from] ExecuteError<TaskError>),
    #[error("the ticket refuses")]
    Ticket(#[from] ExecuteError<TicketError>),
    #[error("the log is unavailable")]
    Log(#[from] LogError),
}

/// Submits a ticket, once: the same ticket again answers the task it has. `proposed` is the id of
/// a task that may have to be made; derive it from the command's id, so that a repeat proposes the
/// same one. A ticket whose task failed for good, with nothing sent to the portal, gets a new task.
///
/// # Errors
/// [`SubmitError`]; an id used before with another body is
/// `SubmitError::Task(ExecuteError::IdReused)`.
pub async fn submit_ticket(
    bus: &CommandBus,
    submission: Submission,
    proposed: TaskId,
    context: &Context,
) -> Result<Submitted, SubmitError> {
    // Here before? Then the ticket is not asked again: with another body it would be another one.
    if bus.load::<Task>(&proposed.to_string()).await?.is_some() {
        return Ok(submit(bus, submission, proposed, context).await?);
    }
    let key = submission.ticket.key.0.clone();
    let mut holder = claim(bus, &key, proposed, context).await?;
    if holder != proposed && is_free_again(bus, &key, holder).await? {
        release(bus, &key, holder, context).await?;
        holder = claim(bus, &key, proposed, context).await?;
    }
    if holder == proposed {
        return Ok(submit(bus, submission, proposed, context).await?);
    }
    if let Some(known) = bus.load::<Task>(&holder.to_string()).await? {
        return Ok(Submitted {
            task: holder,
            created: false,
            state: known.state,
            position: known.position,
        });
    }
    // A claim without its task: its owner crashed, or is about to submit. Either may be first.
    Ok(submit(bus, submission, holder, &context.part()).await?)
}

/// Claims the ticket, or tells which task has it.
async fn claim(
    bus: &CommandBus,
    key: &str,
    task: TaskId,
    context: &Context,
) -> Result<TaskId, ExecuteError<TicketError>> {
    let command = TicketCommand::ClaimTicket { task };
    match bus.execute::<Ticket>(key, command, &context.part()).await {
        Ok(_) => Ok(task),
        Err(ExecuteError::Refused(TicketError::TicketAlreadyClaimed { task })) => Ok(task),
        Err(error) => Err(error),
    }
}

/// Submits under an id; a task that is there is the answer.
async fn submit(
    bus: &CommandBus,
    submission: Submission,
    task: TaskId,
    context: &Context,
) -> Result<Submitted, ExecuteError<TaskError>> {
    let id = task.to_string();
    let command = TaskCommand::SubmitTask(submission);
    match bus.execute::<Task>(&id, command, context).await {
        Ok(executed) => Ok(Submitted {
            task,
            created: !executed.repeated,
            state: Arc::unwrap_or_clone(executed.state),
            position: executed.position,
        }),
        Err(ExecuteError::Refused(TaskError::TaskExists)) => {
            let known = bus.load::<Task>(&id).await?;
            let known = known.ok_or(ExecuteError::Refused(TaskError::TaskUnknown))?;
            Ok(Submitted {
                task,
                created: false,
                state: known.state,
                position: known.position,
            })
        }
        Err(error) => Err(error),
    }
}

/// Whether a ticket may leave its holder: the task failed for good, or with a profile that is erased
/// since, and nothing was sent to the portal; or it was amended to another ticket and crashed before it gave this one back.
async fn is_free_again(bus: &CommandBus, key: &str, holder: TaskId) -> Result<bool, LogError> {
    let id = holder.to_string();
    let Some(loaded) = bus.load::<Task>(&id).await? else {
        return Ok(false);
    };
    let task = loaded.state;
    if task.submit.may_have_happened() {
        return Ok(false);
    }
    let its = task.submission.filter(|s| s.ticket.key.0 == key);
    if let Some(submission) = its {
        if task.status != Status::Failed {
            return Ok(false);
        }
        let for_good = task.failure.is_some_and(|f| !f.retryable);
        return Ok(for_good || is_erased(bus, &submission).await?);
    }
    // It has another ticket: it left this one, or it is about to become it.
    Ok(keys_of(bus, holder).await?.iter().any(|had| had == key))
}

async fn is_erased(bus: &CommandBus, submission: &Submission) -> Result<bool, LogError> {
    let account = bus.load::<Account>(&submission.owner.to_string()).await?;
    Ok(account.is_some_and(|account| account.state.is_erased(submission.profile)))
}

/// Mends what was typed: claims the ticket it becomes, amends, gives back the ticket it was.
///
/// # Errors
/// [`AmendError`]. When the task refuses, the new claim is given back.
pub async fn amend_ticket(
    bus: &CommandBus,
    task: TaskId,
    amendment: Amendment,
    context: &Context,
) -> Result<Amended, AmendError> {
    let id = task.to_string();
    let command = TaskCommand::AmendTask(amendment.clone());
    if was_here(bus, &id, context).await? {
        // What it claimed then may be another's by now: the first result is all there is to say.
        let executed = bus.execute::<Task>(&id, command, context).await?;
        return Ok(Amended { executed });
    }
    let unknown = || AmendError::Task(ExecuteError::Refused(TaskError::TaskUnknown));
    keys_of(bus, task).await?.pop().ok_or_else(unknown)?;
    let new = amendment.ticket.key.0;
    let holder = claim(bus, &new, task, context).await?;
    if holder != task {
        return Err(AmendError::TicketTaken { task: holder });
    }
    let result = bus.execute::<Task>(&id, command, context).await;
    if let Err(ExecuteError::Unavailable(_) | ExecuteError::Unreadable(_)) = &result {
        // Whether it was amended is not known: the repeat tells.
        return Ok(Amended { executed: result? });
    }
    let holder = settle(bus, task, &new, context).await?;
    let executed = result?;
    if holder != task {
        return Err(AmendError::TicketTaken { task: holder });
    }
    Ok(Amended { executed })
}

/// Makes the claims agree with the task, whatever other amendments did meanwhile: it holds the
/// ticket it has, and neither an earlier one nor `tried`. Answers who holds the ticket it has.
async fn settle(
    bus: &CommandBus,
    task: TaskId,
    tried: &str,
    context: &Context,
) -> Result<TaskId, AmendError> {
    let mut keys = keys_of(bus, task).await?;
    loop {
        let has = keys.pop().unwrap_or_default();
        // Another amendment may have given it back between our claim and the task's word.
        let holder = claim(bus, &has, task, context).await?;
        keys.push(tried.to_owned());
        keys.sort_unstable();
        keys.dedup();
        for key in keys.iter().filter(|key| **key != has) {
            release(bus, key, task, context).await?;
        }
        // What was just given back may have become the task's again.
        keys = keys_of(bus, task).await?;
        if keys.last() == Some(&has) {
            return Ok(holder);
        }
    }
}

/// The keys of the tickets a task has had, the one it has now last.
async fn keys_of(bus: &CommandBus, task: TaskId) -> Result<Vec<String>, LogError> {
    let history = bus.history::<Task>(&task.to_string()).await?;
    let keys = history
        .into_iter()
        .filter_map(|recorded| match recorded.event {
            TaskEvent::TaskSubmitted(submission) => Some(submission.ticket.key.0),
            TaskEvent::TaskAmended { ticket, .. } => Some(ticket.key.0),
            _ => None,
        });
    Ok(keys.collect())
}

/// Whether the task has events of this command.
async fn was_here(bus: &CommandBus, task: &str, context: &Context) -> Result<bool, LogError> {
    let stored = bus.store().read(Task::TYPE, task, 1, u64::MAX).await?;
    let id = Some(context.command_id.0);
    Ok(stored.iter().any(|e| e.event_metadata().command_id == id))
}

/// Gives a ticket back, if the task holds it.
async fn release(
    bus: &CommandBus,
    key: &str,
    task: TaskId,
    context: &Context,
) -> Result<(), ExecuteError<TicketError>> {
    let command = TicketCommand::ReleaseTicket { task };
    match bus.execute::<Ticket>(key, command, &context.part()).await {
        Ok(_) | Err(ExecuteError::Refused(TicketError::TicketNotHeld)) => Ok(()),
        Err(error) => Err(error),
    }
}
