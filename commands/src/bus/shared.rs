//! What the writer finds out and commands need: which log this is, and what time it is.

use crate::clock::Since;
use crate::writer::{Pending, Verdict};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{PoisonError, RwLock};
use tokio::sync::watch;
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct SharedState {
    current: RwLock<Current>,
    appended: watch::Sender<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Current {
    log_id: Uuid,
    /// Grows with each connection of the writer: kept states of an earlier one are forgotten.
    generation: u64,
    /// The database's time at a moment.
    measured: (Since, DateTime<Utc>),
}

impl Default for SharedState {
    fn default() -> Self {
        Self {
            current: RwLock::new(Current {
                log_id: Uuid::nil(),
                generation: 0,
                measured: (Since::now(), DateTime::UNIX_EPOCH),
            }),
            appended: watch::Sender::new(0),
        }
    }
}

impl SharedState {
    fn current(&self) -> Current {
        *self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Current)) {
        change(&mut self.current.write().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn log_id(&self) -> Uuid {
        self.current().log_id
    }

    pub(crate) fn generation(&self) -> u64 {
        self.current().generation
    }

    /// The database's time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let (at, time) = self.current().measured;
        time + TimeDelta::from_std(at.awake()).unwrap_or_default()
    }

    /// When the time was measured.
    pub(crate) fn measured(&self) -> Since {
        self.current().measured.0
    }

    pub(crate) fn set_time(&self, at: Since, time: DateTime<Utc>) {
        self.change(|current| current.measured = (at, time));
    }

    /// A new connection: this log, and nothing kept.
    pub(crate) fn renew(&self, log_id: Uuid) {
        self.change(|current| {
            current.log_id = log_id;
            current.generation += 1;
        });
    }

    /// Tells who waits for news how far the log is.
    pub(crate) fn appended(&self, answers: &[(Pending, Verdict)]) {
        let last = answers
            .iter()
            .rev()
            .find_map(|(pending, verdict)| match verdict {
                Verdict::Accepted { first_position, .. } => {
                    Some(first_position + pending.events() - 1)
                }
                _ => None,
            });
        if let Some(last) = last {
            self.appended.send_replace(last);
        }
    }

    /// The same, from a backend that appends one by one: they may end in another order.
    #[cfg(feature = "eventstore")]
    pub(crate) fn appended_to(&self, position: u64) {
        self.appended.send_if_modified(|last| {
            let further = position > *last;
            *last = position.max(*last);
            further
        });
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.appended.subscribe()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{CommandBus, LogConfig, migrate};
    use devstack::{Stack, StackOptions};
    use sqlx::PgPool;
    use std::time::{Duration, Instant, SystemTime};

    #[tokio::test]
    async fn after_a_sleep_the_time_is_measured_anew_though_nothing_is_appended() {
        let stack = Stack::start(StackOptions::default()).await.unwrap();
        let postgres = stack.postgres();
        postgres.create_database("relevo").await.unwrap();
        let admin = postgres.url("postgres", postgres.password(), "relevo");
        let admin = PgPool::connect(&admin).await.unwrap();
        migrate(&admin, stack.service_password()).await.unwrap();
        let url = postgres.url("relevo_api", stack.service_password(), "relevo");
        let bus = CommandBus::connect(&LogConfig::new(url)).await.unwrap();
        // An hour in which the monotonic clock stood still.
        let hour = Duration::from_secs(3600);
        let slept = Since::at(Instant::now(), SystemTime::now() - hour);
        let late = Utc::now() - hour;
        bus.inner.shared.set_time(slept, late);
        let caught_up = async {
            while bus.now() < late + hour {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), caught_up).await;
        assert!(waited.is_ok(), "the time stands still");
        drop(bus);
        admin.close().await;
        stack.stop().await.unwrap();
    }
}
