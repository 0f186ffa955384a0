//! `GET /api/v1/auth/callback`: back from the sign-in provider.

use super::{failed, go};
use crate::auth::{Pending, SignInError, cookies, said, session_secret};
use crate::sessions::{Secret, SessionError, Taken};
use crate::state::AppState;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;

/// What the provider sends the browser back with (RFC 6749, section 4.1.2).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Callback {
    state: String,
    code: Option<String>,
    error: Option<String>,
}

/// Checks the answer, opens a new session, and sends the browser where it wanted to go; or to the
/// sign-in page, which says what went wrong.
pub async fn callback(
    State(state): State<AppState>,
    headers: HeaderMap,
    query: Result<Query<Callback>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let forget = cookies::clear(cookies::SIGN_IN);
    match finish(&state, &headers, query).await {
        Ok((address, session)) => go(&address, [forget, session]),
        // Whatever it answers, it is not the sign-in under way, which goes on.
        Err(error @ SignInError::StateMismatch) => go(&failed(&error), []),
        Err(error) => go(&failed(&error), [forget]),
    }
}

async fn finish(
    state: &AppState,
    headers: &HeaderMap,
    query: Callback,
) -> Result<(String, Option<HeaderValue>), SignInError> {
    let secret = cookies::read(headers, cookies::SIGN_IN);
    let secret = secret.and_then(|text| Secret::parse(&text));
    let taken = state.sign_ins.take(&query.state, secret.as_ref()).await;
    let pending: Pending = match taken.map_err(unavailable)? {
        Taken::Fits(pending) => pending,
        Taken::Late => return Err(SignInError::Expired("no answer in time".to_owned())),
        Taken::Foreign => return Err(SignInError::StateMismatch),
    };
    if let Some(error) = query.error {
        return Err(SignInError::Refused(said(&error)));
    }
    let code = query
        .code
        .ok_or(SignInError::Refused("no code".to_owned()))?;
    let return_to = pending.return_to.clone();
    let person = state.sign_in.finish(code, pending, state.bus.now()).await?;
    let erased = state.erasures.of(person.user).await;
    if erased
        .map_err(|_| SignInError::Unavailable("erasures can't be read".to_owned()))?
        .account
    {
        return Err(SignInError::Erased);
    }
    // Nobody goes on with a session from before the sign-in, whosever it was.
    if let Some(old) = session_secret(headers) {
        state.sessions.end(&old).await.map_err(unavailable)?;
    }
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    let secret = state
        .sessions
        .open(&person, agent)
        .await
        .map_err(unavailable)?;
    tracing::info!(user = %person.user, "signed in");
    let cookie = cookies::set(cookies::SESSION, secret.text(), state.sessions.lives());
    Ok((return_to, cookie))
}

fn unavailable(error: SessionError) -> SignInError {
    SignInError::Unavailable(error.to_string())
}
