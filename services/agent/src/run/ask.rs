//! Questions to a human, and what they answered.

use super::{End, Flow, Halt, Run, submission, verdict};
use commands::{CommandId, Scope};
use domain::InterventionId;
use domain::task::{
    AnswerShape, ConfirmPolicy, FailureClass, Intervention, InterventionKind, TaskCommand,
    TaskEvent, TechnicalClass,
};
use kit::values;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the history says of a question last.
enum Ended {
    Answered,
    Declined,
    Otherwise,
}

/// How a question ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    Answered(serde_json::Value),
    Declined,
    /// Settled by the human's own hands in the browser.
    ByHand,
    /// "Go on", without an answer.
    GoOn,
}

impl Run {
    /// Asks, and waits for the reply. The browser stays open until the task is parked.
    pub(super) async fn ask(
        &mut self,
        kind: InterventionKind,
        guide: &str,
        answer: AnswerShape,
    ) -> Flow<Reply> {
        let number = self.view().history.len().to_string();
        let id = self.question_id(&[kind.as_str(), &number]);
        self.ask_as(id, kind, guide, answer).await
    }

    /// Asks under an id of one's own, so that a later run finds the answer.
    async fn ask_as(
        &mut self,
        id: InterventionId,
        kind: InterventionKind,
        guide: &str,
        answer: AnswerShape,
    ) -> Flow<Reply> {
        self.request(id, kind, guide, answer).await?;
        let by_hand = match self.ready().await {
            Ok(()) => false,
            Err(Halt::Moved) => true,
            Err(other) => return Err(other),
        };
        let view = self.view();
        let last = view.history.iter().rev().find_map(|event| match &**event {
            TaskEvent::InterventionAnswered { id: of, .. } if *of == id => Some(Ended::Answered),
            TaskEvent::InterventionDeclined { id: of, .. } if *of == id => Some(Ended::Declined),
            TaskEvent::InterventionRequested { intervention } if intervention.id == id => {
                Some(Ended::Otherwise)
            }
            _ => None,
        });
        match last {
            Some(Ended::Answered) => {
                let answer = self.answer_to(id).await?;
                Ok(answer.map_or(Reply::GoOn, Reply::Answered))
            }
            Some(Ended::Declined) => Ok(Reply::Declined),
            _ if by_hand => Ok(Reply::ByHand),
            _ => Ok(Reply::GoOn),
        }
    }

    async fn request(
        &mut self,
        id: InterventionId,
        kind: InterventionKind,
        guide: &str,
        answer: AnswerShape,
    ) -> Flow {
        let intervention = Intervention {
            id,
            kind,
            guide: guide.to_owned(),
            answer,
            answer_by: None,
        };
        let command = TaskCommand::RequestIntervention {
            epoch: Some(self.epoch),
            intervention,
        };
        self.order(command)
            .await?
            .map_err(|refusal| Halt::Technical(TechnicalClass::Internal, refusal.to_string()))
    }

    fn question_id(&self, parts: &[&str]) -> InterventionId {
        let task = self.id.to_string();
        let all = [&["question", task.as_str()], parts].concat();
        InterventionId(CommandId::derived(&all).0)
    }

    /// The answer to a question, when one was given in this life of the task.
    async fn answer_to(&self, id: InterventionId) -> Flow<Option<serde_json::Value>> {
        let view = self.view();
        let Some(answered) = view.task.answers.get(&id) else {
            return Ok(None);
        };
        let submission = submission(&view.task)?;
        let scope = Scope::Profile(submission.owner, submission.profile);
        let field = format!("intervention.{id}");
        let opened = self
            .shared
            .desk
            .vault
            .open_sealed(scope, &self.id.to_string(), &field, &answered.answer)
            .await;
        let text = opened.map_err(|error| {
            tracing::warn!(task = %self.id, %error, "an answer does not open");
            Halt::Technical(
                TechnicalClass::Internal,
                "an answer does not open".to_owned(),
            )
        })?;
        Ok(serde_json::from_slice(&text).ok())
    }

    /// Before the irreversible step: the values must have been confirmed, now or before, unless
    /// the policy is to go on. Gives the hash of what will be sent.
    pub(super) async fn confirmed(&mut self) -> Flow<String> {
        let view = self.view();
        let submission = submission(&view.task)?;
        let vault = &self.shared.desk.vault;
        let hash = values::hash(vault, submission.owner, &self.values);
        let before = submission.confirmed_values.as_ref() == Some(&hash);
        if before || submission.confirm == ConfirmPolicy::Auto {
            return Ok(hash);
        }
        // One question per set of values: its answer counts for these values in a later run too.
        let id = self.question_id(&["confirm", &hash]);
        if self.answer_to(id).await?.is_some_and(|a| a == true) {
            return Ok(hash);
        }
        let guide = self.confirm_guide();
        let reply = self
            .ask_as(id, InterventionKind::Confirm, &guide, AnswerShape::Decision)
            .await?;
        match reply {
            Reply::Answered(serde_json::Value::Bool(true)) => Ok(hash),
            Reply::ByHand => Err(Halt::Moved),
            // "Go on" is no yes: asked again, on the page as it is then.
            Reply::GoOn => {
                self.replace = true;
                Err(Halt::Moved)
            }
            Reply::Answered(_) | Reply::Declined => {
                let mut failure = verdict::given_up();
                failure.class = FailureClass::Cancelled;
                failure.next_step = "No confirmaste los datos. Corrígelos y reintenta.".to_owned();
                self.fail(failure).await
            }
        }
    }

    /// The values as the guide may show them: masked; the browser shows them whole.
    fn confirm_guide(&self) -> String {
        let lines: Vec<String> = self
            .values
            .iter()
            .map(|(name, value)| {
                let own = self.adapter.field(name).map(|field| field.label.as_str());
                let label = own.or(values::label(name)).unwrap_or(name);
                format!("{label}: {}", crate::read::values::masked(name, value))
            })
            .collect();
        format!(
            "Revisa los datos antes de emitir la factura en {}.\n{}",
            self.adapter.name,
            lines.join("\n")
        )
    }

    /// What was delivered differs: takes the human's word, once per invoice. True: take it.
    pub(super) async fn check(&mut self, about: &str, reasons: &[String]) -> Flow<bool> {
        let id = self.question_id(&["check", about]);
        if let Some(answer) = self.answer_to(id).await? {
            return Ok(answer == true);
        }
        let guide = format!(
            "El portal entregó una factura que no es la esperada: {}. ¿La aceptas?",
            reasons.join("; ")
        );
        let reply = self
            .ask_as(id, InterventionKind::Check, &guide, AnswerShape::Decision)
            .await?;
        Ok(matches!(
            reply,
            Reply::Answered(serde_json::Value::Bool(true))
        ))
    }

    /// A value the portal asks for and the ticket does not have.
    pub(super) async fn missing(&mut self, field: &str) -> Flow<String> {
        let id = self.question_id(&["missing", field]);
        let given = |answer: &serde_json::Value| {
            let values: BTreeMap<String, String> = serde_json::from_value(answer.clone()).ok()?;
            values.get(field).cloned().filter(|value| !value.is_empty())
        };
        if let Some(value) = self.answer_to(id).await?.as_ref().and_then(given) {
            return Ok(value);
        }
        let guide = format!("El portal pide un dato que falta: {field}.");
        let names = vec![field.to_owned()];
        let shape = AnswerShape::Fields { names };
        let reply = self
            .ask_as(id, InterventionKind::MissingData, &guide, shape)
            .await?;
        match reply {
            Reply::Answered(answer) => match given(&answer) {
                Some(value) => Ok(value),
                None => self.fail(verdict::given_up()).await,
            },
            Reply::ByHand => Err(Halt::Moved),
            Reply::GoOn => Err(Halt::Technical(
                TechnicalClass::UnexpectedPage,
                format!("no value for {field}"),
            )),
            Reply::Declined => self.fail(verdict::given_up()).await,
        }
    }

    /// The third level: the user goes through the portal in a browser of their own and hands in
    /// the files. No browser of ours is kept for it. A user who has declined this before, and
    /// wanted nothing else since, is not asked again.
    pub(super) async fn manual<T>(&mut self, reason: &str) -> Flow<T> {
        if manual_declined(&self.view().history) {
            return self.fail(verdict::given_up()).await;
        }
        let number = self.view().history.len().to_string();
        let id = self.question_id(&["manual", &number]);
        self.request(id, InterventionKind::Manual, reason, AnswerShape::Files)
            .await?;
        // Somebody may be quicker (take control, answer): then the task is not parked.
        if let Err(failure) = self.journal.execute(TaskCommand::ParkTask).await {
            tracing::debug!(task = %self.id, ?failure, "not parked");
            self.ready().await?;
            return Err(Halt::Moved);
        }
        Err(End::Settled.into())
    }
}

/// The last question was "by hand", and the answer was no.
pub(super) fn manual_declined(history: &[Arc<TaskEvent>]) -> bool {
    let mut manual = None;
    for event in history {
        match &**event {
            TaskEvent::InterventionRequested { intervention } => {
                manual = (intervention.kind == InterventionKind::Manual).then_some(intervention.id);
            }
            TaskEvent::TaskReopened | TaskEvent::TaskAmended { .. } => manual = None,
            TaskEvent::TaskResumed { .. } | TaskEvent::InterventionAnswered { .. } => manual = None,
            _ => {}
        }
    }
    manual.is_some_and(|asked| {
        history
            .iter()
            .any(|e| matches!(&**e, TaskEvent::InterventionDeclined { id, .. } if *id == asked))
    })
}

/// Whether the agent has asked for a hand since the user last (re)opened the task.
pub(super) fn asked_for_help(history: &[Arc<TaskEvent>]) -> bool {
    history
        .iter()
        .rev()
        .take_while(|e| !matches!(&***e, TaskEvent::TaskReopened))
        .any(|event| {
            matches!(&**event, TaskEvent::InterventionRequested { intervention }
                if intervention.kind == InterventionKind::AgentStuck)
        })
}
