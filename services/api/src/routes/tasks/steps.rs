//! `GET /api/v1/tasks/{task_id}/steps`

use crate::access::OwnedTask;
use crate::errors::ApiResult;
use crate::extract::{Query, page_size};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use projections::task_steps;
use schemas::rest::{Page, StepView};
use serde::Deserialize;

/// Query of the steps.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListSteps {
    cursor: Option<String>,
    limit: Option<u32>,
    min_position: Option<u64>,
}

/// What the agent did and saw, the first first.
pub async fn steps(
    State(state): State<AppState>,
    task: OwnedTask,
    Query(query): Query<ListSteps>,
) -> ApiResult<Json<Page<StepView>>> {
    let limit = page_size(query.limit)?;
    let mut tx = state
        .read
        .begin_at(task.owner(), query.min_position)
        .await?;
    let cursor = query.cursor.as_deref();
    let page = task_steps::query::list(&mut tx, task.id, cursor, limit).await?;
    Ok(Json(Page {
        items: page.items,
        next: page.next,
        position: tx.position(),
    }))
}
