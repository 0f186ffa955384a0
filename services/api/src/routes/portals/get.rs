//! `GET /api/v1/portals/{portal}`

use crate::auth::Caller;
use crate::errors::{ApiResult, not_found};
use crate::extract::Param;
use crate::state::AppState;
use crate::ticket;
use axum::Json;
use axum::extract::State;
use schemas::rest::PortalView;

/// The portal of that id.
pub async fn get(
    State(state): State<AppState>,
    _: Caller,
    Param(id): Param<String>,
) -> ApiResult<Json<PortalView>> {
    let found = ticket::find(&state, &id).await.filter(|a| a.id == id);
    Ok(Json(super::view(&*found.ok_or_else(not_found)?)))
}
