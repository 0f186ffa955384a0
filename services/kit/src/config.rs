//! Configuration: one struct per service, from a file and the environment.
//!
//! `relevo.toml` (or the file in `RELEVO_CONFIG`) first, then variables `RELEVO_<SECTION>__<KEY>`.
//! Unknown keys are refused. Secrets come from the environment or files only.

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

/// Everything `relevo` can be told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub database: Database,
    pub nats: Nats,
    pub keys: Keys,
    pub artifacts: Artifacts,
    pub auth: Auth,
    #[serde(default)]
    pub api: Api,
    pub agent: Agent,
    #[serde(default)]
    pub reactor: Reactor,
    /// The practice portals; absent in production.
    #[serde(default)]
    pub portals: Option<Portals>,
}

/// The log and the read models.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Host, port and database, without a user: `postgres://127.0.0.1:5432/relevo`.
    pub url: Url,
    /// The password of the service roles.
    pub service_password: SecretString,
    /// A role that may create roles and schemas; needed by `relevo migrate` and `relevo up` only.
    #[serde(default)]
    pub admin_url: Option<SecretString>,
}

impl Database {
    /// The connection URL of a service role such as `relevo_api`.
    pub fn role_url(&self, role: &str) -> String {
        let mut url = self.url.clone();
        // A `postgres://` URL always takes a user and a password.
        let taken = url
            .set_username(role)
            .and_then(|()| url.set_password(Some(self.service_password.expose_secret())));
        debug_assert!(taken.is_ok(), "postgres URLs have an authority");
        url.into()
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nats {
    pub url: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The key-encryption key, mode 0600.
    pub file: PathBuf,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifacts {
    /// Where sealed files are kept.
    pub dir: PathBuf,
}

/// Who may come in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The OpenID provider; discovery starts here.
    pub issuer: Url,
    /// What access tokens must be made for.
    #[serde(default = "relevo")]
    pub audience: String,
}

fn relevo() -> String {
    "relevo".to_owned()
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    #[serde(default = "api_listen")]
    pub listen: SocketAddr,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            listen: api_listen(),
        }
    }
}

fn api_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8400))
}

/// The browser agent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    pub chromium: PathBuf,
    pub chromedriver: PathBuf,
    /// The unprivileged user of the browsers, when we are root: Chromium's sandbox refuses root.
    #[serde(default)]
    pub uid: Option<u32>,
    #[serde(default)]
    pub gid: Option<u32>,
    /// Profiles and downloads of running browsers.
    pub sessions_dir: PathBuf,
    /// Portal adapters, `*.yaml`.
    pub adapters_dir: PathBuf,
    /// Browsers at the same time.
    #[serde(default = "two")]
    pub slots: usize,
    /// Hosts on private addresses that may be visited all the same (the practice portals),
    /// comma-separated.
    #[serde(default)]
    pub allow_private_hosts: String,
}

fn two() -> usize {
    2
}

/// The reactor.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reactor {
    /// A worker whose last heartbeat (one each 2 s) is older than this many seconds has lost its
    /// lease.
    pub lease_seconds: u64,
}

impl Default for Reactor {
    fn default() -> Self {
        Self { lease_seconds: 20 }
    }
}

/// The practice portals.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portals {
    pub plain: SocketAddr,
    pub wizard: SocketAddr,
    /// For tests only.
    pub control: SocketAddr,
    /// Where they keep their state.
    #[serde(default)]
    pub dir: Option<PathBuf>,
}

/// Loads the configuration of one or all services.
///
/// # Errors
/// Names the missing, unknown or malformed key and where it came from.
pub fn load<T: serde::de::DeserializeOwned>() -> Result<T, Box<figment::Error>> {
    let file =
        std::env::var_os("RELEVO_CONFIG").map_or_else(|| "relevo.toml".into(), PathBuf::from);
    // Other variables of that prefix (RELEVO_TOKEN, RELEVO_CHROMIUM …) belong to other programs.
    let sections = Env::prefixed("RELEVO_")
        .filter(|key| key.as_str().contains("__"))
        .split("__");
    Figment::new()
        .merge(Toml::file(file))
        .merge(sections)
        .extract()
        .map_err(Box::new)
}
