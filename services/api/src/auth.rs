//! Who calls: a Bearer access token of any OpenID provider, checked against the keys it publishes.
//!
//! Discovery, keys, issuer, audience, signature and expiry go through `openidconnect`. Only
//! asymmetric signatures are taken. Keys are read again when a token is signed with an unknown
//! one, at most every 10 s. The provider may be down when we start: a later token tries again.
//!
//! Anybody can send a token with an unknown key, and the provider may hang. So who reads the keys
//! holds nothing that tokens with a known key need, and a failed attempt counts as one, too.

use axum::extract::FromRequestParts;
use axum::http::{StatusCode, header, request::Parts};
use domain::UserId;
use kit::problem::Refusal;
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata,
};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IdTokenVerifier, IssuerUrl,
    JsonWebKeySetUrl, Nonce, SignatureVerificationError,
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, RwLock};
use uuid::Uuid;

use crate::state::AppState;

/// The caller of a request. Having one means that the token was checked.
#[derive(Clone, Debug)]
pub struct Caller {
    pub user: UserId,
    pub roles: Vec<String>,
    /// When the token ends, as Unix time in seconds.
    pub expires_at_s: i64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Claims {
    #[serde(default)]
    roles: Vec<String>,
}

impl AdditionalClaims for Claims {}

type AccessToken =
    IdToken<Claims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

const ALGORITHMS: [CoreJwsSigningAlgorithm; 6] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

const KEYS_AT_MOST_EVERY: Duration = Duration::from_secs(10);

/// After a failed attempt, while we have no keys at all and nobody gets in.
const FIRST_KEYS_AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// Why a token was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("the OpenID provider does not answer: {0}")]
    ProviderDown(String),
    #[error("the access token is not valid: {0}")]
    Invalid(String),
}

/// Checks access tokens of one provider.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    issuer: IssuerUrl,
    audience: ClientId,
    http: openidconnect::reqwest::Client,
    /// Locked for moments only, never while the provider is asked.
    keys: RwLock<Option<Keys>>,
    /// Held by the one who asks the provider.
    asking: Arc<Mutex<Option<Failure>>>,
}

#[derive(Clone)]
struct Keys {
    set: CoreJsonWebKeySet,
    read_at: Instant,
}

/// The last attempt to read the keys, when it failed.
struct Failure {
    at: Instant,
    reason: String,
}

impl Verifier {
    /// A verifier for that issuer and audience. Nothing is fetched yet.
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
            audience: ClientId::new(auth.audience.clone()),
            http,
            keys: RwLock::new(None),
            asking: Arc::default(),
        })))
    }

    /// The caller a token speaks for.
    ///
    /// # Errors
    /// A token that is not valid, or a provider that does not answer.
    pub async fn verify(&self, token: &str) -> Result<Caller, AuthError> {
        let token =
            AccessToken::from_str(token).map_err(|_| AuthError::Invalid("not a JWT".to_owned()))?;
        let keys = self.keys(None).await?;
        match self.check(&token, &keys) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey
                | SignatureVerificationError::CryptoError(_),
            )) => {
                let keys = self.keys(Some(keys.read_at)).await?;
                self.check(&token, &keys)
            }
            checked => checked,
        }
        .map_err(|e| AuthError::Invalid(e.to_string()))
    }

    fn check(&self, token: &AccessToken, keys: &Keys) -> Result<Caller, ClaimsVerificationError> {
        let verifier = IdTokenVerifier::new_public_client(
            self.0.audience.clone(),
            self.0.issuer.clone(),
            keys.set.clone(),
        )
        .set_allowed_algs(ALGORITHMS)
        // Access tokens may be for others besides us (RFC 9068, section 4).
        .set_other_audience_verifier_fn(|_| true);
        let claims = token.claims(&verifier, |_: Option<&Nonce>| Ok(()))?;
        let name = format!("{}|{}", self.0.issuer.as_str(), claims.subject().as_str());
        Ok(Caller {
            user: UserId(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())),
            roles: claims.additional_claims().roles.clone(),
            expires_at_s: claims.expiration().timestamp(),
        })
    }

    /// The provider's keys; read again when those of `stale` did not fit.
    async fn keys(&self, stale: Option<Instant>) -> Result<Keys, AuthError> {
        let since = Instant::now();
        if let Some(keys) = self.known(stale).await {
            return Ok(keys);
        }
        let mut failure = Arc::clone(&self.0.asking).lock_owned().await;
        if let Some(keys) = self.known(stale).await {
            return Ok(keys);
        }
        let pause = match stale {
            Some(_) => KEYS_AT_MOST_EVERY,
            None => FIRST_KEYS_AT_MOST_EVERY,
        };
        // Who waited for an attempt takes its outcome, so no queue of attempts builds up.
        if let Some(last) = failure.as_ref()
            && (last.at >= since || last.at.elapsed() < pause)
        {
            return Err(AuthError::ProviderDown(last.reason.clone()));
        }
        // A task of its own: it comes to its end also when the client hangs up.
        let this = self.clone();
        let reading = tokio::spawn(async move {
            let read = this.read_keys().await;
            match &read {
                Ok(keys) => {
                    *failure = None;
                    *this.0.keys.write().await = Some(keys.clone());
                }
                Err(error) => {
                    *failure = Some(Failure {
                        at: Instant::now(),
                        reason: error.to_string(),
                    });
                }
            }
            read
        });
        let read = reading.await.unwrap_or_else(|e| Err(e.into()));
        read.map_err(|e| AuthError::ProviderDown(e.to_string()))
    }

    /// The keys we have, unless those of `stale` did not fit and may be read again.
    async fn known(&self, stale: Option<Instant>) -> Option<Keys> {
        let keys = self.0.keys.read().await;
        let fits = |keys: &&Keys| match stale {
            None => true,
            Some(seen) => keys.read_at > seen || seen.elapsed() < KEYS_AT_MOST_EVERY,
        };
        keys.as_ref().filter(fits).cloned()
    }

    async fn read_keys(&self) -> anyhow::Result<Keys> {
        let (issuer, http) = (self.0.issuer.clone(), &self.0.http);
        let metadata = CoreProviderMetadata::discover_async(issuer, http).await?;
        let url: &JsonWebKeySetUrl = metadata.jwks_uri();
        let set = CoreJsonWebKeySet::fetch_async(url, http).await?;
        Ok(Keys {
            set,
            read_at: Instant::now(),
        })
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| unauthorized("Falta el token de acceso (Authorization: Bearer …)."))?;
        state.verifier.verify(token).await.map_err(|e| match e {
            AuthError::Invalid(reason) => {
                tracing::info!(%reason, "token refused");
                unauthorized("El token de acceso no es válido o ya venció. Inicia sesión otra vez.")
            }
            AuthError::ProviderDown(reason) => {
                tracing::warn!(%reason, "the OpenID provider does not answer");
                Refusal::unavailable("sign-in-unavailable", "El inicio de sesión no responde", 5)
            }
        })
    }
}

fn unauthorized(detail: &str) -> Refusal {
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "Hay que iniciar sesión",
    )
    .detail(detail)
}

#[cfg(test)]
mod tests;
