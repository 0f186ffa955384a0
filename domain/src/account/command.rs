//! What one may ask of an account.

use super::event::ProfileData;
use crate::{ProfileId, UserId};

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
}

impl AccountCommand {
    /// The command's name as it stands in the log's metadata and in refusals.
    pub fn name(&self) -> &'static str {
        match self {
            Self::OpenAccount { .. } => "OpenAccount",
            Self::AddProfile { .. } => "AddProfile",
            Self::AmendProfile { .. } => "AmendProfile",
            Self::RetireProfile { .. } => "RetireProfile",
        }
    }
}
