//! The page itself: one document for every place in it, and its files, which never change under
//! their names.

mod files;

use axum::extract::OriginalUri;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use files::File;
use kit::problem::Refusal;

/// What the page may load and do: its own files and nothing else. `blob:` pictures are the live
/// view's frames.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     connect-src 'self'; img-src 'self' blob: data:; style-src 'self'; font-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const NOT_BUILT: &str = "<!doctype html><html lang=\"es\"><meta charset=\"utf-8\"><title>Relevo</title>\
     <p>Relevo funciona, pero esta versión se compiló sin su página. \
     Para tenerla: <code>cargo xtask up</code>, o <code>cargo xtask page</code> antes de compilar.</p>";

/// Places inside the page; each is the same document, and the page shows the rest.
const PLACES: [&str; 6] = [
    "",
    "sign-in",
    "profiles",
    "tickets/new",
    "history",
    "sessions",
];

/// Answers what no route does: a file of the page, a place in it, or that there is no such thing.
pub async fn fallback(
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    let outside = path.starts_with("api/") || path.starts_with("ws/");
    if outside || !matches!(method, Method::GET | Method::HEAD) {
        return Refusal::not_found().into_response();
    }
    if path.starts_with("assets/") {
        return File::find(path).map_or_else(
            || Refusal::not_found().into_response(),
            |file| send(file, &headers, "public, max-age=31536000, immutable"),
        );
    }
    let status = match is_place(path) {
        true => StatusCode::OK,
        false if wants_a_document(&headers) => StatusCode::NOT_FOUND,
        false => return Refusal::not_found().into_response(),
    };
    (status, document(&headers)).into_response()
}

fn document(headers: &HeaderMap) -> Response {
    match File::find("index.html") {
        Some(file) => send(file, headers, "no-cache"),
        None => {
            let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            (kind, NOT_BUILT).into_response()
        }
    }
}

/// Whether the page has such a place; the path comes without the slash before it.
pub fn is_place(path: &str) -> bool {
    let task = path.strip_prefix("tasks/");
    PLACES.contains(&path) || task.is_some_and(is_id)
}

fn is_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

fn wants_a_document(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn send(file: &File, headers: &HeaderMap, cache: &'static str) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (bytes, encoding) = file.encoded(accepted);
    let mut response = bytes.into_response();
    let sent = response.headers_mut();
    let mut set = |name, value| sent.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, file.media_type());
    set(header::CACHE_CONTROL, cache);
    set(header::VARY, "Accept-Encoding");
    if let Some(encoding) = encoding {
        set(header::CONTENT_ENCODING, encoding);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::is_place;

    #[test]
    fn every_address_of_the_page_is_a_place() {
        let routes = include_str!("../../../../ui/src/route.rs").split("#[at(\"/");
        let paths = routes.skip(1).filter_map(|route| route.split('"').next());
        let places: Vec<&str> = paths.filter(|path| *path != "404").collect();
        assert!(places.len() > 5, "{places:?}");
        for place in places {
            let place = place.replace(":id", "018f4c1e-0000-7000-8000-000000000000");
            assert!(is_place(&place), "{place}");
        }
        for none in ["404", "tasks/", "tasks/7", "/", "profiles/", "api/v1"] {
            assert!(!is_place(none), "{none}");
        }
    }
}
