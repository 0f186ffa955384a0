//! `GET /api/v1/tasks`

use super::view::{Names, view};
use crate::auth::Caller;
use crate::errors::{ApiError, ApiResult, misfit};
use crate::extract::{Query, page_size};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::task::Status;
use kit::problem::Refusal;
use projections::tasks::query::{TaskFilter, list as query_list};
use schemas::rest::{Page, TaskView};
use serde::Deserialize;

/// Query of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListTasks {
    /// One status, or several with commas between.
    status: Option<String>,
    portal: Option<String>,
    /// The archived ones instead of the others.
    archived: bool,
    cursor: Option<String>,
    limit: Option<u32>,
    min_position: Option<u64>,
}

/// The caller's tasks, the last changed first.
///
/// # Errors
/// 422 for an unknown status or a limit out of bounds; 503 when the read model is behind.
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<ListTasks>,
) -> ApiResult<Json<Page<TaskView>>> {
    let filter = TaskFilter {
        statuses: statuses(query.status.as_deref())?,
        portal: query.portal,
        archived: query.archived,
    };
    let limit = page_size(query.limit)?;
    let mut tx = state.read.begin_at(caller.user, query.min_position).await?;
    let page = query_list(&mut tx, &filter, query.cursor.as_deref(), limit).await?;
    let position = tx.position();
    drop(tx);
    let names = Names::read(&state.catalogue).await;
    let mut items = Vec::with_capacity(page.items.len());
    for record in &page.items {
        items.push(view(&state, &names, record).await?);
    }
    let next = page.next;
    Ok(Json(Page {
        items,
        next,
        position,
    }))
}

fn statuses(text: Option<&str>) -> ApiResult<Vec<Status>> {
    let parse = |name: &str| serde_json::from_value::<Status>(name.trim().into()).ok();
    let names = text.into_iter().flat_map(|t| t.split(','));
    let found: Option<Vec<Status>> = names.map(parse).collect();
    found.ok_or_else(|| {
        let message = "PENDING, RUNNING, PAUSED, INTERVENTION_NEEDED, COMPLETED o FAILED";
        ApiError::from(Refusal::invalid(vec![misfit(
            "status",
            "status-unknown",
            message,
        )]))
    })
}
