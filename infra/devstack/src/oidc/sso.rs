//! Browsers that are signed in at the provider itself: by a one-time link, until they sign out.
//! Who chooses an account on the page is asked again the next time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Provider;
use super::authorize::local;
use super::pages::page;
use super::users::DemoUser;
use crate::files::random_hex;

const LINK_LIFE: Duration = Duration::from_secs(600);
const BROWSER_LIFE: Duration = Duration::from_secs(12 * 3600);

/// What links and cookies stand for; forgotten when the provider ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sso(Arc<Mutex<Tables>>);

#[derive(Debug, Default)]
struct Tables {
    links: HashMap<String, Link>,
    browsers: HashMap<String, (Instant, DemoUser)>,
}

#[derive(Debug, Clone)]
struct Link {
    made: Instant,
    user: DemoUser,
    return_to: String,
}

impl Sso {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().expect("no holder of the tables panics")
    }

    fn use_link(&self, token: &str) -> Option<Link> {
        let link = self.tables().links.remove(token)?;
        (link.made.elapsed() < LINK_LIFE).then_some(link)
    }

    fn admit(&self, user: DemoUser) -> Result<String> {
        let token = random_hex(24)?;
        let mut tables = self.tables();
        tables
            .browsers
            .retain(|_, (since, _)| since.elapsed() < BROWSER_LIFE);
        tables
            .browsers
            .insert(token.clone(), (Instant::now(), user));
        Ok(token)
    }
}

impl Provider {
    /// See [`super::OidcProvider::one_time_link`].
    pub(crate) fn one_time_link(&self, username: &str, return_to: &str) -> Result<String> {
        let user = DemoUser::find(username)
            .with_context(|| format!("there is no account {username:?}"))?;
        let return_to = local(return_to)
            .with_context(|| format!("{return_to} is no web address of this machine"))?
            .to_string();
        let token = random_hex(24)?;
        let link = Link {
            made: Instant::now(),
            user,
            return_to,
        };
        let mut tables = self.sso.tables();
        tables
            .links
            .retain(|_, link| link.made.elapsed() < LINK_LIFE);
        tables.links.insert(token.clone(), link);
        Ok(format!("{}/once/{token}", self.issuer))
    }

    /// The account this browser is signed in with.
    pub(crate) fn signed_in(&self, headers: &HeaderMap) -> Option<DemoUser> {
        let (since, user) = *self.sso.tables().browsers.get(self.token(headers)?)?;
        (since.elapsed() < BROWSER_LIFE).then_some(user)
    }

    fn token<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let name = self.cookie();
        let lines = headers.get_all(header::COOKIE).iter();
        let mut pairs = lines
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(';'));
        pairs.find_map(|pair| pair.trim().strip_prefix(&name)?.strip_prefix('='))
    }

    /// Cookies know hosts, not ports, and several providers may run on this machine.
    fn cookie(&self) -> String {
        let port = self.issuer.rsplit(':').next().unwrap_or_default();
        format!("relevo-dev-sso-{port}")
    }

    fn go(&self, address: &str, token: &str, lives: Duration) -> Response {
        let cookie = format!(
            "{}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={}",
            self.cookie(),
            lives.as_secs()
        );
        let mut response = Redirect::to(address).into_response();
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// `GET /once/{token}`: signs the browser in, once, and sends it where the link's maker said.
pub(crate) async fn once(State(provider): State<Provider>, Path(token): Path<String>) -> Response {
    let Some(link) = provider.sso.use_link(&token) else {
        let body =
            page("<h1>Este enlace ya no sirve</h1><p>Se usó antes, o pasaron diez minutos.</p>");
        return (StatusCode::GONE, body).into_response();
    };
    match provider.sso.admit(link.user) {
        Ok(token) => provider.go(&link.return_to, &token, BROWSER_LIFE),
        Err(error) => {
            tracing::error!("nobody can be signed in: {error:#}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What a client says at sign-out (OpenID Connect RP-Initiated Logout 1.0 §2).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Logout {
    post_logout_redirect_uri: String,
    state: Option<String>,
}

/// Signs the browser out, and sends it back to an address of this machine.
pub(crate) async fn logout(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Query(request): Query<Logout>,
) -> Response {
    if let Some(token) = provider.token(&headers) {
        provider.sso.tables().browsers.remove(token);
    }
    let Some(mut address) = local(&request.post_logout_redirect_uri) else {
        return page("<h1>Sesión cerrada</h1><p>Ya puedes cerrar esta ventana.</p>");
    };
    if let Some(state) = &request.state {
        address.query_pairs_mut().append_pair("state", state);
    }
    provider.go(address.as_str(), "", Duration::ZERO)
}
