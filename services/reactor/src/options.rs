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
            tick: Duration::from_secs(1),
        }
    }
}

impl From<&kit::config::Reactor> for ReactorOptions {
    fn from(config: &kit::config::Reactor) -> Self {
        Self {
            lease: Duration::from_secs(config.lease_seconds),
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
