//! The hashes that tie events together.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What the first event's chain follows.
pub const GENESIS_CHAIN: [u8; 32] = [0; 32];

/// What a leaf covers: all of an event but its place in the log.
#[derive(Clone, Copy, Debug)]
pub struct LeafInput<'a> {
    pub log_id: Uuid,
    pub event_id: Uuid,
    pub aggregate_type: &'a str,
    pub aggregate_id: &'a str,
    pub sequence: u64,
    pub event_type: &'a str,
    pub event_version: &'a str,
    /// The JSON text as written.
    pub payload: &'a str,
    /// The JSON text as written.
    pub metadata: &'a str,
}

/// SHA-256 over the fields in the order of [`LeafInput`], each behind its length in bytes as eight
/// bytes, big-endian; ids are 16 raw bytes, the sequence eight, big-endian.
pub fn leaf_hash(input: LeafInput<'_>) -> [u8; 32] {
    let sequence = input.sequence.to_be_bytes();
    let fields: [&[u8]; 9] = [
        input.log_id.as_bytes(),
        input.event_id.as_bytes(),
        input.aggregate_type.as_bytes(),
        input.aggregate_id.as_bytes(),
        &sequence,
        input.event_type.as_bytes(),
        input.event_version.as_bytes(),
        input.payload.as_bytes(),
        input.metadata.as_bytes(),
    ];
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// `SHA-256(previous ‖ position ‖ recorded_at ‖ leaf)`: position and time (microseconds since 1970)
/// as eight bytes, big-endian. The same is computed inside `log.append`.
pub fn chain_hash(
    previous: &[u8],
    position: u64,
    recorded_at: DateTime<Utc>,
    leaf: &[u8],
) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(position.to_be_bytes());
    hash.update(recorded_at.timestamp_micros().to_be_bytes());
    hash.update(leaf);
    hash.finalize().into()
}
