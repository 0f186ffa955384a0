//! Who asks, and what goes into the log with it.

use crate::auth::Caller;
use crate::erasures::Erased;
use crate::errors::ApiError;
use crate::state::AppState;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::{HeaderMap, StatusCode, request::Parts};
use commands::{Actor, CommandId, Context, Vault};
use domain::UserId;
use kit::problem::Refusal;

/// Who asks, under which idempotency key, in which trace.
#[derive(Clone, Debug)]
pub struct Asker {
    pub user: UserId,
    /// What of theirs is blocked: some of their profiles.
    pub erased: Erased,
    key: Option<String>,
    traceparent: Option<String>,
    /// Method and address.
    request: String,
    vault: Vault,
}

impl Asker {
    /// What goes into the log with a command. Without a key nobody can repeat it.
    ///
    /// `body_hash` tells bodies apart here; the log gets a keyed hash of it and of the address
    /// instead, since a plain one would confirm a guess at what was sealed.
    pub fn context(&self, body_hash: &str) -> Context {
        let mut context = self.bare_context();
        context.body_hash = Some(self.request_hash(body_hash));
        context
    }

    /// The same for a body that holds a password: hashed only where a repetition is to be told from
    /// another body. Whoever has the log and the hashes' key could try passwords against it.
    pub fn secret_context(&self, body_hash: &str) -> Context {
        match self.is_repeatable() {
            true => self.context(body_hash),
            false => self.bare_context(),
        }
    }

    fn request_hash(&self, body_hash: &str) -> String {
        let request = format!("{}\n{body_hash}", self.request);
        self.vault.keyed_hash(self.user, "request", &request).0
    }

    fn bare_context(&self) -> Context {
        let id = match &self.key {
            Some(key) => CommandId::from_key(self.user, key),
            None => CommandId::random(),
        };
        let mut context = Context::new(id, Actor::User(self.user));
        context.traceparent.clone_from(&self.traceparent);
        context
    }

    /// The client may repeat this request under the same key.
    pub fn is_repeatable(&self) -> bool {
        self.key.is_some()
    }
}

impl FromRequestParts<AppState> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        Ok(Self {
            user: caller.user,
            erased: caller.erased,
            key: idempotency_key(&parts.headers)?,
            traceparent: traceparent(&parts.headers),
            request: request(parts, state).await,
            vault: state.vault.clone(),
        })
    }
}

/// Method and address. Nested routers cut `uri`; what they took from it is among the parameters.
async fn request(parts: &mut Parts, state: &AppState) -> String {
    let mut request = format!("{} {}", parts.method, parts.uri);
    if let Ok(params) = RawPathParams::from_request_parts(parts, state).await {
        for (name, value) in &params {
            request.push_str(&format!(" {name}={value}"));
        }
    }
    request
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > 200 {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "idempotency-key-malformed",
            "La Idempotency-Key no es válida",
        )
        .detail("De 1 a 200 caracteres ASCII visibles.")
        .into());
    }
    Ok(Some(key.to_owned()))
}

/// W3C Trace Context, when it is one.
fn traceparent(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
    let hex = value.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    (hex && lengths == [2, 32, 16, 2]).then(|| value.to_owned())
}
