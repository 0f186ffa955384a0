//! The time a run takes by itself: human time does not count.

use std::time::Duration;
use tokio::time::Instant;

/// A stopwatch with a limit.
#[derive(Clone, Copy, Debug)]
pub struct ActiveTime {
    limit: Duration,
    spent: Duration,
    since: Option<Instant>,
}

impl ActiveTime {
    /// Stands still until [`Self::resume`].
    pub fn new(limit: Duration) -> Self {
        Self {
            limit,
            spent: Duration::ZERO,
            since: None,
        }
    }

    pub fn pause(&mut self) {
        if let Some(since) = self.since.take() {
            self.spent += since.elapsed();
        }
    }

    pub fn resume(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Begins anew.
    pub fn restart(&mut self) {
        *self = Self::new(self.limit);
        self.resume();
    }

    /// Whether the limit is used up.
    pub fn is_over(&self) -> bool {
        let running = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        self.spent + running > self.limit
    }
}
