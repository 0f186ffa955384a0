//! The page's model: the task's state, how the feed is, and whether there is such a task.

use super::feed::Told;
use super::link::Connection;
use super::state::State;
use crate::api::{Answer, ApiError};
use schemas::rest::TaskView;
use std::rc::Rc;
use yew::prelude::*;

const FIRST_RETRY_MS: u32 = 2_000;
const LONGEST_RETRY_MS: u32 = 30_000;

/// Everything the page shows changes by this.
pub enum Change {
    Told(Told),
    Loaded(Box<Answer<TaskView>>),
    /// The session's first picture is on the canvas.
    Picture,
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub state: Rc<State>,
    pub connection: Connection,
    /// Why the task could not be read, until it could.
    pub error: Option<ApiError>,
    pub has_picture: bool,
    /// Why input was refused last, by the server's code.
    pub refused: Option<String>,
    /// How often the task must be read anew for want of a socket.
    pub asks: u32,
    /// How often in a row it could not be read for a reason that passes.
    pub failures: u32,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            state: Rc::default(),
            connection: Connection::Connecting,
            error: None,
            has_picture: false,
            refused: None,
            asks: 0,
            failures: 0,
        }
    }
}

impl Model {
    fn told(&mut self, told: Told) {
        match told {
            Told::Events(events) => Rc::make_mut(&mut self.state).events(events),
            Told::Ready(epoch) => {
                Rc::make_mut(&mut self.state).ready(epoch);
                self.refused = None;
            }
            Told::Refused(code) => self.refused = Some(code),
            Told::Connection(connection) => self.connection = connection,
            Told::AskWhy => self.asks += 1,
            Told::SignedOut => self.connection = Connection::SignedOut,
        }
    }

    fn loaded(&mut self, answer: Answer<TaskView>) {
        match answer {
            Ok(view) => {
                Rc::make_mut(&mut self.state).loaded(view);
                self.error = None;
                self.failures = 0;
            }
            // The log, which the socket reads, may know a task that the lists don't show yet.
            Err(error) if is_not_found(&error) && self.asks == 0 => self.failures += 1,
            Err(error) => {
                let again = error.is_passing();
                self.failures = if again { self.failures + 1 } else { 0 };
                self.error = Some(error);
            }
        }
    }

    /// After how long the task is read again, when it could not be.
    pub fn retry_ms(&self) -> Option<u32> {
        let doublings = self.failures.checked_sub(1)?.min(10);
        Some((FIRST_RETRY_MS << doublings).min(LONGEST_RETRY_MS))
    }
}

/// Whether there is no such task, as far as that answer goes.
pub fn is_not_found(error: &ApiError) -> bool {
    matches!(error, ApiError::Problem(problem) if problem.status == 404)
}

impl Reducible for Model {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut model = (*self).clone();
        match change {
            Change::Told(told) => model.told(told),
            Change::Loaded(answer) => model.loaded(*answer),
            Change::Picture => model.has_picture = true,
        }
        if self.state.facts.session && !model.state.facts.session {
            model.has_picture = false;
        }
        model.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_read_again_unless_the_answer_is_final() {
        let mut model = Model::default();
        let mut waits = Vec::new();
        for _ in 0..6 {
            model.loaded(Err(ApiError::Network));
            waits.extend(model.retry_ms());
        }
        assert_eq!(waits, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        model.told(Told::AskWhy);
        model.loaded(Err(ApiError::of_status(404)));
        assert_eq!(model.retry_ms(), None);
    }

    #[test]
    fn a_task_is_unknown_only_when_it_has_no_socket_either() {
        let mut model = Model::default();
        model.loaded(Err(ApiError::of_status(404)));
        assert_eq!((&model.error, model.retry_ms()), (&None, Some(2_000)));
        model.told(Told::AskWhy);
        model.loaded(Err(ApiError::of_status(404)));
        assert!(model.error.as_ref().is_some_and(is_not_found));
    }
}
