//! From a stored event to a change of the read models.

use commands::StoredEvent;
use domain::{TaskId, UserId};
use projections::{Body, Change};

/// The change, or why the event can't be understood (then it is parked).
pub(crate) fn decode(event: &StoredEvent) -> Result<Change, String> {
    let body = match event.aggregate_type.as_str() {
        "task" => {
            let id: TaskId = event
                .aggregate_id
                .parse()
                .map_err(|_| "the task's id is not one".to_owned())?;
            let event = event.task_event().map_err(|error| error.to_string())?;
            Body::Task(id, Box::new(event))
        }
        "account" => {
            let id: UserId = event
                .aggregate_id
                .parse()
                .map_err(|_| "the account's id is not one".to_owned())?;
            Body::Account(id, event.account_event().map_err(|e| e.to_string())?)
        }
        _ => Body::Other,
    };
    Ok(Change {
        position: event.position,
        recorded_at: event.recorded_at,
        sequence: event.sequence,
        body,
    })
}
