//! `GET /api/v1/auth/sessions`: the browsers I am signed in with.

use crate::auth::{Caller, Via};
use crate::errors::ApiResult;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use schemas::rest::SessionInfo;

/// The caller's live sessions, the newest first.
///
/// # Errors
/// 503 while the database does not answer.
pub async fn sessions(
    State(state): State<AppState>,
    caller: Caller,
) -> ApiResult<Json<Vec<SessionInfo>>> {
    let current = match &caller.via {
        Via::Session(session) => Some(session.id),
        Via::Token { .. } => None,
    };
    let sessions = state.sessions.list(caller.user).await?.into_iter();
    let sessions = sessions.map(|session| SessionInfo {
        id: session.id,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        user_agent: session.user_agent,
        current: Some(session.id) == current,
    });
    Ok(Json(sessions.collect()))
}
