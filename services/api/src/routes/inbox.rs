//! `GET /api/v1/inbox`: what needs me.

use crate::auth::Caller;
use crate::errors::ApiResult;
use crate::extract::{AtLeast, Query};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use projections::inbox::{self, InboxItem};
use schemas::rest::Page;

/// Every task that waits for its owner, the longest waiting first.
pub async fn inbox(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<AtLeast>,
) -> ApiResult<Json<Page<InboxItem>>> {
    let blocked = caller.erased.profiles();
    let mut tx = state.read.begin_at(caller.user, query.min_position).await?;
    Ok(Json(Page {
        items: inbox::query::list(&mut tx, &blocked).await?,
        next: None,
        position: tx.position(),
    }))
}
