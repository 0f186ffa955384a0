//! What one may ask of an account.

use super::event::{CredentialData, ProfileData};
use crate::{CredentialId, ProfileId, UserId};

/// A request to an account; decided by [`super::Account::decide`].
#[derive(Clone, Debug, PartialEq)]
pub enum AccountCommand {
    OpenAccount {
        user: UserId,
    },
    AddProfile {
        profile: ProfileId,
        data: ProfileData,
    },
    AmendProfile {
        profile: ProfileId,
        data: ProfileData,
    },
    RetireProfile {
        profile: ProfileId,
    },
    /// The user wants the agent to sign in to a portal for them.
    StoreCredential {
        portal: String,
        credential: CredentialId,
        data: CredentialData,
    },
    /// The portal refused it.
    RefuseCredential {
        portal: String,
        credential: CredentialId,
    },
    RevokeCredential {
        portal: String,
    },
    EraseProfile {
        profile: ProfileId,
    },
    EraseAccount,
    /// What the erasure had to destroy is destroyed; `None`: of the whole account.
    CompleteErasure {
        profile: Option<ProfileId>,
    },
}

impl AccountCommand {
    /// The command's name as it stands in the log's metadata and in refusals.
    pub fn name(&self) -> &'static str {
        match self {
            Self::OpenAccount { .. } => "OpenAccount",
            Self::AddProfile { .. } => "AddProfile",
            Self::AmendProfile { .. } => "AmendProfile",
            Self::RetireProfile { .. } => "RetireProfile",
            Self::StoreCredential { .. } => "StoreCredential",
            Self::RefuseCredential { .. } => "RefuseCredential",
            Self::RevokeCredential { .. } => "RevokeCredential",
            Self::EraseProfile { .. } => "EraseProfile",
            Self::EraseAccount => "EraseAccount",
            Self::CompleteErasure { .. } => "CompleteErasure",
        }
    }
}
