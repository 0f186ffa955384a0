//! The two cookies. `__Host-` binds them to this host, over a secure connection, for all paths.

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite};
use std::time::Duration;

/// Holds a sign-in's secret while the person is at the provider.
pub const SIGN_IN: &str = "__Host-relevo-signin";
/// Holds a session's secret.
pub const SESSION: &str = "__Host-relevo-session";

/// The value of a cookie the browser sent.
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers.get_all(header::COOKIE).iter();
    let pairs = sent.filter_map(|value| value.to_str().ok());
    let mut cookies = pairs.flat_map(|pairs| Cookie::split_parse(pairs).flatten());
    let found = cookies.find(|cookie| cookie.name() == name);
    found.map(|cookie| cookie.value().to_owned())
}

/// Sets a cookie for so long.
pub fn set(name: &'static str, value: String, lives: Duration) -> Option<HeaderValue> {
    let seconds = i64::try_from(lives.as_secs()).unwrap_or(i64::MAX);
    header(name, value, seconds)
}

/// Takes a cookie away.
pub fn clear(name: &'static str) -> Option<HeaderValue> {
    header(name, String::new(), 0)
}

fn header(name: &'static str, value: String, seconds: i64) -> Option<HeaderValue> {
    let cookie = Cookie::build((name, value))
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .path("/")
        .max_age(cookie::time::Duration::seconds(seconds));
    HeaderValue::from_str(&cookie.to_string()).ok()
}
