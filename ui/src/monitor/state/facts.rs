//! What a task is at now, folded from public events as the domain folds its own.

use super::text;
use chrono::{DateTime, Utc};
use domain::InterventionId;
use domain::task::{AnswerShape, InterventionKind, Resumes, Status, WaitingFor};
use schemas::PublicEvent;
use schemas::rest::{FailureView, InterventionView, TaskView};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An open question.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Question {
    pub id: InterventionId,
    pub kind: InterventionKind,
    pub guide: String,
    pub answer: AnswerShape,
    pub answer_by: Option<DateTime<Utc>>,
    /// When it was asked.
    #[serde(skip)]
    pub asked_at: Option<DateTime<Utc>>,
}

/// A wish that waits for the portal's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Pause,
    End,
}

/// What a task is at now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub status: Status,
    pub waiting_for: WaitingFor,
    pub not_before: Option<DateTime<Utc>>,
    /// `none`, `intended`, `accepted`, `rejected`, `unknown`.
    pub submit: String,
    /// The control epoch, while the user drives.
    pub control: Option<u64>,
    pub taken_from: Option<Status>,
    /// A browser is open.
    pub session: bool,
    pub question: Option<Question>,
    pub failure: Option<FailureView>,
    pub wish: Option<Wish>,
    pub archived: bool,
    pub attempts: u32,
}

impl Facts {
    pub(super) fn take(&mut self, view: &TaskView) {
        let held = (view.control == "user").then_some(view.control_epoch);
        *self = Self {
            status: named(&view.status),
            waiting_for: named(&view.waiting_for),
            not_before: view.not_before,
            submit: view.submit.clone(),
            control: held,
            taken_from: self.taken_from.filter(|_| held.is_some()),
            session: view.session.is_some(),
            question: view.intervention.as_ref().and_then(question),
            failure: view.failure.clone(),
            wish: self.wish,
            archived: view.archived,
            attempts: view.attempts,
        };
    }

    /// Nobody waits with an open browser.
    pub fn is_parked(&self) -> bool {
        !self.session && matches!(self.status, Status::Paused | Status::InterventionNeeded)
    }

    /// The open question wants files, or they are to come by another way.
    pub fn takes_files(&self) -> bool {
        let asked = |q: &Question| q.answer == AnswerShape::Files;
        self.question.as_ref().is_some_and(asked) || self.waiting_for == WaitingFor::Delivery
    }

    /// The wish that waits: the task as the API tells it knows nothing of it, so every event counts.
    pub(super) fn fold_wish(&mut self, event: &PublicEvent) {
        match event.event.as_str() {
            "task.wish_recorded" => {
                self.wish = Some(match text(&event.data, "type") {
                    "pause" => Wish::Pause,
                    _ => Wish::End,
                });
            }
            "task.submit_outcome" | "task.completed" | "task.failed" => self.wish = None,
            _ => {}
        }
    }

    pub(super) fn fold(&mut self, event: &PublicEvent) {
        let data = &event.data;
        match event.event.as_str() {
            "task.submitted" => {
                self.not_before = read(data, "not_before");
                let needs_human = data["needs_human"] == true;
                let waiting_for = match (needs_human, self.not_before) {
                    (true, _) => WaitingFor::Human,
                    (_, Some(_)) => WaitingFor::NotBefore,
                    _ => WaitingFor::Queue,
                };
                self.submit = "none".to_owned();
                self.enter(Status::Pending, waiting_for);
            }
            "task.started" => {
                self.not_before = None;
                self.enter(Status::Running, WaitingFor::None);
            }
            "task.session_opened" => self.session = true,
            "task.session_closed" => {
                self.session = false;
                self.control = None;
                self.taken_from = None;
            }
            "task.submit_intended" => self.submit = "intended".to_owned(),
            "task.submit_outcome" => self.submit = text(data, "outcome").to_owned(),
            "task.archived" => self.archived = true,
            _ => self.fold_turn(event),
        }
    }

    fn fold_turn(&mut self, event: &PublicEvent) {
        let data = &event.data;
        let by_question = text(data, "reason") == "intervention";
        match event.event.as_str() {
            "task.intervention_requested" => {
                let question = serde_json::from_value::<Question>(data.clone()).ok();
                self.question = question.map(|question| Question {
                    asked_at: Some(event.at),
                    ..question
                });
                self.enter(Status::InterventionNeeded, WaitingFor::Human);
            }
            "task.intervention_answered" | "task.intervention_declined" => {
                self.question = None;
                self.resume(data);
            }
            "task.paused" if !by_question => self.enter(Status::Paused, WaitingFor::Human),
            "task.resumed" if !by_question => {
                self.question = None;
                self.resume(data);
            }
            "task.parked" => self.free(),
            "task.control_taken" => {
                self.taken_from = Some(self.status);
                self.control = read(data, "control_epoch");
                self.enter(Status::InterventionNeeded, WaitingFor::Human);
            }
            "task.control_returned" => self.returned(text(data, "outcome") == "done"),
            "task.control_lapsed" => {
                self.control = None;
                self.taken_from = None;
                self.enter(Status::InterventionNeeded, WaitingFor::Human);
            }
            _ => self.fold_pace(event),
        }
    }

    fn fold_pace(&mut self, event: &PublicEvent) {
        let data = &event.data;
        match event.event.as_str() {
            "task.retry_scheduled" | "task.deferred" => {
                self.attempts = read(data, "attempt").unwrap_or(0);
                self.free();
                self.not_before = read(data, "not_before");
                self.enter(Status::Pending, WaitingFor::NotBefore);
            }
            "task.delivery_awaited" => {
                self.free();
                self.enter(Status::Pending, WaitingFor::Delivery);
            }
            "task.lease_expired" => {
                self.attempts = read(data, "attempt").unwrap_or(self.attempts);
                self.free();
                self.enter(Status::Pending, WaitingFor::Queue);
            }
            "task.completed" => self.finish(Status::Completed),
            "task.failed" => {
                self.finish(Status::Failed);
                self.failure = serde_json::from_value(data.clone()).ok();
            }
            "task.reopened" => {
                self.failure = None;
                self.attempts = 0;
                self.archived = false;
                self.enter(Status::Pending, WaitingFor::Queue);
            }
            _ => {}
        }
    }

    fn resume(&mut self, data: &Value) {
        match read(data, "resumes") {
            Some(Resumes::Session) => self.enter(Status::Running, WaitingFor::None),
            Some(Resumes::Queue) | None => {
                self.free();
                self.not_before = None;
                self.enter(Status::Pending, WaitingFor::Queue);
            }
        }
    }

    fn returned(&mut self, done: bool) {
        self.control = None;
        if done {
            self.question = None;
        }
        match self.taken_from.take() {
            Some(Status::Paused) => self.enter(Status::Paused, WaitingFor::Human),
            _ if self.question.is_some() => {
                self.enter(Status::InterventionNeeded, WaitingFor::Human);
            }
            _ => self.enter(Status::Running, WaitingFor::None),
        }
    }

    fn free(&mut self) {
        self.session = false;
        self.control = None;
        self.taken_from = None;
    }

    fn finish(&mut self, status: Status) {
        self.free();
        self.question = None;
        self.not_before = None;
        self.enter(status, WaitingFor::None);
    }

    fn enter(&mut self, status: Status, waiting_for: WaitingFor) {
        self.status = status;
        self.waiting_for = waiting_for;
    }
}

fn question(view: &InterventionView) -> Option<Question> {
    Some(Question {
        id: view.id,
        kind: serde_json::from_value(Value::String(view.kind.clone())).ok()?,
        guide: view.guide.clone(),
        answer: serde_json::from_value(view.answer.clone()).ok()?,
        answer_by: view.answer_by,
        asked_at: Some(view.requested_at),
    })
}

fn read<T: DeserializeOwned>(data: &Value, name: &str) -> Option<T> {
    serde_json::from_value(data.get(name)?.clone()).ok()
}

fn named<T: DeserializeOwned + Default>(name: &str) -> T {
    serde_json::from_value(Value::String(name.to_owned())).unwrap_or_default()
}
