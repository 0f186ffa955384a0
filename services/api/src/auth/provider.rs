//! What the OpenID provider publishes: its addresses and keys, read by discovery and kept.
//!
//! Keys are read again when a token is signed with an unknown one, at most every 10 s. The provider
//! may be down when we start: a later request tries again. Anybody can send a token with an unknown
//! key, and the provider may hang. So who reads the keys holds nothing that tokens with a known key
//! need, and a failed attempt counts as one, too.

use openidconnect::{IssuerUrl, ProviderMetadataWithLogout};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, RwLock};

pub(super) const KEYS_AT_MOST_EVERY: Duration = Duration::from_secs(10);

/// After a failed attempt, while somebody waits to get in.
const RETRY_AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// The OpenID provider does not answer, or not as one.
#[derive(Debug, thiserror::Error)]
#[error("the OpenID provider does not answer: {0}")]
pub struct ProviderDown(pub String);

/// One provider; cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    issuer: IssuerUrl,
    http: openidconnect::reqwest::Client,
    /// Locked for moments only, never while the provider is asked.
    known: RwLock<Option<Arc<Known>>>,
    /// Held by the one who asks the provider.
    asking: Arc<Mutex<Option<Failure>>>,
}

/// What the provider published, and when we read it.
pub struct Known {
    /// With its keys.
    pub metadata: ProviderMetadataWithLogout,
    pub read_at: Instant,
}

/// The last attempt, when it failed.
struct Failure {
    at: Instant,
    reason: String,
}

impl Provider {
    /// The provider of that issuer. Nothing is fetched yet.
    ///
    /// # Errors
    /// When the issuer is no URL or TLS can't be set up.
    pub fn new(auth: &kit::config::Auth) -> anyhow::Result<Self> {
        let http = openidconnect::reqwest::ClientBuilder::new()
            .redirect(openidconnect::reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(5))
            .build()?;
        let issuer = auth.issuer.as_str();
        // `Url` adds a slash to a bare host; the issuer is compared as text.
        let issuer = match auth.issuer.path() {
            "/" => issuer.trim_end_matches('/'),
            _ => issuer,
        };
        Ok(Self(Arc::new(Inner {
            issuer: IssuerUrl::new(issuer.to_owned())?,
            http,
            known: RwLock::new(None),
            asking: Arc::default(),
        })))
    }

    /// The issuer, as its tokens name it.
    pub fn issuer(&self) -> &IssuerUrl {
        &self.0.issuer
    }

    /// The client that asks it: no redirects, five seconds.
    pub fn http(&self) -> &openidconnect::reqwest::Client {
        &self.0.http
    }

    /// What it published, however old.
    ///
    /// # Errors
    /// When nothing is known yet and the provider does not answer.
    pub async fn known(&self) -> Result<Arc<Known>, ProviderDown> {
        self.get(None, RETRY_AT_MOST_EVERY).await
    }

    /// Read anew, when what was read at `stale` did not fit and is older than 10 s.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn newer_than(&self, stale: Instant) -> Result<Arc<Known>, ProviderDown> {
        self.get(Some(stale), KEYS_AT_MOST_EVERY).await
    }

    /// At most 10 s old: who gets it may send people there.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn fresh(&self) -> Result<Arc<Known>, ProviderDown> {
        let known = self.known().await?;
        self.get(Some(known.read_at), RETRY_AT_MOST_EVERY).await
    }

    async fn get(
        &self,
        stale: Option<Instant>,
        pause: Duration,
    ) -> Result<Arc<Known>, ProviderDown> {
        let since = Instant::now();
        if let Some(known) = self.kept(stale).await {
            return Ok(known);
        }
        let mut failure = Arc::clone(&self.0.asking).lock_owned().await;
        if let Some(known) = self.kept(stale).await {
            return Ok(known);
        }
        // Who waited for an attempt takes its outcome, so no queue of attempts builds up.
        if let Some(last) = failure.as_ref()
            && (last.at >= since || last.at.elapsed() < pause)
        {
            return Err(ProviderDown(last.reason.clone()));
        }
        // A task of its own: it comes to its end also when the client hangs up.
        let this = self.clone();
        let reading = tokio::spawn(async move {
            let read = this.read().await;
            match &read {
                Ok(known) => {
                    *failure = None;
                    *this.0.known.write().await = Some(Arc::clone(known));
                }
                Err(error) => {
                    *failure = Some(Failure {
                        at: Instant::now(),
                        reason: format!("{error:#}"),
                    });
                }
            }
            read
        });
        let read = reading.await.unwrap_or_else(|e| Err(e.into()));
        read.map_err(|e| ProviderDown(format!("{e:#}")))
    }

    /// What we have, unless that of `stale` did not fit and may be read again.
    async fn kept(&self, stale: Option<Instant>) -> Option<Arc<Known>> {
        let known = self.0.known.read().await;
        let fits = |known: &&Arc<Known>| match stale {
            None => true,
            Some(seen) => known.read_at > seen || seen.elapsed() < KEYS_AT_MOST_EVERY,
        };
        known.as_ref().filter(fits).cloned()
    }

    async fn read(&self) -> anyhow::Result<Arc<Known>> {
        let issuer = self.0.issuer.clone();
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, self.http()).await?;
        Ok(Arc::new(Known {
            metadata,
            read_at: Instant::now(),
        }))
    }

    #[cfg(test)]
    pub(super) async fn grow_old(&self) {
        let long_ago = Instant::now().checked_sub(KEYS_AT_MOST_EVERY * 2);
        let mut known = self.0.known.write().await;
        let metadata = known.as_ref().map(|known| known.metadata.clone());
        *known = metadata
            .zip(long_ago)
            .map(|(metadata, read_at)| Arc::new(Known { metadata, read_at }));
    }
}
