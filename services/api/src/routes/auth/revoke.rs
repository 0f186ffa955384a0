//! `DELETE /api/v1/auth/sessions/{session_id}`: signs one of my browsers out.

use crate::auth::Caller;
use crate::errors::{ApiResult, not_found};
use crate::extract::Param;
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use uuid::Uuid;

/// Ends the session, and its sockets within seconds.
///
/// # Errors
/// 404 for a session that does not exist or is somebody else's.
pub async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    Param(id): Param<Uuid>,
) -> ApiResult<StatusCode> {
    match state.sessions.revoke(caller.user, id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(not_found()),
    }
}
