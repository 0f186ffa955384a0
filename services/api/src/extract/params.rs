//! What the address says: path and query.

use crate::errors::{ApiError, misfit, not_found};
use crate::state::AppState;
use axum::extract::{FromRequestParts, Path};
use axum::http::{StatusCode, request::Parts};
use kit::problem::Refusal;
use serde::de::DeserializeOwned;

/// Path parameters; one that is no id leads nowhere.
pub struct Param<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Param<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(value)| Self(value)).map_err(|_| not_found())
    }
}

/// The query, without unknown members and without control characters, which the database refuses.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
            use std::error::Error as _;
            let cause = rejection.source().map(ToString::to_string);
            invalid(&format!("Revisa: {}", cause.unwrap_or_default()))
        })?;
        type Pairs = Vec<(String, String)>;
        let pairs = axum::extract::Query::<Pairs>::try_from_uri(&parts.uri);
        let odd = |(_, value): &(String, String)| value.chars().any(char::is_control);
        if pairs.is_ok_and(|pairs| pairs.0.iter().any(odd)) {
            return Err(invalid("No se admiten caracteres de control."));
        }
        Ok(Self(query.0))
    }
}

fn invalid(detail: &str) -> ApiError {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "invalid-query",
        "Los parámetros de la dirección no son válidos",
    )
    .detail(detail)
    .into()
}

/// Reads one's own write: the position a command answered.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtLeast {
    #[serde(default)]
    pub min_position: Option<u64>,
}

/// Rows of a page: 50 when nothing is said, at most 100.
///
/// # Errors
/// 422 outside of 1 to 100.
pub fn page_size(asked: Option<u32>) -> Result<u32, ApiError> {
    match asked.unwrap_or(50) {
        size @ 1..=100 => Ok(size),
        _ => {
            let error = misfit("limit", "limit-out-of-bounds", "de 1 a 100");
            Err(Refusal::invalid(vec![error]).into())
        }
    }
}
