//! Where the log is, and how it is written.

use commands::store::Backend;
use commands::{FlushMode, LogConfig};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::Error;

/// What keeps the log (the database, unless told otherwise), and how; the same for every process.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Log {
    /// Where a batch waits for the disk: `inside` the log's lock or `outside` it.
    pub flush: FlushMode,
    /// EventStoreDB's connection string; `None`: in Postgres.
    eventstore: Option<SecretString>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Raw {
    flush: FlushMode,
    backend: Backend,
    /// With the backend `eventstore` only: `esdb://host:port`. May hold a password.
    #[serde(deserialize_with = "super::some_secret")]
    url: Option<SecretString>,
}

impl TryFrom<Raw> for Log {
    type Error = serde::de::value::Error;

    fn try_from(raw: Raw) -> Result<Self, Self::Error> {
        let flush = raw.flush;
        match (raw.backend, raw.url) {
            (Backend::Postgres, None) => Ok(Self {
                flush,
                eventstore: None,
            }),
            (Backend::Postgres, Some(_)) => Err(Self::Error::custom(
                "log.url is for backend = \"eventstore\"; Postgres is found by database.url",
            )),
            (Backend::EventStore, None) => Err(Self::Error::custom(
                "backend = \"eventstore\" needs log.url: esdb://host:port",
            )),
            (Backend::EventStore, url) => Ok(Self {
                flush,
                eventstore: url,
            }),
        }
    }
}

impl Log {
    /// Whether readers can follow it: they read the table in Postgres.
    pub fn is_in_postgres(&self) -> bool {
        self.eventstore.is_none()
    }

    /// How the executor reaches it, by this URL if it is in Postgres.
    pub fn reach(&self, postgres_url: impl Into<String>) -> LogConfig {
        match &self.eventstore {
            None => LogConfig {
                flush: self.flush,
                ..LogConfig::new(postgres_url)
            },
            Some(url) => LogConfig::eventstore(url.expose_secret()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Log, String> {
        use figment::providers::{Format, Toml};
        let figment = figment::Figment::from(Toml::string(toml));
        figment.extract().map_err(|error| error.to_string())
    }

    #[test]
    fn the_log_is_in_postgres_unless_told_otherwise() {
        let log = read("").unwrap();
        assert!(log.is_in_postgres());
        assert_eq!(log.reach("postgres://x").backend, Backend::Postgres);
        let log = read("backend = \"eventstore\"\nurl = \"esdb://u:secret@h:1\"").unwrap();
        let reached = log.reach("postgres://x");
        assert_eq!(reached.backend, Backend::EventStore);
        assert_eq!(reached.url, "esdb://u:secret@h:1");
        assert!(!format!("{log:?} {reached:?}").contains("secret"));
    }

    #[test]
    fn a_backend_and_its_address_go_together() {
        for wrong in [
            "backend = \"eventstore\"",
            "url = \"esdb://u:secret@h:1\"",
            "backend = \"kafka\"",
            "backend = \"postgres\"\nstore = 1",
        ] {
            let error = read(wrong).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
