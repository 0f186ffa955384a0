//! `GET /api/v1/tasks`

use super::view::{Names, view};
use crate::auth::Caller;
use crate::errors::{ApiError, ApiResult, misfit};
use crate::extract::{Query, page_size};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{Datelike as _, NaiveDate};
use kit::problem::Refusal;
use projections::tasks::Sort;
use projections::tasks::query::{TaskFilter, list as query_list};
use schemas::FieldProblem;
use schemas::rest::{Page, TaskView};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Query of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListTasks {
    /// One status, or several with commas between.
    status: Option<String>,
    /// One wait, or several with commas between.
    waiting_for: Option<String>,
    portal: Option<String>,
    /// Bought on that day or later, `YYYY-MM-DD`.
    from: Option<String>,
    /// Bought on that day or before.
    to: Option<String>,
    /// The archived ones instead of the others.
    archived: bool,
    /// `updated`, `created`, `purchase_date`, `total`, `portal` or `status` (by urgency); with `-`
    /// before it, descending.
    sort: Option<String>,
    /// Of a page of the same order.
    cursor: Option<String>,
    limit: Option<u32>,
    min_position: Option<u64>,
}

/// The caller's tasks; the last changed first unless said otherwise. What has no value to order by
/// comes last.
///
/// # Errors
/// 422 for an unknown status, wait or order, a date that is none, or a limit out of bounds; 400
/// for a cursor of another order; 503 when the read model is behind.
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<ListTasks>,
) -> ApiResult<Json<Page<TaskView>>> {
    let filter = query.filter()?;
    let limit = page_size(query.limit)?;
    let mut tx = state.read.begin_at(caller.user, query.min_position).await?;
    let page = query_list(&mut tx, &filter, query.cursor.as_deref(), limit).await?;
    let position = tx.position();
    drop(tx);
    let names = Names::read(&state.catalogue).await;
    let mut items = Vec::with_capacity(page.items.len());
    for record in &page.items {
        items.push(view(&state, &names, &caller.erased, record).await?);
    }
    let next = page.next;
    Ok(Json(Page {
        items,
        next,
        position,
    }))
}

impl ListTasks {
    fn filter(&self) -> Result<TaskFilter, ApiError> {
        let mut errors = Vec::new();
        let mut note = |field: &str, code: &str, message: &str| {
            errors.push(misfit(field, code, message));
        };
        let statuses = names(self.status.as_deref()).unwrap_or_else(|| {
            let known = "PENDING, RUNNING, PAUSED, INTERVENTION_NEEDED, COMPLETED o FAILED";
            note("status", "status-unknown", known);
            Vec::new()
        });
        let waiting_for = names(self.waiting_for.as_deref()).unwrap_or_else(|| {
            let known = "none, queue, not_before, human o delivery";
            note("waiting_for", "wait-unknown", known);
            Vec::new()
        });
        let sort = match self.sort.as_deref().map(Sort::parse) {
            None => Sort::default(),
            Some(Some(sort)) => sort,
            Some(None) => {
                let known = "updated, created, purchase_date, total, portal o status; \
                     con - delante, de mayor a menor";
                note("sort", "sort-unknown", known);
                Sort::default()
            }
        };
        let from = date("from", self.from.as_deref(), &mut errors);
        let to = date("to", self.to.as_deref(), &mut errors);
        if !errors.is_empty() {
            return Err(Refusal::invalid(errors).into());
        }
        Ok(TaskFilter {
            statuses,
            waiting_for,
            portal: self.portal.clone(),
            from,
            to,
            archived: self.archived,
            sort,
        })
    }
}

/// The stable names of an enum, with commas between; `None` when one is unknown.
fn names<T: DeserializeOwned>(text: Option<&str>) -> Option<Vec<T>> {
    let parse = |name: &str| serde_json::from_value::<T>(name.trim().into()).ok();
    let names = text.into_iter().flat_map(|t| t.split(','));
    names.map(parse).collect()
}

/// A day; chrono knows years that the database doesn't.
fn date(field: &str, text: Option<&str>, errors: &mut Vec<FieldProblem>) -> Option<NaiveDate> {
    let text = text?;
    let date = text.parse().ok();
    let date = date.filter(|date: &NaiveDate| (1..=9999).contains(&date.year()));
    if date.is_none() {
        errors.push(misfit(field, "date-malformed", "una fecha AAAA-MM-DD"));
    }
    date
}
