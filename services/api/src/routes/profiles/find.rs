//! `POST /api/v1/profiles/find`

use crate::errors::{ApiError, ApiResult, misfit};
use crate::extract::{Asker, Body};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::fiscal::Rfc;
use kit::problem::Refusal;
use projections::profiles;
use schemas::rest::{Page, ProfileView};
use serde::Deserialize;

/// What is looked for. In a body, because addresses end up in logs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FindProfile {
    rfc: String,
    min_position: Option<u64>,
}

/// The caller's profiles of that RFC, retired ones too: found by the RFC's keyed hash, without
/// opening any other.
///
/// # Errors
/// 422 when it is no RFC; 503 when the read model is behind.
pub async fn find(
    State(state): State<AppState>,
    asker: Asker,
    body: Body<FindProfile>,
) -> ApiResult<Json<Page<ProfileView>>> {
    let rfc = Rfc::parse(&body.value.rfc).map_err(|error| {
        let error = misfit("rfc", &error.code().replace('_', "-"), &error.to_string());
        ApiError::from(Refusal::invalid(vec![error]))
    })?;
    let key = state.vault.keyed_hash(asker.user, "rfc", rfc.as_str());
    let at_least = body.value.min_position;
    let mut tx = state.read.begin_at(asker.user, at_least).await?;
    let records = profiles::query::find(&mut tx, &key).await?;
    let position = tx.position();
    drop(tx);
    let mut items = Vec::with_capacity(records.len());
    for record in records {
        items.push(super::listed(&state, &asker.erased, record).await?);
    }
    Ok(Json(Page {
        items,
        next: None,
        position,
    }))
}
