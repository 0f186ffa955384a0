//! A fiscal profile as the read model holds it: sealed.

use chrono::{DateTime, Utc};
use domain::{KeyedHash, ProfileId, Sealed, UserId};

/// One fiscal profile.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileRecord {
    pub id: ProfileId,
    pub owner: UserId,
    /// 1 when added, grows with each amendment.
    pub version: u64,
    /// Keyed hash of the RFC, per owner.
    pub rfc_key: KeyedHash,
    /// Sealed JSON of `domain::fiscal::FiscalData` (field `profile.fiscal`).
    pub fiscal: Sealed,
    pub retired: bool,
    /// `rfc_key` and `fiscal` are [`crate::ERASED`].
    pub erased: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Of the last event of the account that changed it.
    pub position: u64,
}
