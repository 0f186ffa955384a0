//! A database that is away is tried again for a while.

use std::time::{Duration, Instant};

/// How long callers wait for a database that is away before they are told so.
const RECONNECT_FOR: Duration = Duration::from_secs(10);

/// When to try again.
pub(super) struct Tries {
    deadline: Instant,
    pause: Duration,
}

impl Tries {
    /// From the first try on.
    pub(super) fn begin() -> Self {
        Self {
            deadline: Instant::now() + RECONNECT_FOR,
            pause: Duration::from_millis(20),
        }
    }

    /// Waits, each time longer, for the next try; `false` when it was long enough.
    pub(super) async fn again(&mut self) -> bool {
        if Instant::now() + self.pause > self.deadline {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Duration::from_secs(1));
        true
    }
}
