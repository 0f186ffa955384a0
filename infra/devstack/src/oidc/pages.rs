//! Discovery, and how pages look.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use super::Provider;

/// OpenID Connect Discovery 1.0 §3.
pub(crate) async fn discovery(State(provider): State<Provider>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/jwks"),
        "end_session_endpoint": at("/logout"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "password"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email", "profile"],
        "claims_supported": ["sub", "name", "email", "roles", "nonce"],
    }))
}

pub(crate) async fn jwks(State(provider): State<Provider>) -> Json<Value> {
    Json(provider.keys.jwks())
}

pub(crate) async fn home() -> Response {
    page("<h1>Entrada de desarrollo</h1><p>Abre la página de Relevo y elige «Entrar».</p>")
}

const STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fff;--desk:#eef1f4;--ink:#1b2430;--soft:#55606e;--line:#c3cad3;--hot:#0b5cad}
@media(prefers-color-scheme:dark){:root{--paper:#1b222b;--desk:#12171d;--ink:#eef2f6;--soft:#a9b4c0;--line:#3c4753;--hot:#7db7f5}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--desk);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{width:100%;max-width:26rem;padding:1.5rem;background:var(--paper);border:1px solid var(--line);border-radius:.75rem}
h1{margin:0 0 1rem;font-size:1.25rem;line-height:1.3}
form{display:grid;gap:.5rem}
button{display:grid;gap:.1rem;width:100%;min-height:3rem;padding:.5rem .9rem;text-align:left;font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:.5rem;cursor:pointer}
button:hover,button:focus-visible{border-color:var(--hot);outline:2px solid var(--hot);outline-offset:1px}
button.quiet{text-align:center;border-color:transparent;color:var(--hot)}
small,.note{color:var(--soft);font-size:.875rem}
.note{margin:1rem 0 0;padding-top:1rem;border-top:1px solid var(--line)}
";

/// A whole page around that body. Each says what this is.
pub(crate) fn page(body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"es\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>Entrada de desarrollo · Relevo</title><style>{STYLE}</style></head><body><main>{body}\
         <p class=\"note\">Sólo para desarrollo: cualquiera puede entrar con cualquier cuenta, sin \
         contraseña. <span lang=\"en\">For development only.</span></p></main></body></html>"
    );
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        ),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
