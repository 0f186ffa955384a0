//! A moment to count from, by two clocks.

use std::time::{Duration, Instant, SystemTime};

/// The clocks of a machine that did not sleep agree to within this.
const AGREE: Duration = Duration::from_secs(1);

/// A moment in the past by two clocks: the monotonic one may stand still while a machine sleeps,
/// and the other may be set.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    monotonic: Instant,
    wall: SystemTime,
}

impl Since {
    pub fn now() -> Self {
        Self::at(Instant::now(), SystemTime::now())
    }

    /// The moment at which the clocks stood so.
    pub fn at(monotonic: Instant, wall: SystemTime) -> Self {
        Self { monotonic, wall }
    }

    /// How long ago that was, by the clock that says longer.
    pub fn elapsed(&self) -> Duration {
        let by_wall = self.wall.elapsed().unwrap_or(Duration::ZERO);
        self.monotonic.elapsed().max(by_wall)
    }

    /// Whether the clocks disagree about it by more than a second: the machine slept, or its clock
    /// was set.
    pub fn diverged(&self) -> bool {
        let by_wall = match self.wall.elapsed() {
            Ok(since) => since,
            Err(_) => return true,
        };
        by_wall.abs_diff(self.monotonic.elapsed()) > AGREE
    }

    /// What the monotonic clock counted.
    pub(crate) fn awake(&self) -> Duration {
        self.monotonic.elapsed()
    }

    /// The moment half-way between then and now.
    pub(crate) fn halfway(self) -> Self {
        let half = self.awake() / 2;
        Self::at(self.monotonic + half, self.wall + half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_machine_that_slept_has_clocks_that_disagree() {
        let awake = Since::now();
        assert!(!awake.diverged() && awake.elapsed() < HOUR);
        let slept = Since::at(Instant::now(), SystemTime::now() - HOUR);
        assert!(slept.diverged() && slept.elapsed() >= HOUR);
    }

    #[test]
    fn a_clock_that_was_set_back_disagrees_and_hides_no_time() {
        let set_back = Since::at(Instant::now(), SystemTime::now() + HOUR);
        assert!(set_back.diverged() && set_back.elapsed() < HOUR);
    }
}
