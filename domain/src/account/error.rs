//! Refusals of an account.

use crate::ProfileId;
use thiserror::Error;

/// Why an account refused a command.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum AccountError {
    #[error("the account does not exist")]
    AccountUnknown,
    #[error("the account exists already")]
    AccountExists,
    #[error("profile {profile} holds this RFC already")]
    RfcInUse { profile: ProfileId },
    #[error("profile {profile} is unknown or retired")]
    ProfileUnknown { profile: ProfileId },
    #[error("profile {profile} exists already")]
    ProfileExists { profile: ProfileId },
    #[error("nothing is stored for portal {portal}")]
    CredentialUnknown { portal: String },
    #[error("the account was erased")]
    AccountErased,
    #[error("profile {profile} was erased")]
    ProfileErased { profile: ProfileId },
    #[error("nothing of this account is being erased")]
    ErasureNotBegun,
}

impl AccountError {
    /// Stable kebab-case name for problem documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AccountUnknown => "account-unknown",
            Self::AccountExists => "account-exists",
            Self::RfcInUse { .. } => "rfc-in-use",
            Self::ProfileUnknown { .. } => "profile-unknown",
            Self::ProfileExists { .. } => "profile-exists",
            Self::CredentialUnknown { .. } => "credential-unknown",
            Self::AccountErased => "account-erased",
            Self::ProfileErased { .. } => "profile-erased",
            Self::ErasureNotBegun => "erasure-not-begun",
        }
    }
}
