//! Who asks, under which id, and in which trace: what the log keeps beside each event.

use domain::UserId;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// Namespace of the ids derived from texts, made once at random.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f5b_1c3e_52a7_4b0e_9d6b_2f14_a8c7_03d1);

/// Identifies one command for ever; a command repeated under the same id gets its first result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl CommandId {
    /// The id behind a client's `Idempotency-Key`; keys of different owners never meet.
    pub fn from_key(owner: UserId, key: &str) -> Self {
        Self::derived(&["idempotency-key", &owner.to_string(), key])
    }

    /// The id of a command that follows from something, e.g. `["lease", task, sequence]`: whoever
    /// derives it again gets the same id. Parts are length-prefixed, so that no two lists meet.
    pub fn derived(parts: &[&str]) -> Self {
        let mut name = Vec::with_capacity(64);
        for part in parts {
            name.extend_from_slice(&(part.len() as u64).to_be_bytes());
            name.extend_from_slice(part.as_bytes());
        }
        Self(Uuid::new_v5(&NAMESPACE, &name))
    }

    /// A new id, for a command that nobody will repeat.
    pub fn random() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id of a part of this command, e.g. the question that an effect asks.
    #[must_use]
    pub fn part(self, name: &str) -> Self {
        Self::derived(&["part", &self.0.to_string(), name])
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who asks. `Display` gives the text kept in the log: `user:<id>`, `agent:<worker>`, `reactor`,
/// `operator:<name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    /// A worker, by its name.
    Agent(String),
    Reactor,
    Operator(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Agent(worker) => write!(f, "agent:{worker}"),
            Self::Reactor => f.write_str("reactor"),
            Self::Operator(name) => write!(f, "operator:{name}"),
        }
    }
}

/// What comes with a command.
#[derive(Clone, Debug)]
pub struct Context {
    pub command_id: CommandId,
    pub actor: Actor,
    /// Hash of the request: the same command id with another one is refused. It goes into the log
    /// in clear, so a body with anything to seal needs a keyed one.
    pub body_hash: Option<String>,
    /// The request or run all this belongs to.
    pub correlation: Option<Uuid>,
    /// The event or command that led to this one.
    pub causation: Option<Uuid>,
    /// W3C Trace Context header value.
    pub traceparent: Option<String>,
}

impl Context {
    /// A context with an id and an actor, and nothing else.
    pub fn new(command_id: CommandId, actor: Actor) -> Self {
        Self {
            command_id,
            actor,
            body_hash: None,
            correlation: None,
            causation: None,
            traceparent: None,
        }
    }

    /// A command of a user under a fresh id.
    pub fn user(user: UserId) -> Self {
        Self::new(CommandId::random(), Actor::User(user))
    }

    /// A command of a worker under a fresh id.
    pub fn agent(worker: impl Into<String>) -> Self {
        Self::new(CommandId::random(), Actor::Agent(worker.into()))
    }

    /// A command of the reactor; its id must be derived from what caused it.
    pub fn reactor(command_id: CommandId) -> Self {
        Self::new(command_id, Actor::Reactor)
    }

    #[must_use]
    pub fn with_command_id(mut self, command_id: CommandId) -> Self {
        self.command_id = command_id;
        self
    }

    #[must_use]
    pub fn with_body_hash(mut self, hash: impl Into<String>) -> Self {
        self.body_hash = Some(hash.into());
        self
    }

    #[must_use]
    pub fn with_correlation(mut self, id: Uuid) -> Self {
        self.correlation = Some(id);
        self
    }

    #[must_use]
    pub fn caused_by(mut self, id: Uuid) -> Self {
        self.causation = Some(id);
        self
    }

    #[must_use]
    pub fn with_traceparent(mut self, value: impl Into<String>) -> Self {
        self.traceparent = Some(value.into());
        self
    }

    /// The context of a part of this command (a claim, a release), caused by it. Its id is fresh:
    /// what a part does may have been undone since, and a repeat must do it anew.
    pub(crate) fn part(&self) -> Self {
        Self {
            command_id: CommandId::random(),
            body_hash: None,
            causation: Some(self.command_id.0),
            ..self.clone()
        }
    }

    /// The metadata of each event of the command: flat JSON, strings only (as cqrs-es reads it).
    pub(crate) fn metadata(&self, command: &str) -> String {
        let mut map = serde_json::Map::new();
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                map.insert(key.to_owned(), serde_json::Value::String(value));
            }
        };
        put("command_id", Some(self.command_id.to_string()));
        put("command", Some(command.to_owned()));
        put("body_hash", self.body_hash.clone());
        put("actor", Some(self.actor.to_string()));
        put("correlation", self.correlation.map(|id| id.to_string()));
        put("causation", self.causation.map(|id| id.to_string()));
        put("traceparent", self.traceparent.clone());
        serde_json::Value::Object(map).to_string()
    }
}
