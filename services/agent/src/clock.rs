//! The time a run takes by itself (human time does not count), and moments that pass.

use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// A moment after which something must not be done any more, by two clocks: the monotonic one may
/// stand still while a machine sleeps.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    monotonic: Instant,
    wall: SystemTime,
    within: Duration,
}

impl Deadline {
    /// That long from now.
    pub fn within(within: Duration) -> Self {
        Self {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
            within,
        }
    }

    pub fn is_over(&self) -> bool {
        let by_wall = self.wall.elapsed().unwrap_or(Duration::ZERO);
        self.monotonic.elapsed() > self.within || by_wall > self.within
    }
}

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
