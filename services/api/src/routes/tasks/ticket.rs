//! `GET /api/v1/tasks/{task_id}/ticket`

use crate::access::OwnedTask;
use crate::errors::{ApiError, ApiResult, not_found};
use crate::sealing;
use crate::state::AppState;
use crate::ticket::{find, words};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::Account;
use domain::fiscal::FiscalData;
use kit::problem::Refusal;
use schemas::rest::TicketView;

/// What the owner handed in, opened: for the preview, for mending it, and for the portal by hand.
///
/// # Errors
/// 410 `erased` when its keys are gone; 500 `ticket-unreadable` when it doesn't open.
pub async fn ticket(State(state): State<AppState>, task: OwnedTask) -> ApiResult<Json<TicketView>> {
    let submission = &task.submission;
    let fields = sealing::open_fields(&state.vault, submission).await;
    let fields = fields.map_err(unreadable)?;
    let fiscal = fiscal(&state, &task).await.map_err(unreadable)?;
    let portal = &submission.ticket.portal;
    let adapter = find(&state, portal).await.filter(|a| a.id == *portal);
    let (uso_cfdi, forma_pago) = (submission.uso_cfdi, submission.forma_pago);
    Ok(Json(TicketView {
        portal: portal.clone(),
        portal_name: adapter.as_ref().map_or(portal, |a| &a.name).clone(),
        entry: adapter.as_ref().map(|a| a.entry.to_string()),
        profile: submission.profile,
        fields: words::of_fields(adapter.as_deref(), &fields),
        profile_values: words::of_profile(&fiscal, uso_cfdi, forma_pago),
        uso_cfdi: uso_cfdi.code().to_owned(),
        forma_pago: forma_pago.map(|f| f.code().to_owned()),
        window_until: submission.window.as_ref().map(|w| w.until),
    }))
}

/// The profile as it is now, retired or not: the agent types it so.
async fn fiscal(state: &AppState, task: &OwnedTask) -> ApiResult<FiscalData> {
    let owner = task.owner();
    let account = state.bus.load::<Account>(&owner.to_string()).await?;
    let account = account.ok_or_else(not_found)?.state;
    let id = task.submission.profile;
    let profile = account.profiles.get(&id).ok_or_else(not_found)?;
    sealing::open_fiscal(&state.vault, owner, id, profile).await
}

/// Of what went wrong inside, the owner is told what it means for them.
fn unreadable(error: ApiError) -> ApiError {
    if error.0.problem.code() != "internal" {
        return error;
    }
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "ticket-unreadable",
        "Los datos guardados de este ticket no se pueden abrir",
    )
    .detail("Vuelve a intentarlo; si sigue, avisa a quien opera el servicio, o entrega el ticket otra vez.")
    .into()
}
