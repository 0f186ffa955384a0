//! Configuration: one struct per service, from a file and the environment.
//!
//! `relevo.toml` (or the file in `RELEVO_CONFIG`) first, then variables `RELEVO_<SECTION>__<KEY>`.
//! Unknown keys are refused. Secrets come from the environment or files only, are taken as they
//! stand (`0123` is no number), and are in no error message.

mod api;
mod audit;
mod auth;
mod keys;
mod log;
mod place;

pub use api::{Api, Limits, Rate};
pub use audit::Audit;
pub use auth::Auth;
pub use keys::Keys;
pub use log::Log;
pub use place::Place;

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;

/// Everything `relevo` can be told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub database: Database,
    pub nats: Nats,
    pub keys: Keys,
    /// Where sealed files are kept.
    pub artifacts: Place,
    pub auth: Auth,
    #[serde(default)]
    pub api: Api,
    pub agent: Agent,
    #[serde(default)]
    pub reactor: Reactor,
    #[serde(default)]
    pub retention: Retention,
    #[serde(default)]
    pub audit: Audit,
    /// Where every signed head goes, as a file of its own.
    #[serde(default)]
    pub heads: Option<Place>,
    #[serde(default)]
    pub log: Log,
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
    #[serde(deserialize_with = "secret")]
    pub service_password: SecretString,
    /// A role that may create roles and schemas; needed by `relevo migrate` and `relevo up` only.
    #[serde(default, deserialize_with = "some_secret")]
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

/// How long files are kept that are of use while their task is young.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Screenshots and session data, in days from the end of the task.
    pub screenshots_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            screenshots_days: 60,
        }
    }
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
    sources(&file).extract().map_err(Box::new)
}

/// Keys whose variables are taken as they stand; others are read as TOML values.
const SECRETS: [&str; 9] = [
    "database.service_password",
    "database.admin_url",
    "log.url",
    "keys.text",
    "artifacts.access_key_id",
    "artifacts.secret_access_key",
    "heads.access_key_id",
    "heads.secret_access_key",
    "auth.client_secret",
];

fn sources(file: &Path) -> Figment {
    // Other variables of that prefix (RELEVO_TOKEN, RELEVO_CHROMIUM …) belong to other programs.
    let sections = Env::prefixed("RELEVO_")
        .filter(|key| key.as_str().contains("__"))
        .split("__")
        .filter(|key| !SECRETS.iter().any(|secret| key == secret));
    let figment = Figment::new().merge(Toml::file(file)).merge(sections);
    SECRETS.into_iter().fold(figment, |figment, secret| {
        let name = format!("RELEVO_{}", secret.replace('.', "__").to_uppercase());
        match std::env::var(&name) {
            Ok(value) => figment.merge((secret, value)),
            Err(_) => figment,
        }
    })
}

fn secret<'de, D: Deserializer<'de>>(source: D) -> Result<SecretString, D::Error> {
    source.deserialize_any(Secret)
}

fn some_secret<'de, D: Deserializer<'de>>(source: D) -> Result<Option<SecretString>, D::Error> {
    secret(source).map(Some)
}

/// Takes text. serde's own words for what is none would quote it.
struct Secret;

impl Secret {
    fn no_text<T, E: Error>() -> Result<T, E> {
        Err(E::custom("a secret must be text: put it in quotes"))
    }
}

impl Visitor<'_> for Secret {
    type Value = SecretString;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SecretString, E> {
        Ok(SecretString::from(text))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<SecretString, E> {
        Self::no_text()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SecretString, E> {
        Self::no_text()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<SecretString, E> {
        Self::no_text()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SecretString, E> {
        Self::no_text()
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::result_large_err,
        reason = "figment's Jail wants its error as it is"
    )]

    use super::*;
    use figment::Jail;

    fn database(jail: &mut Jail, toml: &str) -> Result<Database, figment::Error> {
        jail.create_file("relevo.toml", toml)?;
        sources(Path::new("relevo.toml")).extract_inner("database")
    }

    #[test]
    fn a_secret_variable_is_taken_as_it_stands() {
        Jail::expect_with(|jail| {
            jail.set_env("RELEVO_DATABASE__URL", "postgres://127.0.0.1/relevo");
            jail.set_env("RELEVO_DATABASE__ADMIN_URL", "postgres://a:b@127.0.0.1/x");
            for password in ["12345678", "0123", "1e5", "true", "[x]", "\"q\"", " s "] {
                jail.set_env("RELEVO_DATABASE__SERVICE_PASSWORD", password);
                let read = database(jail, "[database]\nservice_password = \"other\"\n")?;
                assert_eq!(read.service_password.expose_secret(), password);
                assert!(read.admin_url.is_some());
            }
            Ok(())
        });
    }

    #[test]
    fn a_secret_that_is_no_text_is_refused_and_never_quoted() {
        Jail::expect_with(|jail| {
            jail.set_env("RELEVO_DATABASE__URL", "postgres://127.0.0.1/relevo");
            for value in ["12345678", "1234.5678", "true", "[\"12345678\"]"] {
                let toml = format!("[database]\nservice_password = {value}\n");
                let error = database(jail, &toml).expect_err(value);
                let text = format!("{error} {error:?}");
                assert!(!text.contains("1234") && !text.contains("true"), "{text}");
                assert!(text.contains("service_password"), "{text}");
            }
            Ok(())
        });
    }
}
