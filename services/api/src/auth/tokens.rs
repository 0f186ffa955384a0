//! Tokens of the provider, checked by the keys it publishes. Only asymmetric signatures are taken.

use super::claims::Claims;
use super::failure::said;
use super::provider::{Known, Provider, ProviderDown};
use domain::UserId;
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    ClaimsVerificationError, ClientId, IdTokenClaims, IdTokenVerifier, Nonce,
    SignatureVerificationError,
};
use std::str::FromStr;
use uuid::Uuid;

/// A signed token of the provider: an ID token, or an access token that is a JWT, too.
pub type Token = openidconnect::IdToken<
    Claims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// What a token says.
pub type TokenClaims = IdTokenClaims<Claims, CoreGenderClaim>;

const ALGORITHMS: [CoreJwsSigningAlgorithm; 6] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Why a token was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error(transparent)]
    ProviderDown(#[from] ProviderDown),
    #[error("the token is not valid: {0}")]
    Invalid(String),
}

/// Checks tokens that are made for one audience.
#[derive(Clone)]
pub struct Tokens {
    provider: Provider,
    audience: ClientId,
    roles_claim: String,
}

/// Whom an access token speaks for.
#[derive(Clone, Debug)]
pub struct Bearer {
    pub user: UserId,
    pub roles: Vec<String>,
    /// When the token ends, as Unix time in seconds.
    pub expires_at_s: i64,
}

impl Tokens {
    /// Checks access tokens made for the configured audience.
    pub fn new(provider: Provider, auth: &kit::config::Auth) -> Self {
        Self {
            provider,
            audience: ClientId::new(auth.audience.clone()),
            roles_claim: auth.roles_claim.clone(),
        }
    }

    /// Whom an access token speaks for.
    ///
    /// # Errors
    /// A token that is not valid, or a provider that does not answer.
    pub async fn bearer(&self, token: &str) -> Result<Bearer, TokenError> {
        let token =
            Token::from_str(token).map_err(|_| TokenError::Invalid("not a JWT".to_owned()))?;
        let check = |known: &Known| {
            // Access tokens may be for others besides us (RFC 9068, section 4).
            let verifier = verifier(&self.provider, &self.audience, known)
                .set_other_audience_verifier_fn(|_| true);
            let claims = token.claims(&verifier, no_id_token)?;
            Ok(Bearer {
                user: user(&self.provider, claims),
                roles: roles(claims, &self.roles_claim).unwrap_or_default(),
                expires_at_s: claims.expiration().timestamp(),
            })
        };
        checked(&self.provider, check).await
    }
}

/// Where we are client and audience by one name, an ID token would fit, too, and one goes through the
/// browser at sign-out. Each of our sign-ins puts a nonce into it, and into nothing else.
fn no_id_token(nonce: Option<&Nonce>) -> Result<(), String> {
    match nonce {
        None => Ok(()),
        Some(_) => Err("an ID token is no access token".to_owned()),
    }
}

/// A verifier by those keys: issuer, audience, algorithm, signature and expiry.
pub fn verifier(
    provider: &Provider,
    audience: &ClientId,
    known: &Known,
) -> IdTokenVerifier<'static, CoreJsonWebKey> {
    IdTokenVerifier::new_public_client(
        audience.clone(),
        provider.issuer().clone(),
        known.metadata.jwks().clone(),
    )
    .set_allowed_algs(ALGORITHMS)
}

/// Checks by the keys we have, and again by newer ones when the key is not among them.
pub async fn checked<T>(
    provider: &Provider,
    check: impl Fn(&Known) -> Result<T, ClaimsVerificationError>,
) -> Result<T, TokenError> {
    let known = provider.known().await?;
    match check(&known) {
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
        )) => check(&*provider.newer_than(known.read_at).await?),
        checked => checked,
    }
    // It quotes the token, which anybody may have written.
    .map_err(|e| TokenError::Invalid(said(&e.to_string())))
}

/// Identity is issuer and subject, never the e-mail.
pub fn user(provider: &Provider, claims: &TokenClaims) -> UserId {
    let name = format!(
        "{}|{}",
        provider.issuer().as_str(),
        claims.subject().as_str()
    );
    UserId(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
}

/// The roles a token names, if it says anything about them.
pub fn roles(claims: &TokenClaims, path: &str) -> Option<Vec<String>> {
    claims.additional_claims().roles(path)
}
