//! `/api/v1/profiles`: the caller's fiscal profiles. The account is opened with the first one.

pub mod create;
pub mod find;
pub mod get;
pub mod list;
pub mod retire;
pub mod update;
pub mod validate;

use crate::erasures::Erased;
use crate::errors::{ApiError, ApiResult, account_erased, erased};
use crate::sealing;
use crate::state::AppState;
use commands::{Scope, Vault};
use domain::account::{Account, ProfileData};
use domain::fiscal::{FieldError, FiscalData, FiscalDataInput};
use domain::{ProfileId, UserId};
use kit::problem::Refusal;
use projections::profiles::ProfileRecord;
use schemas::FieldProblem;
use schemas::rest::ProfileView;
use serde::Deserialize;

/// A profile as typed. What is absent is empty, so that all that is missing is named at once.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProfileBody {
    rfc: String,
    name: String,
    postal_code: String,
    regimen: String,
    default_use: Option<String>,
    email: String,
}

impl ProfileBody {
    /// Parses everything.
    fn check(self) -> Result<FiscalData, Vec<FieldProblem>> {
        let input = FiscalDataInput {
            rfc: self.rfc,
            name: self.name,
            postal_code: self.postal_code,
            regimen: self.regimen,
            default_use: self.default_use,
            email: self.email,
        };
        input
            .validate()
            .map_err(|errors| errors.iter().map(problem).collect())
    }

    /// As the log may hold it.
    async fn seal(
        self,
        vault: &Vault,
        user: UserId,
        profile: ProfileId,
    ) -> ApiResult<(FiscalData, ProfileData)> {
        let fiscal = self
            .check()
            .map_err(|errors| ApiError::from(Refusal::invalid(errors)))?;
        let data = ProfileData {
            rfc_key: vault.keyed_hash(user, "rfc", fiscal.rfc.as_str()),
            fiscal: sealing::seal_fiscal(vault, user, profile, &fiscal).await?,
        };
        Ok((fiscal, data))
    }
}

fn problem(error: &FieldError) -> FieldProblem {
    FieldProblem {
        field: error.field.clone(),
        code: error.code.replace('_', "-"),
        message: error.message.clone(),
    }
}

/// What is worth a second look in a profile's data.
pub(crate) fn warnings(fiscal: &FiscalData) -> Vec<FieldProblem> {
    fiscal.warnings().iter().map(problem).collect()
}

fn view(
    id: ProfileId,
    version: u64,
    fiscal: &FiscalData,
    retired: bool,
    position: u64,
) -> ProfileView {
    ProfileView {
        id,
        version,
        rfc: fiscal.rfc.to_string(),
        name: fiscal.name.to_string(),
        postal_code: fiscal.postal_code.to_string(),
        regimen: fiscal.regimen.to_string(),
        default_use: fiscal.default_use.to_string(),
        email: Some(fiscal.email.to_string()),
        retired,
        erased: false,
        warnings: warnings(fiscal),
        position,
    }
}

/// A profile of the account as the log has it now.
async fn view_of(
    state: &AppState,
    user: UserId,
    account: &Account,
    id: ProfileId,
    position: u64,
) -> ApiResult<ProfileView> {
    let profile = account
        .profiles
        .get(&id)
        .ok_or_else(crate::errors::not_found)?;
    if account.erasure.is_some() {
        return Err(account_erased());
    }
    if profile.erasure.is_some() {
        return Err(erased());
    }
    let fiscal = sealing::open_fiscal(&state.vault, user, id, profile).await?;
    Ok(view(
        id,
        profile.version,
        &fiscal,
        profile.retired,
        position,
    ))
}

/// A row of the read model in a list: opened, or what is left of an erased profile.
async fn listed(
    state: &AppState,
    erased: &Erased,
    record: ProfileRecord,
) -> ApiResult<ProfileView> {
    if record.erased || erased.covers(record.id) {
        return Ok(left_of(&record));
    }
    open(state, record).await
}

/// An erased profile, by a word; no new ticket takes it, as if it were retired.
fn left_of(record: &ProfileRecord) -> ProfileView {
    let text = || "[borrado]".to_owned();
    ProfileView {
        id: record.id,
        version: record.version,
        rfc: text(),
        name: text(),
        postal_code: text(),
        regimen: text(),
        default_use: text(),
        email: None,
        retired: true,
        erased: true,
        warnings: Vec::new(),
        position: record.position,
    }
}

/// A row of the read model, opened.
async fn open(state: &AppState, record: ProfileRecord) -> ApiResult<ProfileView> {
    let scope = Scope::Profile(record.owner, record.id);
    let fiscal = sealing::open_fiscal_in(&state.vault, scope, &record.fiscal).await?;
    let position = record.position;
    Ok(view(
        record.id,
        record.version,
        &fiscal,
        record.retired,
        position,
    ))
}
