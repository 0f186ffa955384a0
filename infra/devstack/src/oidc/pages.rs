//! Discovery and the pages a person sees.

use axum::Form;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Host, Url};

use super::Provider;
use super::codes::Grant;
use super::users::{DemoUser, USERS};

pub(crate) async fn discovery(State(provider): State<Provider>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/jwks"),
        "end_session_endpoint": at("/logout"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "password"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email", "profile"],
    }))
}

pub(crate) async fn jwks(State(provider): State<Provider>) -> Json<Value> {
    Json(provider.keys.jwks())
}

pub(crate) async fn home() -> Response {
    page("<p>Este servicio sólo sirve para desarrollar en esta máquina.</p>")
}

/// The request of a client (OpenID Connect Core 1.0 §3.1.2.1); PKCE is required.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Authorize {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: String,
    code_challenge_method: String,
}

impl Authorize {
    /// The client's address, if it is on this machine and the request is one we serve.
    fn checked(&self) -> Option<Url> {
        let address = Url::parse(&self.redirect_uri).ok()?;
        let local = match address.host()? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
        };
        let served = self.response_type == "code" && self.code_challenge_method == "S256";
        let plain = matches!(address.scheme(), "http" | "https") && !self.code_challenge.is_empty();
        (local && served && plain).then_some(address)
    }
}

pub(crate) async fn sign_in(Query(request): Query<Authorize>) -> Response {
    if request.checked().is_none() {
        return refused();
    }
    let hidden = [
        ("response_type", Some(&request.response_type)),
        ("client_id", Some(&request.client_id)),
        ("redirect_uri", Some(&request.redirect_uri)),
        ("state", request.state.as_ref()),
        ("nonce", request.nonce.as_ref()),
        ("code_challenge", Some(&request.code_challenge)),
        (
            "code_challenge_method",
            Some(&request.code_challenge_method),
        ),
    ];
    let fields: String = hidden
        .into_iter()
        .filter_map(|(name, value)| Some((name, escape(value?))))
        .map(|(name, value)| format!(r#"<input type="hidden" name="{name}" value="{value}">"#))
        .collect();
    let buttons: String = USERS.iter().map(button).collect();
    page(&format!(
        r#"<p>¿Quién entra?</p><form method="post" action="/authorize">{fields}{buttons}</form>"#
    ))
}

fn button(user: &DemoUser) -> String {
    format!(
        r#"<p><button name="username" value="{0}" data-testid="sign-in-{0}">{1} ({2})</button></p>"#,
        user.username,
        escape(user.name),
        user.roles.join(", "),
    )
}

/// The form of [`sign_in`], with the account that was chosen.
#[derive(Debug, Deserialize)]
pub(crate) struct Chosen {
    username: String,
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: String,
    code_challenge_method: String,
}

pub(crate) async fn signed_in(
    State(provider): State<Provider>,
    Form(chosen): Form<Chosen>,
) -> Response {
    let request = Authorize {
        response_type: chosen.response_type,
        client_id: chosen.client_id,
        redirect_uri: chosen.redirect_uri,
        state: chosen.state,
        nonce: chosen.nonce,
        code_challenge: chosen.code_challenge,
        code_challenge_method: chosen.code_challenge_method,
    };
    let (Some(mut address), Some(user)) = (request.checked(), DemoUser::find(&chosen.username))
    else {
        return refused();
    };
    let grant = Grant {
        user,
        client_id: request.client_id,
        redirect_uri: request.redirect_uri,
        nonce: request.nonce,
        challenge: request.code_challenge,
    };
    match provider.codes.issue(grant) {
        Ok(code) => {
            let mut query = address.query_pairs_mut();
            query.append_pair("code", &code);
            if let Some(state) = &request.state {
                query.append_pair("state", state);
            }
            drop(query);
            Redirect::to(address.as_str()).into_response()
        }
        Err(error) => {
            tracing::error!("no code could be made: {error:#}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The provider keeps no session, so there is nothing to end.
pub(crate) async fn logout() -> Response {
    page("<p>Sesión cerrada.</p>")
}

fn refused() -> Response {
    let body = page(
        "<p>Petición no válida: se requiere el flujo de código con PKCE (S256) y una dirección de esta máquina.</p>",
    );
    (StatusCode::BAD_REQUEST, body).into_response()
}

fn page(body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"es\"><meta charset=\"utf-8\"><title>Entrada de desarrollo</title>\
         <h1>Entrada de desarrollo</h1>{body}<p><small>Sólo para desarrollo: cualquiera puede entrar. \
         / For development only.</small></p></html>"
    );
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::Authorize;

    fn request(redirect_uri: &str) -> Authorize {
        Authorize {
            response_type: "code".into(),
            client_id: "relevo".into(),
            redirect_uri: redirect_uri.into(),
            state: None,
            nonce: None,
            code_challenge: "c".into(),
            code_challenge_method: "S256".into(),
        }
    }

    #[test]
    fn only_addresses_of_this_machine_get_a_code() {
        assert!(
            request("http://127.0.0.1:8400/auth/callback")
                .checked()
                .is_some()
        );
        assert!(
            request("http://localhost:8400/auth/callback")
                .checked()
                .is_some()
        );
        assert!(
            request("https://localhost.example.com/")
                .checked()
                .is_none()
        );
        assert!(request("javascript:alert(1)").checked().is_none());
    }
}
