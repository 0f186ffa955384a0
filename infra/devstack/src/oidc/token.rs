//! `POST /token`: the password grant and the code grant.

use anyhow::Result;
use axum::Form;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde::Deserialize;
use serde_json::{Value, json};

use super::users::DemoUser;
use super::{AUDIENCE, Provider};

const LIFE_S: i64 = 3600;

/// The fields of either grant (RFC 6749 §4.1.3 and §4.3.2).
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    grant_type: String,
    username: Option<String>,
    password: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    client_id: Option<String>,
    code_verifier: Option<String>,
}

pub(crate) async fn token(
    State(provider): State<Provider>,
    Form(request): Form<Request>,
) -> Response {
    let answer = match request.grant_type.as_str() {
        "password" => provider.by_password(&request),
        "authorization_code" => provider.by_code(&request),
        _ => return refusal("unsupported_grant_type"),
    };
    match answer {
        Ok(Some(body)) => ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response(),
        Ok(None) => refusal("invalid_grant"),
        Err(error) => {
            tracing::error!("no token could be made: {error:#}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What is known of the account an access token is for (OpenID Connect Core 1.0 §5.3).
pub(crate) async fn user_info(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    let value = headers.get(header::AUTHORIZATION);
    let token = value.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let claims = token.and_then(|token| provider.keys.verify(token.trim()));
    let now = Utc::now().timestamp();
    let live = claims.filter(|claims| claims["exp"].as_i64().is_some_and(|end| end > now));
    let Some(claims) = live else {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
        return (StatusCode::UNAUTHORIZED, challenge).into_response();
    };
    Json(json!({
        "sub": claims["sub"],
        "name": claims["name"],
        "email": claims["email"],
        "email_verified": true,
        "roles": claims["roles"],
    }))
    .into_response()
}

fn refusal(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}

impl Provider {
    fn by_password(&self, request: &Request) -> Result<Option<Value>> {
        let user = request.username.as_deref().and_then(DemoUser::find);
        let Some(user) = user.filter(|user| request.password.as_deref() == Some(user.username))
        else {
            return Ok(None);
        };
        Ok(Some(self.answer(&user)?))
    }

    fn by_code(&self, request: &Request) -> Result<Option<Value>> {
        let fields = (
            &request.code,
            &request.client_id,
            &request.redirect_uri,
            &request.code_verifier,
        );
        let (Some(code), Some(client), Some(address), Some(verifier)) = fields else {
            return Ok(None);
        };
        let Some(grant) = self.codes.redeem(code, client, address, verifier) else {
            return Ok(None);
        };
        let mut claims = self.claims(&grant.user, client);
        if let Some(nonce) = &grant.nonce {
            claims["nonce"] = json!(nonce);
        }
        let mut body = self.answer(&grant.user)?;
        body["id_token"] = json!(self.keys.sign(&claims)?);
        Ok(Some(body))
    }

    fn answer(&self, user: &DemoUser) -> Result<Value> {
        Ok(json!({
            "access_token": self.access_token(user)?,
            "token_type": "Bearer",
            "expires_in": LIFE_S,
            "scope": "openid email profile",
        }))
    }

    pub(crate) fn access_token(&self, user: &DemoUser) -> Result<String> {
        self.keys.sign(&self.claims(user, AUDIENCE))
    }

    fn claims(&self, user: &DemoUser, audience: &str) -> Value {
        let now = Utc::now().timestamp();
        json!({
            "iss": self.issuer,
            "sub": user.subject(),
            "aud": audience,
            "iat": now,
            "exp": now + LIFE_S,
            "email": user.email,
            "name": user.name,
            "roles": user.roles,
        })
    }
}
