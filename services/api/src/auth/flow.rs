//! Signing in by browser: the code flow of OpenID Connect Core 1.0 with PKCE (RFC 7636).

use super::claims::Claims;
use super::failure::{ErrorAnswer, SignInError, not_redeemed};
use super::provider::{Known, Provider};
use super::tokens::{self, Token, TokenClaims};
use crate::sessions::Person;
use chrono::{DateTime, TimeDelta, Utc};
use kit::config::Config;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields,
    LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, RedirectUrl, Scope, StandardTokenResponse, TokenResponse as _,
    UserInfoClaims,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::str::FromStr as _;

type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Answer = StandardTokenResponse<Fields, CoreTokenType>;
type Client = openidconnect::Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    ErrorAnswer,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// How far the provider's clock may be from ours.
const SKEW: TimeDelta = TimeDelta::seconds(60);

/// What the answer of the provider is checked by; sealed while the person is away.
#[derive(Serialize, Deserialize)]
pub struct Pending {
    nonce: String,
    verifier: String,
    pub return_to: String,
}

/// A sign-in that begins: where the browser goes, and what it comes back with.
pub struct Begun {
    pub address: String,
    pub state: String,
    pub pending: Pending,
}

/// Signs people in at one provider, as one client.
#[derive(Clone)]
pub struct SignIn {
    provider: Provider,
    client_id: ClientId,
    client_secret: Option<SecretString>,
    scopes: Vec<Scope>,
    roles_claim: String,
    callback: RedirectUrl,
    signed_out: PostLogoutRedirectUrl,
}

impl SignIn {
    /// As configured; nothing is fetched yet.
    ///
    /// # Errors
    /// When the public address is none.
    pub fn new(provider: Provider, config: &Config) -> anyhow::Result<Self> {
        let (auth, home) = (&config.auth, config.api.public_address());
        let scopes = auth.scopes.split_whitespace().filter(|s| *s != "openid");
        Ok(Self {
            provider,
            client_id: ClientId::new(auth.client_id.clone()),
            client_secret: auth.client_secret.clone(),
            scopes: scopes.map(|scope| Scope::new(scope.to_owned())).collect(),
            roles_claim: auth.roles_claim.clone(),
            callback: RedirectUrl::new(format!("{home}/api/v1/auth/callback"))?,
            signed_out: PostLogoutRedirectUrl::new(format!("{home}/sign-in"))?,
        })
    }

    fn client(&self, known: &Known) -> Client {
        let secret = self.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        Client::from_provider_metadata(known.metadata.clone(), self.client_id.clone(), secret)
            .set_redirect_uri(self.callback.clone())
    }

    /// Begins a sign-in that leads to `return_to`.
    ///
    /// # Errors
    /// When the provider does not answer: nobody is sent to where nothing is.
    pub async fn begin(&self, return_to: &str) -> Result<Begun, SignInError> {
        let client = self.client(&*self.provider.fresh().await?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let state = || CsrfToken::new_random_len(32);
        let (address, state, nonce) = client
            .authorize_url(flow, state, || Nonce::new_random_len(32))
            .add_scopes(self.scopes.iter().cloned())
            .set_pkce_challenge(challenge)
            .url();
        Ok(Begun {
            address: address.into(),
            state: state.into_secret(),
            pending: Pending {
                nonce: nonce.secret().clone(),
                verifier: verifier.into_secret(),
                return_to: return_to.to_owned(),
            },
        })
    }

    /// Redeems the code and checks who it is for.
    ///
    /// # Errors
    /// The provider's refusal, or an ID token that isn't one for us and this sign-in.
    pub async fn finish(
        &self,
        code: String,
        pending: Pending,
        now: DateTime<Utc>,
    ) -> Result<Person, SignInError> {
        let known = self.provider.known().await?;
        let client = self.client(&known);
        let invalid = |reason: &str| SignInError::InvalidToken(reason.to_owned());
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| invalid("the provider has no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier))
            .request_async(self.provider.http())
            .await
            .map_err(not_redeemed)?;
        let token = answer.id_token().ok_or_else(|| invalid("no ID token"))?;
        let claims = self.claims(token, pending.nonce, now).await?;
        let more = self
            .user_info(&client, answer.access_token(), &claims)
            .await;
        Ok(self.person(token, &claims, more.as_ref()))
    }

    async fn claims(
        &self,
        token: &Token,
        nonce: String,
        now: DateTime<Utc>,
    ) -> Result<TokenClaims, SignInError> {
        let nonce = Nonce::new(nonce);
        let check = |known: &Known| {
            let verifier = tokens::verifier(&self.provider, &self.client_id, known)
                .set_time_fn(move || now - SKEW)
                .set_issue_time_verifier_fn(move |issued| match issued <= now + SKEW {
                    true => Ok(()),
                    false => Err(format!("it was issued at {issued}, and it is {now}")),
                });
            token.claims(&verifier, &nonce).cloned()
        };
        let claims = tokens::checked(&self.provider, check).await?;
        match claims.authorized_party() {
            Some(party) if *party != self.client_id => Err(SignInError::InvalidToken(
                "the ID token was made for another client".to_owned(),
            )),
            _ => Ok(claims),
        }
    }

    /// What the ID token leaves out. Not having it keeps nobody out.
    async fn user_info(
        &self,
        client: &Client,
        token: &AccessToken,
        claims: &TokenClaims,
    ) -> Option<UserInfoClaims<Claims, CoreGenderClaim>> {
        let roles = tokens::roles(claims, &self.roles_claim);
        if claims.name().is_some() && claims.email().is_some() && roles.is_some() {
            return None;
        }
        let subject = Some(claims.subject().clone());
        let request = client.user_info(token.clone(), subject).ok()?;
        let answer = request.request_async(self.provider.http()).await;
        answer
            .inspect_err(|error| tracing::warn!(%error, "no user info"))
            .ok()
    }

    fn person(
        &self,
        token: &Token,
        claims: &TokenClaims,
        more: Option<&UserInfoClaims<Claims, CoreGenderClaim>>,
    ) -> Person {
        let text = |name: Option<&str>| name.filter(|name| !name.is_empty()).map(str::to_owned);
        let name = claims.name().or_else(|| more?.name());
        let name = name
            .and_then(|name| name.get(None))
            .map(|name| name.as_str());
        let email = claims.email().or_else(|| more?.email());
        let roles = tokens::roles(claims, &self.roles_claim);
        let roles = roles.or_else(|| more?.additional_claims().roles(&self.roles_claim));
        Person {
            user: tokens::user(&self.provider, claims),
            name: text(name),
            email: text(email.map(|email| email.as_str())),
            roles: roles.unwrap_or_default(),
            id_token: token.to_string(),
        }
    }

    /// Where a browser goes to end the provider's session, too, if the provider has such a place.
    pub async fn provider_logout(&self, person: &Person) -> Option<String> {
        let known = self.provider.known().await.ok()?;
        let end = known
            .metadata
            .additional_metadata()
            .end_session_endpoint
            .clone();
        let hint = Token::from_str(&person.id_token).ok()?;
        let request = LogoutRequest::from(end?)
            .set_id_token_hint(&hint)
            .set_client_id(self.client_id.clone())
            .set_post_logout_redirect_uri(self.signed_out.clone());
        Some(request.http_get_url().into())
    }
}
