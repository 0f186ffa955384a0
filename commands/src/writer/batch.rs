//! What waits to be appended, and which of it goes together.

use super::Pending;
use std::collections::{HashSet, VecDeque};
use tokio::sync::mpsc;

/// Limits of one call, so that the lock is never held for long.
const MAX_APPENDS: usize = 256;
const MAX_BYTES: usize = 1 << 20;

#[derive(Default)]
pub(super) struct Waiting {
    queue: VecDeque<Pending>,
}

impl Waiting {
    /// Waits for something to append and takes all that is there; false when nothing waits and
    /// nobody is left to send.
    pub(super) async fn fill(&mut self, arrivals: &mut mpsc::Receiver<Pending>) -> bool {
        if self.queue.is_empty() {
            match arrivals.recv().await {
                Some(pending) => self.queue.push_back(pending),
                None => return false,
            }
        }
        // Those who were answered by the last batch are about to send again: as long as letting
        // them run brings more, the batch grows. Alone, this costs one turn of the scheduler.
        loop {
            let before = self.queue.len();
            while self.queue.len() < 2 * MAX_APPENDS
                && let Ok(pending) = arrivals.try_recv()
            {
                self.queue.push_back(pending);
            }
            if self.queue.len() == before || self.queue.len() >= MAX_APPENDS {
                return true;
            }
            tokio::task::yield_now().await;
        }
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
        batch
    }
}
