//! Everything recomputed, and the first thing that doesn't fit.

use super::entries::{Entries, Entry};
use super::error::{AuditError, Misfit, Place};
use super::head::{NO_HEAD, SignedHead};
use super::history::{Adoption, History};
use super::key::PublicKey;
use crate::log::{LeafInput, StoredEvent, chain_hash, leaf_hash};
use chrono::{DateTime, Utc};
use hashlink::LruCache;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// What was checked when all of it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub log_id: Uuid,
    /// The first position.
    pub from: u64,
    /// The last position; `from - 1` when there was none.
    pub to: u64,
    pub heads: u64,
    /// The newest head. What is behind its position is chained, and not yet signed.
    pub last_head: Option<SignedHead>,
    /// Ids the log had before; all of them lead to the present one.
    pub adoptions: Vec<Adoption>,
    /// Losses that were accepted beforehand.
    pub lost: Vec<Lost>,
}

/// Events that a head speaks of and that an adopted log no longer had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    pub log_id: Uuid,
    /// Where it ended when it was adopted.
    pub end: u64,
    /// Of its last head.
    pub head: u64,
}

/// Checks all entries: hashes, order, adoptions, and heads by any of the `keys`. Memory is two pages of
/// events and the sequences of the aggregates that were met last ([`Entries::remembering`]). `progress`
/// is told each position.
///
/// # Errors
/// [`AuditError::Misfit`] for the first thing that doesn't fit; any other is no result.
pub async fn verify(
    mut entries: Entries,
    keys: &[PublicKey],
    mut progress: impl FnMut(u64),
) -> Result<Verified, AuditError> {
    entries.history.check()?;
    let mut check = Check::new(&entries, keys);
    while let Some(entry) = entries.next().await? {
        match entry {
            Entry::Event(event) => {
                let expected = match check.follows(&event) {
                    Follows::Sequence(sequence) => Some(sequence),
                    Follows::Unknown => None,
                    Follows::Rested => entries.sequence_before(&event).await?.map(|n| n + 1),
                };
                check.event(&event, expected)?;
                progress(event.position);
            }
            Entry::Head(head) => check.head(head)?,
        }
    }
    if let (end, Some(head)) = (check.position, check.ahead) {
        return Err(Misfit::Shorter { end, head }.into());
    }
    check.reach(check.history.last_era())?;
    Ok(Verified {
        log_id: check.history.log_id,
        from: entries.from,
        to: check.position,
        heads: check.heads,
        last_head: check.last_head,
        lost: check.lost,
        adoptions: check.history.adoptions,
    })
}

/// Which sequence an event should have.
enum Follows {
    Sequence(u64),
    /// The aggregate was met too long ago, if ever.
    Rested,
    Unknown,
}

/// What was seen so far.
pub(super) struct Check<'a> {
    pub(super) history: History,
    pub(super) accepted_losses: Vec<Uuid>,
    pub(super) keys: &'a [PublicKey],
    /// Positions before it are taken as they stand.
    pub(super) from: u64,
    pub(super) position: u64,
    pub(super) chain: Vec<u8>,
    pub(super) recorded_at: Option<DateTime<Utc>>,
    /// Of the history: whose leaves and heads come now.
    pub(super) era: usize,
    /// What the next head must name.
    pub(super) link: [u8; 32],
    /// What the next adoption names was met in this era.
    pub(super) continued: bool,
    pub(super) lost: Vec<Lost>,
    /// The last sequences of the aggregates that were met last, by half a hash of their names: enough
    /// against chance, and whoever looks for two names with one hash gains nothing that the leaves
    /// don't show.
    sequences: LruCache<[u8; 16], u64>,
    /// Some aggregate was forgotten.
    forgot: bool,
    pub(super) heads: u64,
    pub(super) last_head: Option<SignedHead>,
    /// The last position whose chain a head confirmed; where the check began, before that.
    pub(super) good: u64,
    /// The first head that came before its event.
    pub(super) ahead: Option<u64>,
}

impl<'a> Check<'a> {
    fn new(entries: &Entries, keys: &'a [PublicKey]) -> Self {
        let mut check = Self {
            history: entries.history.clone(),
            accepted_losses: entries.accepted_losses.clone(),
            keys,
            from: entries.from,
            position: entries.from - 1,
            chain: entries.previous_chain.clone(),
            recorded_at: None,
            era: 0,
            link: NO_HEAD,
            continued: false,
            lost: Vec::new(),
            sequences: LruCache::new(entries.remembered),
            forgot: false,
            heads: 0,
            last_head: None,
            good: entries.from - 1,
            ahead: None,
        };
        check.links_on(NO_HEAD);
        check
    }

    fn event(&mut self, event: &StoredEvent, sequence: Option<u64>) -> Result<(), Misfit> {
        let place = || Place {
            position: event.position,
            aggregate_type: event.aggregate_type.clone(),
            aggregate_id: event.aggregate_id.clone(),
            sequence: event.sequence,
        };
        let expected = self.position + 1;
        if event.position != expected {
            let place = place();
            return Err(Misfit::Position { place, expected });
        }
        if let Some(head) = self.ahead {
            return Err(Misfit::HeadOrder(head));
        }
        self.reach(self.history.era_at(event.position))?;
        let leaf = leaf_hash(LeafInput {
            log_id: self.history.id_of(self.era),
            event_id: event.event_id,
            aggregate_type: &event.aggregate_type,
            aggregate_id: &event.aggregate_id,
            sequence: event.sequence,
            event_type: &event.event_type,
            event_version: &event.event_version,
            payload: &event.payload,
            metadata: &event.metadata,
        });
        if leaf != *event.leaf {
            return Err(Misfit::Leaf(place()));
        }
        let chain = chain_hash(&self.chain, event.position, event.recorded_at, &leaf);
        if chain != *event.chain {
            return Err(Misfit::Chain(place()));
        }
        // A log computed anew may be chained and yet be no log that `log.append` would write.
        if self
            .recorded_at
            .is_some_and(|before| event.recorded_at < before)
        {
            return Err(Misfit::Time(place()));
        }
        if let Some(expected) = sequence
            && event.sequence != expected
        {
            let place = place();
            return Err(Misfit::Sequence { place, expected });
        }
        self.position = event.position;
        self.chain = chain.to_vec();
        self.recorded_at = Some(event.recorded_at);
        Ok(())
    }

    /// Remembers the event's sequence, and answers what it should be.
    fn follows(&mut self, event: &StoredEvent) -> Follows {
        let mut hash = Sha256::new();
        hash.update((event.aggregate_type.len() as u64).to_be_bytes());
        hash.update(&event.aggregate_type);
        hash.update(&event.aggregate_id);
        let mut name = [0; 16];
        name.copy_from_slice(&hash.finalize()[..16]);
        let full = self.sequences.len() == self.sequences.capacity();
        match self.sequences.insert(name, event.sequence) {
            Some(last) => return Follows::Sequence(last + 1),
            None => self.forgot |= full,
        }
        match event.sequence {
            // No aggregate has two: the table's key.
            1 => Follows::Sequence(1),
            // It may have begun before the first position.
            _ if self.from > 1 => Follows::Unknown,
            _ if self.forgot => Follows::Rested,
            _ => Follows::Sequence(1),
        }
    }
}
