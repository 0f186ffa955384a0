//! `GET /api/v1/profiles`

use crate::auth::Caller;
use crate::errors::ApiResult;
use crate::extract::{AtLeast, Query};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use projections::profiles;
use schemas::rest::{Page, ProfileView};

/// The caller's profiles, retired ones too; of erased ones only that they were there.
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<AtLeast>,
) -> ApiResult<Json<Page<ProfileView>>> {
    let mut tx = state.read.begin_at(caller.user, query.min_position).await?;
    let records = profiles::query::list(&mut tx).await?;
    let position = tx.position();
    drop(tx);
    let mut items = Vec::with_capacity(records.len());
    for record in records {
        items.push(super::listed(&state, &caller.erased, record).await?);
    }
    Ok(Json(Page {
        items,
        next: None,
        position,
    }))
}
