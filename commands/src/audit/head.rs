//! A signed head of the log.

use super::hex_bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// What every signed text begins with, so that the key's other signatures are never heads.
const PURPOSE: &[u8] = b"relevo log head 1\0";

/// The hash that the first head of a log names as its predecessor's.
pub(super) const NO_HEAD: [u8; 32] = [0; 32];

/// A signed statement: at `signed_at`, this log's event at `position` had this `chain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    pub log_id: Uuid,
    pub position: u64,
    #[serde(with = "hex_bytes")]
    pub chain: [u8; 32],
    /// The database's time, in microseconds; never before that of the previous head.
    pub signed_at: DateTime<Utc>,
    /// [`Self::hash`] of the previous head; zeros for the first.
    #[serde(with = "hex_bytes")]
    pub previous: [u8; 32],
    /// The first eight bytes of the public key's SHA-256.
    #[serde(with = "hex_bytes")]
    pub key_id: [u8; 8],
    /// Ed25519 (RFC 8032) over [`Self::message`].
    #[serde(with = "hex_bytes")]
    pub signature: [u8; 64],
}

impl SignedHead {
    /// The text that is signed: `relevo log head 1`, a zero byte, log id (16 bytes), position (8,
    /// big-endian), chain (32), time in microseconds since 1970 (8, big-endian), hash of the previous
    /// head (32), key id (8).
    pub fn message(&self) -> Vec<u8> {
        let mut message = PURPOSE.to_vec();
        message.extend_from_slice(self.log_id.as_bytes());
        message.extend_from_slice(&self.position.to_be_bytes());
        message.extend_from_slice(&self.chain);
        message.extend_from_slice(&self.signed_at.timestamp_micros().to_be_bytes());
        message.extend_from_slice(&self.previous);
        message.extend_from_slice(&self.key_id);
        message
    }

    /// SHA-256 of [`Self::message`]: what the next head names.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.message()).into()
    }
}
