//! `GET /api/v1/portals`

use crate::auth::Caller;
use crate::errors::{ApiResult, internal};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use schemas::rest::PortalView;

/// Every portal that can be used, by id.
pub async fn list(State(state): State<AppState>, _: Caller) -> ApiResult<Json<Vec<PortalView>>> {
    let catalogue = state.catalogue.clone();
    let all = tokio::task::spawn_blocking(move || catalogue.all()).await;
    let all = all.map_err(|e| internal(&e))?;
    Ok(Json(all.values().map(|a| super::view(a)).collect()))
}
