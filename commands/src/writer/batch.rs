//! What waits to be appended, and which of it goes together.

use super::Pending;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Limits of one call, so that the lock is never held for long.
const MAX_APPENDS: usize = 256;
const MAX_BYTES: usize = 1 << 20;
/// The longest wait for a fuller batch.
const MAX_GATHER: Duration = Duration::from_millis(1);

pub(super) struct Waiting {
    queue: VecDeque<Pending>,
    /// How many the last batch left behind.
    left: usize,
    /// How many were answered since.
    answered: Arc<AtomicUsize>,
    last_call: Duration,
}

impl Waiting {
    /// Nothing waits; whoever answers counts in `answered`.
    pub(super) fn new(answered: Arc<AtomicUsize>) -> Self {
        Self {
            queue: VecDeque::new(),
            left: 0,
            answered,
            last_call: Duration::ZERO,
        }
    }

    /// Waits for something to append and takes all that is there; false when nothing waits and
    /// nobody is left to send.
    pub(super) async fn fill(&mut self, arrivals: &mut mpsc::Receiver<Pending>) -> bool {
        if self.queue.is_empty() {
            match arrivals.recv().await {
                Some(pending) => self.queue.push_back(pending),
                None => return false,
            }
        }
        self.gather(arrivals).await;
        true
    }

    /// Lets the batch grow for a moment. Those who were answered since the last call are about to send
    /// their next append: without this they would miss this call and wait for the one after, in two
    /// groups that take turns for ever. The moment is short against the call it saves, and over at
    /// once when all are here; a lonely caller never waits.
    async fn gather(&mut self, arrivals: &mut mpsc::Receiver<Pending>) {
        let deadline = Instant::now() + (self.last_call / 8).min(MAX_GATHER);
        loop {
            while self.queue.len() < 2 * MAX_APPENDS
                && let Ok(pending) = arrivals.try_recv()
            {
                self.queue.push_back(pending);
            }
            let wanted = self.left + self.answered.load(Ordering::Relaxed);
            if self.queue.len() >= wanted.min(MAX_APPENDS) || Instant::now() >= deadline {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Told after each batch how long its call took.
    pub(super) fn called(&mut self, took: Duration) {
        self.last_call = took;
    }

    /// Takes a batch, in order of arrival: an aggregate at most once (its second append follows
    /// from the first), and one log id.
    pub(super) fn take_batch(&mut self) -> Vec<Pending> {
        let mut batch: Vec<Pending> = Vec::new();
        let mut left = VecDeque::new();
        let mut aggregates: HashSet<(&'static str, String)> = HashSet::new();
        let mut bytes = 0;
        while let Some(pending) = self.queue.pop_front() {
            if batch.len() == MAX_APPENDS {
                left.push_back(pending);
                break;
            }
            let append = &pending.append;
            let size = append.size_bytes();
            let fits = batch.is_empty() || bytes + size <= MAX_BYTES;
            let same_log = batch
                .first()
                .is_none_or(|first| first.append.log_id == append.log_id);
            let key = (append.aggregate_type, append.aggregate_id.clone());
            if fits && same_log && aggregates.insert(key) {
                bytes += size;
                batch.push(pending);
            } else {
                // Later appends to the same aggregate stay behind this one.
                aggregates.insert((append.aggregate_type, append.aggregate_id.clone()));
                left.push_back(pending);
            }
        }
        left.append(&mut self.queue);
        self.queue = left;
        self.left = self.queue.len();
        self.answered.store(0, Ordering::Relaxed);
        batch
    }
}
