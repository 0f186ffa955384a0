//! `GET /api/v1/tasks/{task_id}/events`

use crate::access::OwnedTask;
use crate::errors::ApiResult;
use crate::extract::Query;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use commands::public_events;
use schemas::PublicEvent;
use schemas::rest::Page;
use serde::Deserialize;

/// Query of the events.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListEvents {
    /// The last sequence the client has.
    after: u64,
}

/// The task's public events from the log itself, the first first.
pub async fn events(
    State(state): State<AppState>,
    task: OwnedTask,
    Query(query): Query<ListEvents>,
) -> ApiResult<Json<Page<PublicEvent>>> {
    let id = task.id.to_string();
    let stored = state
        .bus
        .log()
        .read_stream("task", &id, query.after)
        .await?;
    let items: Vec<PublicEvent> = stored.iter().flat_map(public_events).collect();
    let position = items.last().map_or(task.position, |e| e.position);
    Ok(Json(Page {
        items,
        next: None,
        position,
    }))
}
