//! `/api/v1/credentials`: the caller's accounts at portals. They go in and never come out: only the
//! agent opens them, to type them on the portal's own origin.

pub mod list;
pub mod revoke;
pub mod store;

use crate::errors::{ApiError, ApiResult, misfit, not_found};
use crate::state::AppState;
use crate::ticket;
use axum::http::StatusCode;
use kit::problem::Refusal;
use kit::totp::Totp;
use schemas::adapter::Adapter;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::sync::Arc;

const USERNAME_CHARS: usize = 200;
const PASSWORD_CHARS: usize = 512;

/// A portal account as typed. What is absent is empty, so that all that is missing is named at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialBody {
    #[serde(default = "nothing")]
    username: SecretString,
    #[serde(default = "nothing")]
    password: SecretString,
    /// A seed in Base32, or `otpauth://totp/…`.
    totp_secret: Option<SecretString>,
}

fn nothing() -> SecretString {
    SecretString::from(String::new())
}

impl CredentialBody {
    /// Checks everything; the seed, read.
    fn check(&self) -> ApiResult<Option<Totp>> {
        let mut problems = Vec::new();
        if !fits(self.username(), USERNAME_CHARS) {
            let message = "escribe tu usuario: de 1 a 200 caracteres en una línea";
            problems.push(misfit("username", "username-syntax", message));
        }
        if !fits(self.password(), PASSWORD_CHARS) {
            let message = "escribe tu contraseña: de 1 a 512 caracteres en una línea";
            problems.push(misfit("password", "password-syntax", message));
        }
        let totp = self.totp_secret.as_ref();
        let totp = totp
            .map(|text| Totp::parse(text.expose_secret()))
            .transpose();
        let totp = totp.unwrap_or_else(|error| {
            problems.push(misfit("totp_secret", error.code(), &error.to_string()));
            None
        });
        match problems.is_empty() {
            true => Ok(totp),
            false => Err(Refusal::invalid(problems).into()),
        }
    }

    fn username(&self) -> &str {
        self.username.expose_secret().trim()
    }

    fn password(&self) -> &str {
        self.password.expose_secret()
    }
}

fn fits(text: &str, most: usize) -> bool {
    let chars = text.chars().count();
    (1..=most).contains(&chars) && !text.chars().any(char::is_control)
}

/// The portal of that id, which must have accounts; the origin where one signs in.
async fn with_login(state: &AppState, portal: &str) -> ApiResult<(Arc<Adapter>, String)> {
    let adapter = ticket::find(state, portal).await;
    let adapter = adapter.filter(|a| a.id == portal).ok_or_else(not_found)?;
    match adapter.login().map(|login| login.origin()) {
        Some(origin) => Ok((adapter, origin)),
        None => Err(ApiError::from(
            Refusal::new(
                StatusCode::CONFLICT,
                "portal-without-login",
                "En ese portal no se inicia sesión",
            )
            .detail("No hay nada que guardar para él."),
        )),
    }
}
