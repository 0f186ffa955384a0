//! `GET /api/v1/credentials`

use crate::auth::Caller;
use crate::errors::{ApiResult, internal};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use commands::Recorded;
use domain::CredentialId;
use domain::account::{Account, AccountEvent};
use schemas::rest::CredentialView;
use std::collections::BTreeMap;

/// For which portals the caller has stored an account, by the log itself; nothing of the accounts.
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
) -> ApiResult<Json<Vec<CredentialView>>> {
    let id = caller.user.to_string();
    let Some(account) = state.bus.load::<Account>(&id).await? else {
        return Ok(Json(vec![]));
    };
    let times = stored_at(&state.bus.history::<Account>(&id).await?);
    let catalogue = state.catalogue.clone();
    let portals = tokio::task::spawn_blocking(move || catalogue.all()).await;
    let portals = portals.map_err(|e| internal(&e))?;
    let mut views = Vec::new();
    for (portal, credential) in account.state.credentials {
        let Some(stored_at) = times.get(&credential.id) else {
            continue;
        };
        let name = portals.get(&portal).map(|adapter| adapter.name.clone());
        views.push(CredentialView {
            portal_name: name.unwrap_or_else(|| portal.clone()),
            stored_at: *stored_at,
            origin: credential.data.origin,
            totp: credential.data.totp.is_some(),
            refused: credential.refused,
            portal,
        });
    }
    Ok(Json(views))
}

fn stored_at(history: &[Recorded<AccountEvent>]) -> BTreeMap<CredentialId, DateTime<Utc>> {
    let stored = history.iter().filter_map(|recorded| match &recorded.event {
        AccountEvent::CredentialStored { credential, .. } => {
            Some((*credential, recorded.recorded_at))
        }
        _ => None,
    });
    stored.collect()
}
