//! The two cookies. `__Host-` binds them to this host, over a secure connection, for all paths.

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite};
use std::time::Duration;

/// Holds a sign-in's secret while the person is at the provider.
pub const SIGN_IN: &str = "__Host-relevo-signin";
/// Holds a session's secret.
pub const SESSION: &str = "__Host-relevo-session";

/// The value of a cookie the browser sent. Others of the same host or domain come along, and may
/// hold anything.
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get_all(header::COOKIE).iter().find_map(|line| {
        let pairs = String::from_utf8_lossy(line.as_bytes());
        let mut cookies = Cookie::split_parse(&*pairs).flatten();
        let found = cookies.find(|cookie| cookie.name() == name);
        found.map(|cookie| cookie.value().to_owned())
    })
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_cookie_is_found_whatever_comes_with_it() {
        let read = |lines: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
            }
            read(&headers, SESSION)
        };
        let ours = b"a=1; __Host-relevo-session=x".as_slice();
        assert_eq!(read(&[ours]).as_deref(), Some("x"));
        assert_eq!(read(&[b"a=1; ; =; b", ours]).as_deref(), Some("x"));
        for odd in ["tienda=peque\u{f1}a".as_bytes(), b"a=\xff"] {
            let line = [odd, b"; ", ours].concat();
            assert_eq!(read(&[&line]).as_deref(), Some("x"), "{odd:?}");
        }
        assert_eq!(read(&[b"relevo-session=x"]), None);
        assert_eq!(read(&[]), None);
    }
}
