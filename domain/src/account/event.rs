//! What happened to an account. Names and shapes are kept for ever.

use crate::{CredentialId, KeyedHash, ProfileId, Sealed, UserId};
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
    /// Takes the place of what was stored for that portal before.
    CredentialStored {
        /// The adapter's id.
        portal: String,
        credential: CredentialId,
        data: CredentialData,
    },
    /// The portal did not let that user in with it: not tried again.
    CredentialRefused {
        portal: String,
        credential: CredentialId,
    },
    CredentialRevoked {
        portal: String,
        credential: CredentialId,
    },
    /// From here on a profile, or (`None`) the whole account, is blocked: not used, not shown.
    ErasureBegun {
        profile: Option<ProfileId>,
    },
    /// Its data keys are destroyed and its files removed.
    ErasureCompleted {
        profile: Option<ProfileId>,
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
            Self::CredentialStored { .. } => "CredentialStored",
            Self::CredentialRefused { .. } => "CredentialRefused",
            Self::CredentialRevoked { .. } => "CredentialRevoked",
            Self::ErasureBegun { .. } => "ErasureBegun",
            Self::ErasureCompleted { .. } => "ErasureCompleted",
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

/// A portal account as the log may hold it. Each value is sealed for itself, bound to the portal,
/// the origin and the credential's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct CredentialData {
    /// Where it may be typed, and nowhere else: scheme, host and port (RFC 6454).
    pub origin: String,
    pub username: Sealed,
    pub password: Sealed,
    /// Sealed seed and parameters of its one-time codes (RFC 6238).
    pub totp: Option<Sealed>,
}
