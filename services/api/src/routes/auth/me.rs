//! `GET /api/v1/auth/me`: who is signed in.

use crate::auth::{Caller, Via};
use axum::Json;
use chrono::DateTime;
use schemas::rest::Me;

/// The caller, as far as the provider told.
pub async fn me(caller: Caller) -> Json<Me> {
    let (name, email, expires_at) = match &caller.via {
        Via::Token { expires_at_s } => (None, None, DateTime::from_timestamp(*expires_at_s, 0)),
        Via::Session(session) => {
            let person = &session.person;
            let names = (person.name.clone(), person.email.clone());
            (names.0, names.1, Some(session.expires_at))
        }
    };
    Json(Me {
        user_id: caller.user,
        name,
        email,
        roles: caller.roles,
        expires_at,
    })
}
