//! What one can ask of a task, and which of it makes sense now.

use super::state::Facts;
use crate::api::{self, Answer, ApiError};
use crate::i18n::use_i18n;
use domain::task::{Status, WaitingFor};
use domain::{InterventionId, TaskId};
use schemas::rest::{AnswerIntervention, CommandAnswer, ReturnControl};
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Something to ask of the task.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Pause,
    Resume,
    Cancel,
    Retry,
    Archive,
    TakeControl,
    Return { control_epoch: u64, done: bool },
    Answer(InterventionId, Value),
    Decline(InterventionId),
}

impl Command {
    async fn send(&self, id: TaskId) -> Answer<CommandAnswer> {
        let bare = async |name: &str| api::post_empty(&format!("/tasks/{id}/{name}")).await;
        match self {
            Self::Pause => bare("pause").await,
            Self::Resume => bare("resume").await,
            Self::Cancel => bare("cancel").await,
            Self::Retry => bare("retry").await,
            Self::Archive => bare("archive").await,
            Self::TakeControl => bare("take-control").await,
            Self::Return {
                control_epoch,
                done,
            } => {
                let outcome = if *done { "done" } else { "could_not" };
                let body = ReturnControl {
                    control_epoch: *control_epoch,
                    outcome: outcome.to_owned(),
                };
                api::post(&format!("/tasks/{id}/return-control"), &body).await
            }
            Self::Answer(question, answer) => {
                let body = AnswerIntervention {
                    answer: answer.clone(),
                };
                let path = format!("/tasks/{id}/interventions/{question}/answer");
                api::post(&path, &body).await
            }
            Self::Decline(question) => bare(&format!("interventions/{question}/decline")).await,
        }
    }
}

/// Runs one command at a time.
#[derive(Clone, PartialEq)]
pub struct Commands {
    /// The one under way.
    pub busy: Option<Command>,
    /// Why the last one was refused, in words.
    pub refusal: Option<String>,
    /// Its misfit fields.
    pub error: Option<ApiError>,
    pub run: Callback<Command>,
}

impl Commands {
    /// Whether that one is under way.
    pub fn is_busy(&self, command: &Command) -> bool {
        self.busy.as_ref() == Some(command)
    }
}

/// Runs commands on a task; `done` is told the position each was recorded at, or where a refusal
/// says that the page is behind.
#[hook]
pub fn use_commands(id: TaskId, done: Callback<Option<u64>>) -> Commands {
    let i18n = use_i18n();
    let busy = use_state_eq(|| None::<Command>);
    let error = use_state_eq(|| None::<ApiError>);
    let run = {
        let (busy, error) = (busy.clone(), error.setter());
        Callback::from(move |command: Command| {
            if busy.is_some() {
                return;
            }
            busy.set(Some(command.clone()));
            error.set(None);
            let (busy, error, done) = (busy.setter(), error.clone(), done.clone());
            spawn_local(async move {
                match command.send(id).await {
                    Ok(answer) => done.emit(Some(answer.position)),
                    Err(refusal) => {
                        error.set(Some(refusal));
                        done.emit(None);
                    }
                }
                busy.set(None);
            });
        })
    };
    Commands {
        busy: (*busy).clone(),
        refusal: error.as_ref().map(|error| error.words(&i18n)),
        error: (*error).clone(),
        run,
    }
}

/// What can be offered to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    TakeControl,
    /// Come to a task that waits without a browser.
    Attend,
    /// Let the agent go on.
    GoOn,
    Pause,
    Retry,
    Amend,
    Cancel,
    Archive,
}

/// What makes sense now, the likeliest first.
pub fn offers(facts: &Facts) -> Vec<Offer> {
    let mut offers = Vec::new();
    let open = !matches!(facts.status, Status::Completed | Status::Failed);
    let asked = facts.status == Status::InterventionNeeded;
    let paused = facts.status == Status::Paused;
    if facts.control.is_some() {
        return offers;
    }
    let waits_for_owner = facts.status == Status::Pending && facts.waiting_for == WaitingFor::Human;
    if waits_for_owner || asked && facts.is_parked() && !facts.takes_files() {
        offers.push(Offer::Attend);
    } else if paused || asked && facts.question.is_none() {
        offers.push(Offer::GoOn);
    }
    if facts.session && (paused || asked || facts.status == Status::Running) {
        offers.push(Offer::TakeControl);
    }
    let retryable = facts.failure.as_ref().is_some_and(|f| f.retryable);
    if facts.status == Status::Failed && retryable {
        offers.push(Offer::Retry);
    }
    if open && facts.wish.is_none() && matches!(facts.status, Status::Running | Status::Pending) {
        offers.push(Offer::Pause);
    }
    let unsent = matches!(facts.submit.as_str(), "none" | "rejected");
    let stands = paused || asked || facts.status == Status::Pending;
    if unsent && (stands || facts.status == Status::Failed && retryable) {
        offers.push(Offer::Amend);
    }
    if open && facts.wish != Some(super::state::Wish::End) {
        offers.push(Offer::Cancel);
    }
    if !open && !facts.archived {
        offers.push(Offer::Archive);
    }
    offers
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::rest::FailureView;

    fn facts(status: Status, session: bool) -> Facts {
        Facts {
            status,
            session,
            submit: "none".to_owned(),
            ..Facts::default()
        }
    }

    #[test]
    fn a_running_task_is_watched_paused_or_taken() {
        let running = facts(Status::Running, true);
        let expected = [Offer::TakeControl, Offer::Pause, Offer::Cancel];
        assert_eq!(offers(&running), expected);
        let driven = Facts {
            control: Some(1),
            ..running
        };
        assert_eq!(offers(&driven), [], "hand back first");
    }

    #[test]
    fn what_was_sent_is_not_amended() {
        let mut paused = facts(Status::Paused, true);
        assert!(offers(&paused).contains(&Offer::Amend));
        for submit in ["intended", "accepted", "unknown"] {
            paused.submit = submit.to_owned();
            assert!(!offers(&paused).contains(&Offer::Amend), "{submit}");
        }
    }

    #[test]
    fn who_waits_without_a_browser_is_attended() {
        let asked = facts(Status::InterventionNeeded, false);
        assert_eq!(offers(&asked).first(), Some(&Offer::Attend));
        let waits = Facts {
            waiting_for: WaitingFor::Human,
            ..facts(Status::Pending, false)
        };
        assert_eq!(offers(&waits).first(), Some(&Offer::Attend));
    }

    #[test]
    fn an_end_is_retried_where_that_makes_sense_and_filed() {
        let failed = |retryable| Facts {
            failure: Some(FailureView {
                class: "timed_out".to_owned(),
                rejection: None,
                retryable,
                next_step: String::new(),
            }),
            ..facts(Status::Failed, false)
        };
        let retryable = [Offer::Retry, Offer::Amend, Offer::Archive];
        assert_eq!(offers(&failed(true)), retryable);
        assert_eq!(offers(&failed(false)), [Offer::Archive]);
        assert_eq!(offers(&facts(Status::Completed, false)), [Offer::Archive]);
    }
}
