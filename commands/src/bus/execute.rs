//! One command, from its load to its verdict.

use super::cache::{FirstResult, Folded};
use super::{Executed, Inner, Recorded};
use crate::commanded::Commanded;
use crate::context::Context;
use crate::error::{ExecuteError, LogError};
use crate::log::decode_payload;
use crate::store::{Append, Event, NewEvent, Place, Verdict};
use cqrs_es::DomainEvent as _;
use cqrs_es::event_sink::EventSink;
use domain::Now;
use std::sync::Arc;
use std::time::Duration;

/// How often a command is decided again after others were first.
const MAX_TRIES: u32 = 32;
/// How often it is offered to a log that was busy; each time may last for seconds.
const MAX_BUSY: u32 = 3;
const BUSY_PAUSE: Duration = Duration::from_millis(20);

type Outcome<A> = Result<Executed<A>, ExecuteError<<A as cqrs_es::Aggregate>::Error>>;

pub(super) async fn execute<A: Commanded>(
    inner: &Inner,
    id: &str,
    command: A::Command,
    context: &Context,
) -> Outcome<A> {
    let name = A::command_name(&command);
    let run = Run::<A> {
        inner,
        id,
        command,
        name,
        context,
    };
    let slot = inner.states.slot(A::TYPE, id);
    let mut place = slot.lock().await;
    let mut kept = place
        .take()
        .and_then(|any| any.downcast::<Folded<A>>().ok())
        .filter(|folded| folded.generation == inner.shared.generation());
    let mut busy = 0;
    let mut guessed = false;
    for _ in 0..MAX_TRIES {
        let (mut folded, fresh) = match kept.take() {
            Some(folded) => (folded, false),
            // Most unknown aggregates are new: guess so once, and let the log's sequence check, or
            // the second look before a refusal, tell the others. It saves a read per new aggregate.
            None if !guessed => {
                guessed = true;
                (Box::new(Folded::nothing(inner.shared.generation())), false)
            }
            None => (Box::new(run.load().await?), true),
        };
        let (state, events) = match run.answer(&mut folded, fresh).await? {
            Answer::Decided(state, events) => (state, events),
            Answer::Final(outcome) => {
                *place = Some(folded);
                return outcome;
            }
        };
        let append = run.append_of(folded.sequence, &events)?;
        match inner.store.append(append).await {
            Verdict::Accepted(places) => {
                let executed = run.accepted(&mut folded, state, events, &places);
                *place = Some(folded);
                return Ok(executed);
            }
            Verdict::Conflict { .. } | Verdict::LookAgain => {}
            Verdict::Busy(detail) => {
                busy += 1;
                if busy == MAX_BUSY {
                    return Err(ExecuteError::Busy(detail));
                }
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            Verdict::Rejected(detail) => return Err(ExecuteError::Rejected(detail)),
            Verdict::Unreachable(detail) => return Err(LogError::Writer(detail).into()),
        }
    }
    Err(ExecuteError::Conflict)
}

/// One command on its way.
struct Run<'a, A: Commanded> {
    inner: &'a Inner,
    id: &'a str,
    command: A::Command,
    name: &'static str,
    context: &'a Context,
}

enum Answer<A: Commanded> {
    /// Nothing needs to be appended.
    Final(Outcome<A>),
    /// The state with the events applied, and the events.
    Decided(A, Vec<A::Event>),
}

impl<A: Commanded> Run<'_, A> {
    async fn load(&self) -> Result<Folded<A>, LogError> {
        let generation = self.inner.shared.generation();
        let mut folded = Folded::load(&self.inner.store, self.id).await?;
        folded.generation = generation;
        Ok(folded)
    }

    /// Looks for a first result, else decides. What leads to no event is decided on a state that
    /// was read within this call, and answered when that state is on disk.
    async fn answer(
        &self,
        folded: &mut Folded<A>,
        mut fresh: bool,
    ) -> Result<Answer<A>, ExecuteError<A::Error>> {
        loop {
            if let Some(first) = folded.commands.get(&self.context.command_id.0).cloned() {
                self.flushed(folded).await?;
                return Ok(Answer::Final(self.repeat(folded, &first).await));
            }
            let decided = self.decide(&folded.state).await;
            match decided {
                Ok((state, events)) if !events.is_empty() => {
                    return Ok(Answer::Decided(state, events));
                }
                _ if !fresh => {
                    fresh = true;
                    folded.catch_up(&self.inner.store, self.id).await?;
                }
                Ok(_) => {
                    let position = self.flushed(folded).await?;
                    return Ok(Answer::Final(Ok(Executed {
                        state: Arc::clone(&folded.state),
                        events: vec![],
                        sequence: folded.sequence,
                        position,
                        repeated: false,
                    })));
                }
                Err(refusal) => {
                    self.flushed(folded).await?;
                    return Ok(Answer::Final(Err(ExecuteError::Refused(refusal))));
                }
            }
        }
    }

    /// Waits until the state is on disk, when it comes from what others may have written just now,
    /// and answers its position. No crash takes back what the caller is told.
    async fn flushed(&self, folded: &mut Folded<A>) -> Result<u64, LogError> {
        if let Some(position) = folded.position {
            return Ok(position);
        }
        let store = &self.inner.store;
        let position = store.position_of(A::TYPE, self.id, folded.sequence).await?;
        folded.position = Some(position);
        Ok(position)
    }

    /// The aggregate's rules, on a copy of its state.
    async fn decide(&self, state: &A) -> Result<(A, Vec<A::Event>), A::Error> {
        let mut state = state.clone();
        let sink = EventSink::default();
        let now = Now(self.inner.store.now());
        state.handle(self.command.clone(), &now, &sink).await?;
        Ok((state, sink.collect().await))
    }

    /// What the command led to when it was here first.
    async fn repeat(&self, folded: &Folded<A>, first: &FirstResult) -> Outcome<A> {
        let other_body = match (&first.body_hash, &self.context.body_hash) {
            (Some(then), Some(now)) => then != now,
            _ => false,
        };
        if first.command != self.name || other_body {
            return Err(ExecuteError::IdReused);
        }
        let store = &self.inner.store;
        let stored = store.read(A::TYPE, self.id, first.from, first.to).await?;
        // What was folded may have been lost in a crash since.
        let ours = |e: &Event| e.event_metadata().command_id == Some(self.context.command_id.0);
        if stored.len() as u64 != first.to - first.from + 1 || !stored.iter().all(ours) {
            return Err(LogError::Rewound.into());
        }
        let events: Vec<_> = stored.iter().map(recorded::<A>).collect::<Result<_, _>>()?;
        Ok(Executed {
            state: Arc::clone(&folded.state),
            sequence: first.to,
            position: events.last().map_or(0, |e| e.position),
            events,
            repeated: true,
        })
    }

    /// The events as texts.
    fn append_of(
        &self,
        expected: u64,
        events: &[A::Event],
    ) -> Result<Append, ExecuteError<A::Error>> {
        let text = |event: &A::Event| {
            let payload = serde_json::to_string(event)
                .map_err(|error| ExecuteError::Rejected(error.to_string()))?;
            Ok(NewEvent {
                event_type: event.event_type(),
                event_version: event.event_version(),
                payload,
            })
        };
        Ok(Append {
            aggregate_type: A::TYPE,
            aggregate_id: self.id.to_owned(),
            expected,
            command_id: self.context.command_id,
            metadata: self.context.metadata(self.name),
            events: events
                .iter()
                .map(text)
                .collect::<Result<_, ExecuteError<_>>>()?,
        })
    }

    /// The events are in the log: the copy becomes the state.
    fn accepted(
        &self,
        folded: &mut Folded<A>,
        state: A,
        events: Vec<A::Event>,
        places: &[Place],
    ) -> Executed<A> {
        let from = folded.sequence + 1;
        let events: Vec<_> = events
            .into_iter()
            .zip(from..)
            .zip(places)
            .map(|((event, sequence), place)| Recorded {
                event,
                event_id: place.event_id,
                sequence,
                position: place.position,
                recorded_at: place.recorded_at,
            })
            .collect();
        let position = places.last().map_or(0, |place| place.position);
        folded.sequence += events.len() as u64;
        folded.position = Some(position);
        folded.state = Arc::new(state);
        let first = FirstResult {
            command: self.name.to_owned(),
            body_hash: self.context.body_hash.clone(),
            from,
            to: folded.sequence,
        };
        folded.commands.insert(self.context.command_id.0, first);
        Executed {
            state: Arc::clone(&folded.state),
            sequence: folded.sequence,
            position,
            events,
            repeated: false,
        }
    }
}

/// A stored event as the aggregate's own.
pub(super) fn recorded<A: Commanded>(stored: &Event) -> Result<Recorded<A::Event>, LogError> {
    let event = decode_payload(A::TYPE, &stored.event_type, &stored.event_version, || {
        serde_json::from_str(&stored.payload)
    })?;
    Ok(Recorded {
        event,
        event_id: stored.event_id,
        sequence: stored.sequence,
        position: stored.position,
        recorded_at: stored.recorded_at,
    })
}
