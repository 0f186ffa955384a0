//! The client: made once for the process, and anew when it has given up.

use crate::error::LogError;
use ::eventstore::{Client, ClientSettings, Error};
use rustls::crypto::CryptoProvider;
use std::future::Future;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How long a server that is away is waited for before the caller is told so.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// How long one call may take. The client itself sets no limit to reads.
pub(super) const CALL_WITHIN: Duration = Duration::from_secs(10);

/// Whether the installed TLS provider is the client's own.
static OURS: tokio::sync::Mutex<bool> = tokio::sync::Mutex::const_new(false);

pub(super) struct Connection {
    settings: ClientSettings,
    current: RwLock<Current>,
}

#[derive(Clone)]
struct Current {
    client: Client,
    number: u64,
}

impl Connection {
    pub(super) async fn open(url: &str) -> Result<Self, LogError> {
        // The parser's error may hold the string, and that a password.
        let settings: ClientSettings = url.parse().map_err(|_| {
            LogError::EventStore(
                "the connection string is wrong: esdb://host:port?tls=…".to_owned(),
            )
        })?;
        let client = first_call(&settings).await?;
        let current = RwLock::new(Current { client, number: 0 });
        Ok(Self { settings, current })
    }

    /// The client, and its number, by which [`Self::renew`] knows it.
    pub(super) fn client(&self) -> (Client, u64) {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        (current.client.clone(), current.number)
    }

    /// Makes another client where this error means that the one of that number has given up.
    pub(super) fn renew(&self, error: &Error, number: u64) {
        if !matches!(
            error,
            Error::ConnectionClosed | Error::GrpcConnectionError(_)
        ) {
            return;
        }
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.number == number
            && let Ok(client) = Client::new(self.settings.clone())
        {
            *current = Current {
                client,
                number: number + 1,
            };
        }
    }

    /// Reads, again and again while the server is away.
    pub(super) async fn read<T, F>(&self, read: impl Fn(Client) -> F) -> Result<T, LogError>
    where
        F: Future<Output = ::eventstore::Result<T>>,
    {
        let mut patience = Patience::default();
        loop {
            let (client, number) = self.client();
            let error = match in_time(read(client)).await {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            self.renew(&error, number);
            let passes = !matches!(error, Error::AccessDenied | Error::ResourceDeleted);
            if !passes || !patience.pause().await {
                return Err(LogError::EventStore(error.to_string()));
            }
        }
    }
}

/// Makes a client and has it connect, since only then the provider is installed.
async fn first_call(settings: &ClientSettings) -> Result<Client, LogError> {
    let mut ours = OURS.lock().await;
    if !*ours && CryptoProvider::get_default().is_some() {
        return Err(LogError::ProviderTaken);
    }
    let failed = |error: Error| LogError::EventStore(error.to_string());
    let client = Client::new(settings.clone()).map_err(failed)?;
    let answer = in_time(client.server_info()).await;
    *ours = CryptoProvider::get_default().is_some();
    let server = answer.map_err(failed)?;
    tracing::info!(version = %server.version(), "the log is in EventStoreDB");
    Ok(client)
}

/// A call that ends within [`CALL_WITHIN`].
pub(super) async fn in_time<T>(
    call: impl Future<Output = ::eventstore::Result<T>>,
) -> ::eventstore::Result<T> {
    match tokio::time::timeout(CALL_WITHIN, call).await {
        Ok(result) => result,
        Err(_) => Err(Error::DeadlineExceeded),
    }
}

/// Pauses that grow, for [`ANSWERS_WITHIN`] from the first on.
pub(super) struct Patience {
    until: Option<Instant>,
    pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            until: None,
            pause: Duration::from_millis(20),
        }
    }
}

impl Patience {
    /// Waits a little; false when there is no time left.
    pub(super) async fn pause(&mut self) -> bool {
        let now = Instant::now();
        let until = *self.until.get_or_insert(now + ANSWERS_WITHIN);
        if now + self.pause > until {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Duration::from_secs(1));
        true
    }
}
