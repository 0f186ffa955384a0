//! Refusals of the account.

use super::{ApiError, account_erased};
use axum::http::StatusCode;
use domain::account::AccountError;
use kit::problem::Refusal;

pub(super) fn refusal(error: &AccountError) -> ApiError {
    let conflict = |title: &str| Refusal::new(StatusCode::CONFLICT, error.code(), title);
    match error {
        AccountError::AccountUnknown
        | AccountError::ProfileUnknown { .. }
        | AccountError::CredentialUnknown { .. } => Refusal::not_found(),
        AccountError::AccountExists => conflict("La cuenta ya existe"),
        AccountError::RfcInUse { profile } => conflict("Ya tienes un perfil con ese RFC")
            .detail("Abre ese perfil y corrígelo, o retíralo antes de crear otro.")
            .with("profile", profile.to_string()),
        AccountError::ProfileExists { .. } => conflict("El perfil ya existe"),
        AccountError::AccountErased => return account_erased(),
        AccountError::ProfileErased { .. } => return super::erased(),
        AccountError::ErasureNotBegun => conflict("Nada de esta cuenta se está borrando"),
    }
    .into()
}
