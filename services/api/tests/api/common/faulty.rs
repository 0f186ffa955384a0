//! An OpenID provider of the tests' own, which hands out whatever it is told to. Nobody visits its
//! pages: a test goes straight to the callback.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use hmac::{Hmac, Mac as _};
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};
use sha2::Sha256;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;

/// The provider, running or not.
pub struct Faulty {
    inner: Arc<Inner>,
    address: SocketAddr,
    task: Option<JoinHandle<()>>,
}

struct Inner {
    issuer: String,
    key: RsaPrivateKey,
    /// Answers of the token endpoint and of user info.
    token: Mutex<(u16, String)>,
    user_info: Mutex<Value>,
}

impl Faulty {
    /// A provider with that key, which does not answer yet.
    pub fn new(key: RsaPrivateKey) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        Self {
            inner: Arc::new(Inner {
                issuer: format!("http://{address}"),
                key,
                token: Mutex::default(),
                user_info: Mutex::default(),
            }),
            address,
            task: None,
        }
    }

    pub fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// Answers from now on.
    pub async fn start(&mut self) {
        let listener = tokio::net::TcpListener::bind(self.address).await.unwrap();
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&self.inner));
        self.task = Some(tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        }));
    }

    /// Is gone.
    pub async fn stop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
        }
    }

    /// What the token endpoint answers.
    pub fn answers(&self, status: u16, body: impl ToString) {
        *self.inner.token.lock().unwrap() = (status, body.to_string());
    }

    /// The token endpoint answers with that ID token.
    pub fn hands_out(&self, id_token: &str) {
        let body =
            json!({ "access_token": "opaque", "token_type": "Bearer", "id_token": id_token });
        self.answers(200, body);
    }

    /// What user info answers.
    pub fn tells(&self, user_info: Value) {
        *self.inner.user_info.lock().unwrap() = user_info;
    }

    /// Good claims of an ID token for that nonce.
    pub fn claims(&self, nonce: &str) -> Value {
        let now = chrono::Utc::now().timestamp();
        json!({
            "iss": self.inner.issuer, "sub": "someone", "aud": "relevo", "nonce": nonce,
            "iat": now, "exp": now + 300, "name": "Alguien", "email": "alguien@relevo.test",
            "realm_access": { "roles": ["user"] },
        })
    }

    /// An ID token, signed as its header says.
    pub fn sign(&self, algorithm: &str, claims: &Value) -> String {
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": "k" });
        let encode = |v: &Value| B64.encode(v.to_string());
        let body = format!("{}.{}", encode(&header), encode(claims));
        let signature = match algorithm {
            "none" => Vec::new(),
            "HS256" => {
                let public = self.inner.key.to_public_key();
                let public = public.to_public_key_pem(LineEnding::LF).unwrap();
                let mut mac = Hmac::<Sha256>::new_from_slice(public.as_bytes()).unwrap();
                mac.update(body.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
            _ => SigningKey::<Sha256>::new(self.inner.key.clone())
                .sign(body.as_bytes())
                .to_vec(),
        };
        format!("{body}.{}", B64.encode(signature))
    }
}

async fn answer(State(provider): State<Arc<Inner>>, uri: Uri) -> Response {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    match uri.path() {
        "/.well-known/openid-configuration" => Json(json!({
            "issuer": provider.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/userinfo"),
            "jwks_uri": at("/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }))
        .into_response(),
        "/keys" => {
            let key = provider.key.to_public_key();
            let (n, e) = (key.n().to_bytes_be(), key.e().to_bytes_be());
            Json(json!({ "keys": [{
                "kty": "RSA", "use": "sig", "kid": "k", "n": B64.encode(n), "e": B64.encode(e),
            }] }))
            .into_response()
        }
        "/token" => {
            let (status, body) = provider.token.lock().unwrap().clone();
            let json = [("content-type", "application/json")];
            (StatusCode::from_u16(status).unwrap(), json, body).into_response()
        }
        "/userinfo" => Json(provider.user_info.lock().unwrap().clone()).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
