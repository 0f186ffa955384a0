//! `GET /api/v1/auth/login?return=/path`: off to the sign-in provider.

use super::{failed, go};
use crate::auth::{SignInError, cookies, return_to};
use crate::errors::ApiResult;
use crate::rules::ClientAddress;
use crate::sessions::SIGN_IN_LIVES;
use crate::state::AppState;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

/// Query of the sign-in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Login {
    /// An address of the page to come back to; any other counts as `/`.
    #[serde(rename = "return")]
    return_to: String,
}

/// Remembers what the answer is checked by, and sends the browser to the provider.
///
/// # Errors
/// 429 when there are too many sign-ins from one address; everything else is told by the page.
pub async fn login(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    query: Result<Query<Login>, axum::extract::rejection::QueryRejection>,
) -> ApiResult<Response> {
    state.limits.admit_sign_in(address)?;
    let query = query.map(|Query(query)| query).unwrap_or_default();
    Ok(begin(&state, return_to::allowed(&query.return_to))
        .await
        .unwrap_or_else(|error| go(&failed(&error), [])))
}

async fn begin(state: &AppState, return_to: &str) -> Result<Response, SignInError> {
    let begun = state.sign_in.begin(return_to).await?;
    let kept = state.sign_ins.keep(&begun.state, &begun.pending).await;
    let secret = kept.map_err(|error| SignInError::Unavailable(error.to_string()))?;
    let cookie = cookies::set(cookies::SIGN_IN, secret.text(), SIGN_IN_LIVES);
    Ok(go(&begun.address, [cookie]))
}
