//! Who calls: a Bearer access token of the OpenID provider, or a browser that signed in there.
//!
//! Discovery, keys, issuer, audience, signature and expiry go through `openidconnect`. A person is
//! the provider's issuer and subject, so the same by either way. The page never holds a token: its
//! cookie finds a session (`sessions`), and a cookie counts only in a request that the page itself
//! makes (`rules::cross_site`).

mod claims;
pub mod cookies;
mod failure;
mod flow;
mod provider;
pub mod return_to;
mod tokens;

pub use failure::{SignInError, said};
pub use flow::{Pending, SignIn};
pub use provider::Provider;
pub use tokens::Tokens;

use crate::erasures::Erased;
use crate::errors::{ApiError, account_erased};
use crate::rules::cross_site;
use crate::sessions::{Secret, SignedIn};
use crate::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use domain::UserId;
use kit::problem::Refusal;
use std::sync::Arc;
use tokens::TokenError;

/// The caller of a request. Having one means that token or session were checked.
#[derive(Clone)]
pub struct Caller {
    pub user: UserId,
    pub roles: Vec<String>,
    pub via: Via,
    /// What of theirs is blocked: some of their profiles.
    pub erased: Erased,
}

/// What the caller came with.
#[derive(Clone)]
pub enum Via {
    /// An access token, which ends at that Unix time in seconds.
    Token { expires_at_s: i64 },
    /// A browser's session.
    Session(Arc<SignedIn>),
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let mut caller = match bearer(&parts.headers) {
            Some(token) => by_token(state, token).await?,
            None => by_session(state, parts).await?,
        };
        state.limits.admit_user(caller.user)?;
        caller.erased = state.erasures.of(caller.user).await?;
        if caller.erased.account {
            if let Via::Session(session) = &caller.via {
                state.sessions.end(&session.secret).await?;
            }
            return Err(account_erased());
        }
        Ok(caller)
    }
}

async fn by_token(state: &AppState, token: &str) -> Result<Caller, ApiError> {
    match state.tokens.bearer(token).await {
        Ok(bearer) => Ok(Caller {
            user: bearer.user,
            roles: bearer.roles,
            via: Via::Token {
                expires_at_s: bearer.expires_at_s,
            },
            erased: Erased::default(),
        }),
        Err(TokenError::Invalid(reason)) => {
            tracing::info!(%reason, "token refused");
            let detail = "El token de acceso no es válido o ya venció. Inicia sesión otra vez.";
            Err(unauthorized(detail).into())
        }
        Err(TokenError::ProviderDown(error)) => {
            tracing::warn!(%error, "no token can be checked");
            let title = "El inicio de sesión no responde";
            Err(Refusal::unavailable("sign-in-unavailable", title, 5).into())
        }
    }
}

async fn by_session(state: &AppState, parts: &Parts) -> Result<Caller, ApiError> {
    let nobody = || unauthorized("Inicia sesión, o envía Authorization: Bearer <token>.");
    let secret = session_secret(&parts.headers).ok_or_else(nobody)?;
    cross_site::check(&parts.method, &parts.headers, &state.origin)?;
    let session = state.sessions.find(&secret).await?.ok_or_else(nobody)?;
    Ok(Caller {
        user: session.person.user,
        roles: session.person.roles.clone(),
        via: Via::Session(Arc::new(session)),
        erased: Erased::default(),
    })
}

/// The secret of the session cookie, whether or not a session is left.
pub fn session_secret(headers: &HeaderMap) -> Option<Secret> {
    Secret::parse(&cookies::read(headers, cookies::SESSION)?)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthorized(detail: &str) -> Refusal {
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "Hay que iniciar sesión",
    )
    .detail(detail)
}

#[cfg(test)]
mod tests;
