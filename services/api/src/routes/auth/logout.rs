//! `POST /api/v1/auth/logout`: ends this browser's session.

use super::with_cookies;
use crate::auth::{cookies, session_secret};
use crate::errors::ApiResult;
use crate::rules::cross_site;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Response};
use schemas::rest::SignedOut;

/// Ends the session, wherever it is used, and clears its cookie. Who has none is signed out, too.
///
/// # Errors
/// 403 `cross-site-request`; 503 while sessions can't be ended.
pub async fn logout(State(state): State<AppState>, headers: HeaderMap) -> ApiResult<Response> {
    let mut provider_logout = None;
    if let Some(secret) = session_secret(&headers) {
        cross_site::check(&Method::POST, &headers, &state.origin)?;
        let session = state.sessions.find(&secret).await?;
        state.sessions.end(&secret).await?;
        // Of an erased user nothing leaves, the ID token in that address neither.
        if let Some(session) = session
            && !state.erasures.of(session.person.user).await?.account
        {
            provider_logout = state.sign_in.provider_logout(&session.person).await;
        }
    }
    let mut response = Json(SignedOut { provider_logout }).into_response();
    with_cookies(&mut response, [cookies::clear(cookies::SESSION)]);
    Ok(response)
}
