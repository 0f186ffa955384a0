//! The profile a ticket is invoiced to, and what goes with it.

use crate::errors::{ApiResult, account_erased, misfit};
use crate::sealing;
use crate::state::AppState;
use domain::account::Account;
use domain::fiscal::{FiscalData, FormaPago, UsoCfdi};
use domain::{ProfileId, UserId};
use schemas::FieldProblem;

/// A profile of the caller that can be used, opened.
pub struct ActiveProfile {
    pub id: ProfileId,
    pub fiscal: FiscalData,
}

/// Finds a profile of the owner that can be used.
pub async fn find(
    state: &AppState,
    owner: UserId,
    typed: &str,
    errors: &mut Vec<FieldProblem>,
) -> ApiResult<Option<ActiveProfile>> {
    let loaded = state.bus.load::<Account>(&owner.to_string()).await?;
    let account = loaded.map(|l| l.state).unwrap_or_default();
    if account.erasure.is_some() {
        return Err(account_erased());
    }
    let id = typed.trim().parse::<ProfileId>().ok();
    let known = id.and_then(|id| Some((id, account.profiles.get(&id)?)));
    match known {
        None => {
            let message = "elige uno de tus perfiles fiscales";
            errors.push(misfit("profile", "profile-unknown", message));
            Ok(None)
        }
        Some((_, profile)) if profile.erasure.is_some() => {
            let message = "ese perfil se borró; elige otro";
            errors.push(misfit("profile", "profile-erased", message));
            Ok(None)
        }
        Some((_, profile)) if profile.retired => {
            let message = "ese perfil está retirado; elige otro";
            errors.push(misfit("profile", "profile-retired", message));
            Ok(None)
        }
        Some((id, profile)) => {
            let fiscal = sealing::open_fiscal(&state.vault, owner, id, profile).await?;
            Ok(Some(ActiveProfile { id, fiscal }))
        }
    }
}

/// The use: what was typed, or the profile's default.
pub fn uso(
    profile: Option<&ActiveProfile>,
    typed: Option<&str>,
    errors: &mut Vec<FieldProblem>,
) -> Option<UsoCfdi> {
    let uso = match typed.map(UsoCfdi::parse) {
        None => return profile.map(|p| p.fiscal.default_use),
        Some(Ok(uso)) => uso,
        Some(Err(error)) => {
            errors.push(misfit("uso_cfdi", "use-unknown", &error.to_string()));
            return None;
        }
    };
    let fiscal = &profile?.fiscal;
    if UsoCfdi::for_tickets(fiscal.regimen, fiscal.rfc.kind()).contains(&uso) {
        return Some(uso);
    }
    let message = format!(
        "el uso {uso} ({}) no se permite en el régimen {} de este perfil",
        uso.text(),
        fiscal.regimen
    );
    errors.push(misfit("uso_cfdi", "use-regimen-mismatch", &message));
    None
}

/// How the purchase was paid, when it is said.
pub fn forma_pago(typed: Option<&str>, errors: &mut Vec<FieldProblem>) -> Option<FormaPago> {
    match FormaPago::parse(typed?) {
        Ok(forma_pago) => Some(forma_pago),
        Err(error) => {
            errors.push(misfit(
                "forma_pago",
                "payment-form-unknown",
                &error.to_string(),
            ));
            None
        }
    }
}
