//! How patient the reactor is.

use domain::task::InterventionKind;
use std::time::Duration;

/// Durations of the reactor's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactorOptions {
    /// A worker's heartbeat may be this old.
    pub lease: Duration,
    /// A human who drives may have no socket for this long.
    pub control: Duration,
    /// A browser waits this long for a human.
    pub park: Duration,
    /// Shorter for what takes no browser to answer: the browser only holds a slot.
    pub park_without_need: Duration,
    /// Screenshots and session data are kept for this long after the end of their task.
    pub screenshots: Duration,
    /// Between two looks at timers and heartbeats.
    pub tick: Duration,
}

impl Default for ReactorOptions {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(20),
            control: Duration::from_secs(60),
            park: Duration::from_secs(10 * 60),
            park_without_need: Duration::from_secs(60),
            screenshots: days(60),
            tick: Duration::from_secs(1),
        }
    }
}

fn days(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 24 * 60 * 60)
}

impl From<&kit::config::Config> for ReactorOptions {
    fn from(config: &kit::config::Config) -> Self {
        Self {
            lease: Duration::from_secs(config.reactor.lease_seconds),
            screenshots: days(config.retention.screenshots_days),
            ..Self::default()
        }
    }
}

impl ReactorOptions {
    /// How long a browser is kept for a question; `None` stands for a pause or a lapsed control.
    pub(crate) fn park_after(&self, question: Option<InterventionKind>) -> Duration {
        match question {
            Some(InterventionKind::Manual | InterventionKind::Delivery) => self.park_without_need,
            _ => self.park,
        }
    }
}
