//! What the page shows, folded from public events, and from the task as the API tells it. Pure.
//!
//! The events alone make status, control and question right at once; what they don't tell (names,
//! the opened invoice) comes with the task, which is asked for after each event that changes it.

mod facts;

pub use facts::{Facts, Question, Wish};

use schemas::PublicEvent;
use schemas::rest::{InterventionView, TaskView};
use serde_json::Value;
use std::rc::Rc;

/// Everything the page shows of a task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub facts: Facts,
    /// As the API told it last.
    pub view: Option<Rc<TaskView>>,
    /// What happened, the first first; without what only programs care about.
    pub rows: Vec<Rc<PublicEvent>>,
    pub sequence: u64,
    /// Of the last event that changed more than the list of steps.
    pub changed_position: u64,
    /// Of the last event that changed what was handed in.
    pub amended_position: u64,
    /// When the agent last began something that shows, Unix milliseconds.
    pub acted_ms: Option<u64>,
    /// The agent has stopped under this control epoch.
    pub ready: Option<u64>,
}

impl State {
    /// The next events, as the socket delivers them.
    pub fn events(&mut self, events: Vec<PublicEvent>) {
        for event in events {
            self.event(event);
        }
    }

    fn event(&mut self, event: PublicEvent) {
        self.facts.fold_wish(&event);
        // The task as told may be further than the socket.
        if event.sequence > self.facts_sequence() {
            self.facts.fold(&event);
        }
        self.sequence = event.sequence;
        if event.event == "task.amended" {
            self.amended_position = event.position;
        }
        if event.event == "task.step" {
            self.acted_ms = began_to_show(&event).or(self.acted_ms);
        } else {
            self.changed_position = event.position;
        }
        if self.facts.control.is_none() {
            self.ready = None;
        }
        if is_shown(&event) {
            self.rows.push(Rc::new(event));
        }
    }

    /// The task as the API tells it. What is older than the events known counts for names only.
    pub fn loaded(&mut self, view: TaskView) {
        if self
            .view
            .as_ref()
            .is_some_and(|v| v.sequence > view.sequence)
        {
            return;
        }
        if view.sequence >= self.sequence {
            self.facts.take(&view);
        }
        self.view = Some(Rc::new(view));
    }

    /// The task as far as it is known now: names as told, facts as folded.
    pub fn task(&self) -> Option<TaskView> {
        let mut task = TaskView::clone(self.view.as_deref()?);
        let facts = &self.facts;
        task.status = facts.status.as_str().to_owned();
        task.waiting_for = facts.waiting_for.as_str().to_owned();
        task.not_before = facts.not_before;
        task.failure = facts.failure.clone();
        task.archived = facts.archived;
        let known = task.intervention.as_ref().map(|i| i.id);
        match &facts.question {
            Some(question) if known != Some(question.id) => {
                task.intervention = Some(InterventionView {
                    id: question.id,
                    kind: question.kind.as_str().to_owned(),
                    guide: question.guide.clone(),
                    answer: Value::Null,
                    answer_by: question.answer_by,
                    requested_at: question.asked_at.unwrap_or_default(),
                });
            }
            Some(_) => {}
            None => task.intervention = None,
        }
        if facts.control.is_some() {
            // Whoever drives is not asked.
            task.intervention = None;
        }
        Some(task)
    }

    /// The agent has stopped.
    pub fn ready(&mut self, control_epoch: u64) {
        self.ready = Some(control_epoch);
    }

    /// The control epoch under which input may be sent.
    pub fn may_drive(&self) -> Option<u64> {
        self.facts.control.filter(|held| self.ready == Some(*held))
    }

    fn facts_sequence(&self) -> u64 {
        let told = self.view.as_ref().map_or(0, |view| view.sequence);
        // The second part of an event shares its sequence, and says nothing more.
        told.max(self.sequence)
    }
}

/// When a step that changes what the page looks like began.
fn began_to_show(step: &PublicEvent) -> Option<u64> {
    let shows = ["navigate", "fill", "select", "click", "submit"];
    let took = step.data.get("duration_ms").and_then(Value::as_u64);
    let over = u64::try_from(step.at.timestamp_millis()).ok()?;
    shows
        .contains(&text(&step.data, "kind"))
        .then(|| over.saturating_sub(took.unwrap_or(0)))
}

/// Whether an event is a row of the timeline.
pub fn is_shown(event: &PublicEvent) -> bool {
    let beside = text(&event.data, "reason") == "intervention";
    match event.event.as_str() {
        "task.paused" | "task.resumed" => !beside,
        _ => true,
    }
}

/// A text of an event's data; empty when there is none.
pub fn text<'a>(data: &'a Value, name: &str) -> &'a str {
    data.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
