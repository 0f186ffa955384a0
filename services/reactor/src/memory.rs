//! What the reactor remembers of a task: the domain's fold, and since when things are so.

use chrono::{DateTime, Utc};
use domain::task::{Control, Task, TaskEvent};
use serde::{Deserialize, Serialize};

/// A task as the reactor knows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) task: Task,
    /// Position of the first event.
    pub(crate) position: u64,
    pub(crate) lease_since: Option<DateTime<Utc>>,
    pub(crate) control_since: Option<DateTime<Utc>>,
    /// When files that come another way should be here.
    pub(crate) expected_by: Option<DateTime<Utc>>,
    /// When the task ended, while it is finished.
    #[serde(default)]
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

impl Memory {
    /// Applies the next event.
    pub(crate) fn fold(&mut self, event: &TaskEvent, position: u64, at: DateTime<Utc>) {
        if self.position == 0 {
            self.position = position;
        }
        let lease = self.lease_epoch();
        let control = self.control_epoch();
        self.task.fold(event);
        if lease != self.lease_epoch() {
            self.lease_since = self.lease_epoch().map(|_| at);
        }
        if control != self.control_epoch() {
            self.control_since = self.control_epoch().map(|_| at);
        }
        self.ended_at = match self.task.status.is_finished() {
            true => self.ended_at.or(Some(at)),
            false => None,
        };
        if let TaskEvent::DeliveryAwaited { expected_by, .. } = event {
            self.expected_by = Some(*expected_by);
        }
    }

    /// The epoch of the lease that is held.
    pub(crate) fn lease_epoch(&self) -> Option<u64> {
        self.task.lease.as_ref().map(|_| self.task.epoch)
    }

    /// The control epoch of the human who drives.
    pub(crate) fn control_epoch(&self) -> Option<u64> {
        match self.task.control {
            Control::User { control_epoch, .. } => Some(control_epoch),
            Control::Agent => None,
        }
    }
}
