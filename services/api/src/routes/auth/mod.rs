//! `/api/v1/auth`: signing in and out by browser, and one's sessions.

pub mod callback;
pub mod login;
pub mod logout;
pub mod me;
pub mod revoke;
pub mod sessions;

use crate::auth::SignInError;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};

/// Sends the browser on (303), with cookies set or cleared.
fn go(address: &str, cookies: impl IntoIterator<Item = Option<HeaderValue>>) -> Response {
    let mut response = Redirect::to(address).into_response();
    with_cookies(&mut response, cookies);
    response
}

fn with_cookies(response: &mut Response, cookies: impl IntoIterator<Item = Option<HeaderValue>>) {
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Where the page says what went wrong; the reason is for the log alone.
fn failed(error: &SignInError) -> String {
    tracing::warn!(%error, code = error.code(), "nobody was signed in");
    format!("/sign-in?error={}", error.code())
}
