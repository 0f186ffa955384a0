//! A small OpenID provider **for development only**: loopback, five accounts whose passwords
//! everybody knows. It speaks what Relevo uses of OpenID Connect Core 1.0 and RFC 6749: discovery,
//! published keys, the code flow with PKCE (RFC 7636), user info, sign-out by the client, and the
//! password grant for the command line. Clients are public: none has a secret. A one-time link
//! signs a browser in without a question.
//!
//! Access tokens are JWTs signed with RS256: `iss`, `sub` (one UUID per account, the same for
//! ever), `aud` = `relevo`, `iat`, `exp` (1 h), `email`, `name`, `roles`.

mod authorize;
mod codes;
mod keys;
mod pages;
mod sso;
mod token;
mod users;

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::files::make_dir;
use crate::ports::free_port;
use codes::Codes;
use keys::Keys;
use sso::Sso;
use users::DemoUser;

/// The audience of every access token.
pub const AUDIENCE: &str = "relevo";

/// What every page and grant of the provider works with.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    issuer: String,
    keys: Keys,
    codes: Codes,
    sso: Sso,
}

/// The running provider; ends with its process or with [`crate::Stack::stop`].
#[derive(Debug)]
pub struct OidcProvider {
    provider: Provider,
    port: u16,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl OidcProvider {
    pub(crate) async fn start(dir: &Path, wish: u16, temporary: bool) -> Result<Self> {
        let (provider, listener) = prepare(dir, wish, temporary).await?;
        let port = listener.local_addr()?.port();
        let router = router(provider.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!("the sign-in provider ended: {error}");
            }
        });
        Ok(Self {
            provider,
            port,
            task: Mutex::new(Some(task)),
        })
    }

    /// `http://127.0.0.1:port`, the value of every token's `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.provider.issuer
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A signed access token of `demo`, `ana`, `auditor`, `analyst` or `operator`, good for 1 h.
    pub fn token(&self, username: &str) -> Result<String> {
        let user = DemoUser::find(username)
            .with_context(|| format!("there is no account {username:?}"))?;
        self.provider.access_token(&user)
    }

    /// The `sub` of an account's tokens, a UUID.
    #[must_use]
    pub fn subject(username: &str) -> Option<String> {
        DemoUser::find(username).map(|user| user.subject())
    }

    /// An address that signs whoever opens it first, within ten minutes, in as that account, and
    /// sends them to `return_to`, an address of this machine such as
    /// `http://localhost:8400/api/v1/auth/login?return=/history`. Clients that ask afterwards are
    /// answered without a question, until that browser signs out.
    ///
    /// # Errors
    /// An account that does not exist, or an address that is not of this machine.
    pub fn one_time_link(&self, username: &str, return_to: &str) -> Result<String> {
        self.provider.one_time_link(username, return_to)
    }

    /// Who can sign in: account and name.
    #[must_use]
    pub fn accounts() -> Vec<(&'static str, &'static str)> {
        users::USERS
            .iter()
            .map(|user| (user.username, user.name))
            .collect()
    }

    /// Signs with a new key from now on. The last key stays published until the next rotation.
    pub async fn rotate(&self) -> Result<()> {
        self.provider.keys.rotate().await
    }

    pub(crate) async fn stop(&self) {
        let task = self
            .task
            .lock()
            .expect("no holder of the task panics")
            .take();
        if let Some(task) = task {
            task.abort();
            // The error is the cancellation just asked for.
            let _ = task.await;
        }
    }
}

/// Runs the provider alone until its process ends, with its keys in `dir`, on a port of loopback.
pub async fn serve(dir: &Path, port: u16) -> Result<()> {
    let (provider, listener) = prepare(dir, port, false).await?;
    axum::serve(listener, router(provider))
        .await
        .context("the sign-in provider ended")
}

async fn prepare(dir: &Path, wish: u16, temporary: bool) -> Result<(Provider, TcpListener)> {
    make_dir(dir, 0o700, None)?;
    let keys = Keys::load_or_make(dir).await?;
    let mut port = wish;
    let listener = loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => break listener,
            Err(_) if temporary => port = free_port()?,
            Err(error) => bail!("the sign-in provider can't listen on 127.0.0.1:{port}: {error}"),
        }
    };
    let issuer = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
    Ok((
        Provider {
            issuer,
            keys,
            codes: Codes::default(),
            sso: Sso::default(),
        },
        listener,
    ))
}

fn router(provider: Provider) -> Router {
    Router::new()
        .route("/", get(pages::home))
        .route("/.well-known/openid-configuration", get(pages::discovery))
        .route("/jwks", get(pages::jwks))
        .route(
            "/authorize",
            get(authorize::sign_in).post(authorize::chosen),
        )
        .route("/token", post(token::token))
        .route("/userinfo", get(token::user_info).post(token::user_info))
        .route("/once/{token}", get(sso::once))
        .route("/logout", get(sso::logout))
        .with_state(provider)
}
