//! What happened to an account. Names and shapes are kept for ever.

use crate::{KeyedHash, ProfileId, Sealed, UserId};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

/// One thing that happened to an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub enum AccountEvent {
    AccountOpened {
        user: UserId,
    },
    ProfileAdded {
        profile: ProfileId,
        data: ProfileData,
    },
    ProfileAmended {
        profile: ProfileId,
        version: u64,
        data: ProfileData,
    },
    ProfileRetired {
        profile: ProfileId,
    },
}

impl AccountEvent {
    /// The name under which the event is stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AccountOpened { .. } => "AccountOpened",
            Self::ProfileAdded { .. } => "ProfileAdded",
            Self::ProfileAmended { .. } => "ProfileAmended",
            Self::ProfileRetired { .. } => "ProfileRetired",
        }
    }
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// A profile's data as the log may hold it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct ProfileData {
    /// Keyed hash of the RFC, per owner.
    pub rfc_key: KeyedHash,
    /// Sealed JSON of [`crate::fiscal::FiscalData`].
    pub fiscal: Sealed,
}
