//! What follows from a task's state: a place in the queue, and timers. Pure.

use crate::memory::Memory;
use crate::options::ReactorOptions;
use chrono::{DateTime, TimeDelta, Utc};
use domain::task::{Control, Status, SubmitState, WaitingFor, WindowSource};
use std::collections::BTreeMap;
use std::time::Duration;

/// A task's row in `work.work`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Waits for a worker.
    Queued {
        /// A human has just done their part.
        head: bool,
        not_before: Option<DateTime<Utc>>,
    },
    /// A worker holds its lease, whatever it does at the moment.
    Running { epoch: u64, worker: String },
}

/// The task's row, or `None` when no worker is needed.
pub(crate) fn work(memory: &Memory) -> Option<Work> {
    let task = &memory.task;
    if let Some(worker) = &task.lease {
        return Some(Work::Running {
            epoch: task.epoch,
            worker: worker.clone(),
        });
    }
    match (task.status, task.waiting_for) {
        (Status::Pending, WaitingFor::Queue | WaitingFor::NotBefore) => Some(Work::Queued {
            head: task.head_of_queue,
            not_before: task.not_before,
        }),
        _ => None,
    }
}

/// What is to be done with a task's passing files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retention {
    /// To be erased so long after the end of the task.
    Keep { ended_at: DateTime<Utc> },
    /// Erased by events; so many files are to be removed, again where that was done already.
    Remove { erased: usize },
}

/// What the task's row in `work.retention` says, or `None` when there are no such files.
pub(crate) fn retention(memory: &Memory) -> Option<Retention> {
    let task = &memory.task;
    match (memory.ended_at, task.erased.len()) {
        (Some(ended_at), _) if task.passing_artifacts().next().is_some() => {
            Some(Retention::Keep { ended_at })
        }
        (_, 0) => None,
        (_, erased) => Some(Retention::Remove { erased }),
    }
}

/// What a timer does when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// ParkTask: nobody came in time.
    Park,
    /// ParkTask: what was asked can't be answered any more in this browser.
    AnswerBy,
    /// RequestIntervention: the files did not come.
    Delivery,
    /// ExpireTask: the ticket's window is over.
    Expire,
    /// The window ends in three days.
    Reminder3d,
    /// The window ends in a day.
    Reminder1d,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Park,
        Self::AnswerBy,
        Self::Delivery,
        Self::Expire,
        Self::Reminder3d,
        Self::Reminder1d,
    ];

    /// The stable name, kept in the table and part of command ids.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Park => "park",
            Self::AnswerBy => "answer_by",
            Self::Delivery => "delivery",
            Self::Expire => "expire",
            Self::Reminder3d => "reminder_3d",
            Self::Reminder1d => "reminder_1d",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    fn is_reminder(self) -> bool {
        matches!(self, Self::Reminder3d | Self::Reminder1d)
    }
}

/// Why a timer runs, and until when. While both stay the same, so does the timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    reason: String,
    due: Due,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    At(DateTime<Utc>),
    /// Counted from the event that gave the reason.
    After(Duration),
}

/// The timers that should run in this state.
pub(crate) fn wanted(memory: &Memory, options: &ReactorOptions) -> BTreeMap<Kind, Wanted> {
    let mut wanted = BTreeMap::new();
    let mut want = |kind, reason: String, due| {
        wanted.insert(kind, Wanted { reason, due });
    };
    let task = &memory.task;
    let question = task.intervention.as_ref();
    let waits = matches!(task.status, Status::Paused | Status::InterventionNeeded);
    if waits && task.lease.is_some() && task.control == Control::Agent {
        let asked = question.map(|q| q.id.to_string()).unwrap_or_default();
        let reason = format!(
            "{}/{asked}/{}/{}",
            task.status, task.epoch, task.control_epoch
        );
        let patience = options.park_after(question.map(|q| q.kind));
        want(Kind::Park, reason.clone(), Due::After(patience));
        if let Some(answer_by) = question.and_then(|q| q.answer_by) {
            want(Kind::AnswerBy, reason, Due::At(answer_by));
        }
    }
    if let (WaitingFor::Delivery, Some(expected_by)) = (task.waiting_for, memory.expected_by) {
        want(Kind::Delivery, String::new(), Due::At(expected_by));
    }
    let window = task.submission.as_ref().and_then(|s| s.window.as_ref());
    if let Some(window) = window
        && !task.status.is_finished()
        && task.submit != SubmitState::Accepted
    {
        let binding = matches!(
            window.verified,
            WindowSource::Printed | WindowSource::FiscalYear
        );
        // As ExpireTask would be refused: it comes back when the portal denies the invoice.
        if binding && task.submit != SubmitState::Unknown {
            want(Kind::Expire, String::new(), Due::At(window.until));
        }
        for (kind, days) in [(Kind::Reminder3d, 3), (Kind::Reminder1d, 1)] {
            let due = window.until - TimeDelta::days(days);
            want(kind, String::new(), Due::At(due));
        }
    }
    wanted
}

/// What an event does to the timers, given those wanted before and after it. `Some` sets, `None`
/// ends.
pub(crate) fn changes(
    before: &BTreeMap<Kind, Wanted>,
    after: &BTreeMap<Kind, Wanted>,
    recorded_at: DateTime<Utc>,
) -> Vec<(Kind, Option<DateTime<Utc>>)> {
    let mut changes = Vec::new();
    for kind in Kind::ALL {
        let (was, is) = (before.get(&kind), after.get(&kind));
        if was == is {
            continue;
        }
        let due_at = is.and_then(|wanted| match wanted.due {
            Due::At(at) => Some(at),
            Due::After(time) => recorded_at.checked_add_signed(TimeDelta::from_std(time).ok()?),
        });
        // A reminder that comes too late is none.
        let late = kind.is_reminder() && due_at.is_some_and(|due| due <= recorded_at);
        changes.push((kind, due_at.filter(|_| !late)));
    }
    changes
}
