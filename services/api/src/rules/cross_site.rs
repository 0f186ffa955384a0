//! A browser sends a cookie along whoever makes it ask. So a request with a cookie counts only if
//! the page itself makes it: it carries a header that no form and no other site can send, and the
//! browser says that it comes from the page's own origin.

use crate::errors::{ApiError, ApiResult};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use kit::problem::Refusal;

const MARK: HeaderName = HeaderName::from_static("x-relevo-request");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Checks a request that comes with a cookie.
///
/// # Errors
/// 403 `cross-site-request`.
pub fn check(method: &Method, headers: &HeaderMap, ours: &str) -> ApiResult<()> {
    let (site, origin) = (only(headers, &FETCH_SITE), only(headers, &header::ORIGIN));
    let admitted = if is_safe(method) {
        // Absent from old browsers; `none` when a person opens an address themselves.
        matches!(site, None | Some("same-origin" | "none"))
    } else {
        let marked = only(headers, &MARK) == Some("1");
        let from_here = match (site, origin) {
            (Some(site), origin) => site == "same-origin" && origin.is_none_or(|o| o == ours),
            (None, origin) => origin == Some(ours),
        };
        marked && from_here
    };
    if admitted { Ok(()) } else { Err(refusal()) }
}

/// Checks the opening of a socket, which no CORS keeps foreign pages from: with a cookie it must
/// come from the page, and programs that bring a token name no origin or ours.
///
/// # Errors
/// 403 `cross-site-request`.
pub fn check_socket(headers: &HeaderMap, ours: &str, with_cookie: bool) -> ApiResult<()> {
    match only(headers, &header::ORIGIN) {
        Some(origin) if origin == ours => Ok(()),
        None if !with_cookie => Ok(()),
        _ => Err(refusal()),
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A header's value; one that was sent twice or is no text equals nothing.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().unwrap_or_default();
    Some(values.next().map_or(first, |_| ""))
}

fn refusal() -> ApiError {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "cross-site-request",
        "La solicitud no viene de la página de Relevo",
    )
    .detail("Abre la página de Relevo y repítelo desde ahí.")
    .into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const OURS: &str = "http://localhost:8400";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn admits(method: Method, pairs: &[(&'static str, &'static str)]) -> bool {
        check(&method, &headers(pairs), OURS).is_ok()
    }

    #[test]
    fn a_change_needs_the_mark_and_the_pages_origin() {
        let mark = ("x-relevo-request", "1");
        let same = ("sec-fetch-site", "same-origin");
        let ours = ("origin", OURS);
        for good in [&[mark, same] as &[_], &[mark, ours], &[mark, same, ours]] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert!(admits(method, good), "{good:?}");
            }
        }
        for bad in [
            &[] as &[_],
            &[mark],
            &[same, ours],
            &[("x-relevo-request", "0"), same],
            &[mark, mark, same],
            &[mark, ("sec-fetch-site", "cross-site"), ours],
            &[mark, ("sec-fetch-site", "same-site"), ours],
            &[mark, ("sec-fetch-site", "none"), ours],
            &[mark, same, ("origin", "https://evil.example")],
            &[mark, same, ("origin", "null")],
            &[mark, ("origin", "null")],
            &[mark, ("origin", "http://localhost:84000")],
            &[mark, ("origin", "https://localhost:8400")],
            &[mark, ("origin", "http://localhost:8400/")],
            &[mark, ours, ours],
        ] {
            assert!(!admits(Method::POST, bad), "{bad:?}");
            assert!(!admits(Method::from_bytes(b"ODD").unwrap(), bad), "{bad:?}");
        }
    }

    #[test]
    fn reading_is_refused_to_other_sites_only() {
        let site = |value| [("sec-fetch-site", value)];
        assert!(admits(Method::GET, &[]));
        assert!(admits(Method::GET, &site("same-origin")));
        assert!(admits(Method::HEAD, &site("none")));
        assert!(!admits(Method::GET, &site("cross-site")));
        assert!(!admits(Method::GET, &site("same-site")));
        assert!(!admits(Method::GET, &site("?")));
    }

    #[test]
    fn sockets_want_the_exact_origin() {
        let admits = |pairs: &[_], cookie| check_socket(&headers(pairs), OURS, cookie).is_ok();
        assert!(admits(&[("origin", OURS)], true) && admits(&[("origin", OURS)], false));
        assert!(!admits(&[], true) && admits(&[], false));
        for evil in ["null", "https://evil.example", "http://localhost:8401", ""] {
            assert!(!admits(&[("origin", evil)], true), "{evil}");
            assert!(!admits(&[("origin", evil)], false), "{evil}");
        }
    }
}
