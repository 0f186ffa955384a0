//! Two practice portals that behave like Mexican vendors' invoicing sites, for practice and tests.
//!
//! `plain` is a shop with one long form; `wizard` a petrol station with steps, a session, an image
//! CAPTCHA and a ZIP. They share no markup and no wording. Each invoice is made and signed when it
//! is asked for, with test keys (`keys/`), for exactly what was typed. A third port, *control*, is
//! for tests and practice only: it knows the CAPTCHA's answer, counts presses of the final
//! buttons, and makes the portals misbehave.
//!
//! This crate uses no other crate of the workspace: it stands for somebody else's software.

mod account;
mod captcha;
mod catalog;
mod cfdi;
mod clock;
mod control;
mod faults;
mod fiscal;
mod html;
mod ledger;
mod pdf;
mod plain;
mod serve;
mod ticket;
mod wizard;

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Context;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub use ticket::{Kind, PortalId, TicketSpec, practice_tickets};

/// Where the portals listen and how they behave. Port 0 picks a free one.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalsConfig {
    /// Address of the plain portal.
    pub plain: SocketAddr,
    /// Address of the wizard.
    pub wizard: SocketAddr,
    /// Address of the control port; keep it on loopback.
    pub control: SocketAddr,
    /// How long after its first look-up a ticket of kind `too_new` is known (in TOML: seconds).
    #[serde(default = "twenty_seconds", with = "seconds")]
    pub ready_after: Duration,
    /// Folder of the journal that lets tickets, invoices and counts outlive the process; none:
    /// memory only.
    #[serde(default)]
    pub dir: Option<PathBuf>,
}

fn twenty_seconds() -> Duration {
    Duration::from_secs(20)
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(from)?;
        Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
    }
}

/// What the three servers share.
pub(crate) struct Shared {
    ledger: Mutex<ledger::Ledger>,
    faults: Mutex<faults::Faults>,
    captchas: Mutex<captcha::Captchas>,
    sessions: Mutex<wizard::Sessions>,
    accounts: Mutex<account::Accounts>,
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, ledger::Ledger> {
        lock(&self.ledger)
    }
    fn faults(&self) -> MutexGuard<'_, faults::Faults> {
        lock(&self.faults)
    }
    fn captchas(&self) -> MutexGuard<'_, captcha::Captchas> {
        lock(&self.captchas)
    }
    fn sessions(&self) -> MutexGuard<'_, wizard::Sessions> {
        lock(&self.sessions)
    }
    fn accounts(&self) -> MutexGuard<'_, account::Accounts> {
        lock(&self.accounts)
    }
}

/// A panic in one request must not take the portals down with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The running portals.
pub struct Portals {
    plain: SocketAddr,
    wizard: SocketAddr,
    control: SocketAddr,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
}

impl Portals {
    /// Binds the three addresses, reads the journal if there is one, and serves.
    ///
    /// # Errors
    /// When an address is taken or the journal can't be read or written.
    pub async fn start(config: PortalsConfig) -> anyhow::Result<Portals> {
        let shared = Arc::new(Shared {
            ledger: Mutex::new(ledger::Ledger::open(
                config.dir.as_deref(),
                config.ready_after,
            )?),
            faults: Mutex::default(),
            captchas: Mutex::default(),
            sessions: Mutex::default(),
            accounts: Mutex::default(),
        });
        let (stop, stopped) = watch::channel(false);
        let mut servers = Vec::new();
        let mut addresses = Vec::new();
        let routers = [
            (config.plain, plain::router(shared.clone())),
            (config.wizard, wizard::router(shared.clone())),
            (config.control, control::router(shared)),
        ];
        for (address, router) in routers {
            let listener = TcpListener::bind(address)
                .await
                .with_context(|| format!("practice portals: can't listen on {address}"))?;
            addresses.push(listener.local_addr()?);
            servers.push(tokio::spawn(serve::serve(
                listener,
                router,
                stopped.clone(),
            )));
        }
        let (plain, wizard, control) = (addresses[0], addresses[1], addresses[2]);
        tracing::info!(%plain, %wizard, %control, "practice portals listen");
        Ok(Portals {
            plain,
            wizard,
            control,
            stop,
            servers,
        })
    }

    /// `http://address` of the plain portal, without a slash at the end.
    #[must_use]
    pub fn plain_url(&self) -> String {
        format!("http://{}", self.plain)
    }

    /// `http://address` of the wizard, without a slash at the end.
    #[must_use]
    pub fn wizard_url(&self) -> String {
        format!("http://{}", self.wizard)
    }

    /// `http://address` of the control port, without a slash at the end.
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("http://{}", self.control)
    }

    /// The portals' adapters for where they listen now; see [`adapters`].
    #[must_use]
    pub fn adapters(&self) -> [(&'static str, String); 3] {
        adapters(self.plain, self.wizard)
    }

    /// Closes the listeners and every connection.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for server in self.servers {
            let _ = server.await;
        }
    }
}

/// Adapters of both portals for these addresses: (file name, YAML). The plain one has two: with an
/// account and without.
#[must_use]
pub fn adapters(plain: SocketAddr, wizard: SocketAddr) -> [(&'static str, String); 3] {
    let plain_yaml = include_str!("../adapters/la-paloma.yaml");
    let account_yaml = include_str!("../adapters/la-paloma-club.yaml");
    let wizard_yaml = include_str!("../adapters/el-faro.yaml");
    [
        (
            "la-paloma.yaml",
            plain_yaml.replace("127.0.0.1:7101", &plain.to_string()),
        ),
        (
            "la-paloma-club.yaml",
            account_yaml.replace("127.0.0.1:7101", &plain.to_string()),
        ),
        (
            "el-faro.yaml",
            wizard_yaml.replace("127.0.0.1:7102", &wizard.to_string()),
        ),
    ]
}
