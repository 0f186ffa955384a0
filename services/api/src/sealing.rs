//! Under which scope, aggregate and field each sensitive value is sealed, in one place: whoever
//! opens it (the agent) must name the same.

use crate::errors::{ApiResult, internal};
use commands::{Scope, Vault};
use domain::account::Profile;
use domain::fiscal::FiscalData;
use domain::task::{Invoice, Submission, Ticket};
use domain::{InterventionId, InvoiceDetails, KeyedHash, ProfileId, Sealed, TaskId, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Canonical field → value, as on the ticket.
pub type Fields = BTreeMap<String, String>;

/// Seals the fields of a ticket. They are bound to its key: the task's id isn't known yet.
pub async fn seal_fields(
    vault: &Vault,
    scope: Scope,
    key: &KeyedHash,
    fields: &Fields,
) -> ApiResult<Sealed> {
    seal(vault, scope, &key.0, "ticket.fields", fields).await
}

/// Opens the fields of a submitted ticket.
pub async fn open_fields(vault: &Vault, submission: &Submission) -> ApiResult<Fields> {
    let Ticket { key, fields, .. } = &submission.ticket;
    let scope = Scope::Profile(submission.owner, submission.profile);
    open(vault, scope, &key.0, "ticket.fields", fields).await
}

/// Seals the data of a fiscal profile.
pub async fn seal_fiscal(
    vault: &Vault,
    user: UserId,
    profile: ProfileId,
    data: &FiscalData,
) -> ApiResult<Sealed> {
    let scope = Scope::Profile(user, profile);
    seal(vault, scope, &account(user), "profile.fiscal", data).await
}

/// Opens the data of a fiscal profile of the account.
pub async fn open_fiscal(
    vault: &Vault,
    user: UserId,
    id: ProfileId,
    profile: &Profile,
) -> ApiResult<FiscalData> {
    open_fiscal_in(vault, Scope::Profile(user, id), &profile.data.fiscal).await
}

/// Opens the data of a fiscal profile.
pub async fn open_fiscal_in(vault: &Vault, scope: Scope, sealed: &Sealed) -> ApiResult<FiscalData> {
    open(
        vault,
        scope,
        &account(scope.user()),
        "profile.fiscal",
        sealed,
    )
    .await
}

/// Seals the answer to a question.
pub async fn seal_answer(
    vault: &Vault,
    submission: &Submission,
    task: TaskId,
    id: InterventionId,
    answer: &serde_json::Value,
) -> ApiResult<Sealed> {
    let scope = Scope::Profile(submission.owner, submission.profile);
    let field = format!("intervention.{id}");
    seal(vault, scope, &task.to_string(), &field, answer).await
}

/// Opens what identifies people in an invoice.
pub async fn open_details(
    vault: &Vault,
    scope: Scope,
    task: TaskId,
    invoice: &Invoice,
) -> ApiResult<InvoiceDetails> {
    let task = task.to_string();
    open(vault, scope, &task, "invoice.details", &invoice.details).await
}

fn account(user: UserId) -> String {
    format!("account:{user}")
}

async fn seal<T: Serialize>(
    vault: &Vault,
    scope: Scope,
    aggregate: &str,
    field: &str,
    value: &T,
) -> ApiResult<Sealed> {
    let text = Zeroizing::new(serde_json::to_vec(value).map_err(|e| internal(&e))?);
    Ok(vault.seal(scope, aggregate, field, &text).await?)
}

async fn open<T: DeserializeOwned>(
    vault: &Vault,
    scope: Scope,
    aggregate: &str,
    field: &str,
    sealed: &Sealed,
) -> ApiResult<T> {
    let text = vault.open_sealed(scope, aggregate, field, sealed).await?;
    serde_json::from_slice(&text).map_err(|e| {
        // serde's words may quote what was sealed.
        tracing::error!(field, category = ?e.classify(), "a sealed value has another shape");
        internal(&std::io::Error::other("a sealed value has another shape"))
    })
}
