//! `/authorize`: the way of a browser through the provider and back to the client.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use url::{Host, Url};

use super::Provider;
use super::codes::Grant;
use super::pages::{escape, page};
use super::users::{DemoUser, USERS};

/// The request of a client (OpenID Connect Core 1.0 §3.1.2.1); PKCE is required.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Authorize {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    nonce: Option<String>,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
}

impl Authorize {
    /// The client's address, if it is on this machine and the request is one we serve.
    fn checked(&self) -> Option<Url> {
        let served = self.response_type == "code" && self.code_challenge_method == "S256";
        let plain = served && !self.code_challenge.is_empty();
        local(&self.redirect_uri).filter(|_| plain)
    }

    /// Sends the browser back to the client, with these pairs and the client's state.
    fn back(&self, mut address: Url, name: &str, value: &str) -> Response {
        let mut query = address.query_pairs_mut();
        query.append_pair(name, value);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        drop(query);
        Redirect::to(address.as_str()).into_response()
    }

    /// Sends the browser back with a code for that account.
    fn grant(self, provider: &Provider, address: Url, user: DemoUser) -> Response {
        let grant = Grant {
            user,
            client_id: self.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            nonce: self.nonce.clone(),
            challenge: self.code_challenge.clone(),
        };
        match provider.codes.issue(grant) {
            Ok(code) => self.back(address, "code", &code),
            Err(error) => {
                tracing::error!("no code could be made: {error:#}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// A web address of this machine.
pub(crate) fn local(address: &str) -> Option<Url> {
    let address = Url::parse(address).ok()?;
    let here = match address.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    };
    let web = matches!(address.scheme(), "http" | "https");
    (here && web).then_some(address)
}

/// Asks who it is, unless the browser is signed in here.
pub(crate) async fn sign_in(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Query(request): Query<Authorize>,
) -> Response {
    let Some(address) = request.checked() else {
        return refused();
    };
    if let Some(user) = provider.signed_in(&headers) {
        return request.grant(&provider, address, user);
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
        r#"<h1>¿Quién entra a Relevo?</h1><form method="post" action="/authorize">{fields}{buttons}
<button class="quiet" name="cancel" value="yes" data-testid="sign-in-cancel">Cancelar</button></form>"#
    ))
}

fn button(user: &DemoUser) -> String {
    format!(
        r#"<button name="username" value="{0}" data-testid="sign-in-{0}"><b>{1}</b><small>{0} · {2}</small></button>"#,
        user.username,
        escape(user.name),
        user.does,
    )
}

/// The form of [`sign_in`], with the account that was chosen.
#[derive(Debug, Deserialize)]
pub(crate) struct Chosen {
    username: Option<String>,
    cancel: Option<String>,
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: String,
    code_challenge_method: String,
}

pub(crate) async fn chosen(
    State(provider): State<Provider>,
    Form(chosen): Form<Chosen>,
) -> Response {
    let user = chosen.username.as_deref().and_then(DemoUser::find);
    let request = Authorize {
        response_type: chosen.response_type,
        client_id: chosen.client_id,
        redirect_uri: chosen.redirect_uri,
        state: chosen.state,
        nonce: chosen.nonce,
        code_challenge: chosen.code_challenge,
        code_challenge_method: chosen.code_challenge_method,
    };
    match (request.checked(), user, chosen.cancel) {
        (Some(address), _, Some(_)) => request.back(address, "error", "access_denied"),
        (Some(address), Some(user), None) => request.grant(&provider, address, user),
        _ => refused(),
    }
}

fn refused() -> Response {
    let body = page(
        "<h1>Petición no válida</h1><p>Se requiere el flujo de código con PKCE (S256) y una \
         dirección de esta máquina.</p>",
    );
    (StatusCode::BAD_REQUEST, body).into_response()
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
        let checked = |address: &str| request(address).checked().is_some();
        assert!(checked("http://127.0.0.1:8400/auth/callback"));
        assert!(checked("http://localhost:8400/auth/callback"));
        assert!(checked("http://[::1]:8400/auth/callback"));
        assert!(!checked("https://localhost.example.com/"));
        assert!(!checked("https://localhost@example.com/"));
        assert!(!checked("javascript:alert(1)"));
        assert!(!checked("/callback"));
    }

    #[test]
    fn nobody_comes_through_without_pkce() {
        let with = |challenge: &str, method: &str| Authorize {
            code_challenge: challenge.into(),
            code_challenge_method: method.into(),
            ..request("http://localhost:8400/")
        };
        assert!(with("c", "S256").checked().is_some());
        assert!(with("", "S256").checked().is_none());
        assert!(with("c", "plain").checked().is_none());
        assert!(with("c", "").checked().is_none());
    }
}
