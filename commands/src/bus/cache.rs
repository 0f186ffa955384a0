//! Folded aggregates, and where the last ones are kept.

use crate::commanded::Commanded;
use crate::error::LogError;
use crate::log::decode_payload;
use crate::store::Store;
use cqrs_es::persist::SerializedEvent;
use hashlink::LruCache;
use serde_json::Value;
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// What a command led to, by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FirstResult {
    pub command: String,
    pub body_hash: Option<String>,
    /// First and last sequence of its events.
    pub from: u64,
    pub to: u64,
}

/// An aggregate folded from its events, and the commands they came from.
#[derive(Debug)]
pub(super) struct Folded<A> {
    pub state: Arc<A>,
    pub sequence: u64,
    /// Of the last event, when known.
    pub position: Option<u64>,
    pub commands: HashMap<Uuid, FirstResult>,
    /// See [`super::SharedState`].
    pub generation: u64,
}

impl<A: Commanded> Folded<A> {
    /// An aggregate of which nothing is known.
    pub(super) fn nothing(generation: u64) -> Self {
        Self {
            state: Arc::default(),
            sequence: 0,
            position: None,
            commands: HashMap::new(),
            generation,
        }
    }

    /// All of the aggregate's events.
    pub(super) async fn load(store: &Store, id: &str) -> Result<Self, LogError> {
        let mut folded = Self::nothing(0);
        folded.fold(store.load::<A>(id, 0).await?)?;
        Ok(folded)
    }

    /// The events after those known; true when there were any.
    pub(super) async fn catch_up(&mut self, store: &Store, id: &str) -> Result<bool, LogError> {
        let events = store.load::<A>(id, self.sequence).await?;
        let any = !events.is_empty();
        self.fold(events)?;
        Ok(any)
    }

    fn fold(&mut self, events: Vec<SerializedEvent>) -> Result<(), LogError> {
        for event in events {
            let sequence = event.sequence as u64;
            self.remember(sequence, &event.metadata);
            let payload = event.payload;
            let event = decode_payload(A::TYPE, &event.event_type, &event.event_version, || {
                Ok(payload)
            })?;
            Arc::make_mut(&mut self.state).apply(event);
            self.sequence = sequence;
            self.position = None;
        }
        Ok(())
    }

    fn remember(&mut self, sequence: u64, metadata: &Value) {
        let text = |key: &str| metadata.get(key).and_then(Value::as_str);
        let Some(command_id) = text("command_id").and_then(|id| id.parse().ok()) else {
            return;
        };
        match self.commands.get_mut(&command_id) {
            Some(first) => first.to = sequence,
            None => {
                let first = FirstResult {
                    command: text("command").unwrap_or_default().to_owned(),
                    body_hash: text("body_hash").map(str::to_owned),
                    from: sequence,
                    to: sequence,
                };
                self.commands.insert(command_id, first);
            }
        }
    }
}

/// One aggregate's lock, with its kept state inside.
pub(super) type Slot = Arc<tokio::sync::Mutex<Option<Box<dyn Any + Send>>>>;

/// The slots of the last used aggregates. One that falls out while it is held just makes the next
/// command a stranger to this one, which the log's sequence check settles.
pub(super) struct States {
    slots: Mutex<LruCache<(&'static str, String), Slot>>,
}

impl States {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            slots: Mutex::new(LruCache::new(capacity.max(1))),
        }
    }

    pub(super) fn slot(&self, aggregate_type: &'static str, id: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (aggregate_type, id.to_owned());
        if let Some(slot) = slots.get(&key) {
            return Arc::clone(slot);
        }
        let slot = Slot::default();
        slots.insert(key, Arc::clone(&slot));
        slot
    }
}
