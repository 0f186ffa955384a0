//! The messages of the stream `EVENTS`, as they come, from a consumer that is made anew whenever it
//! could be dead: at its end, when heartbeats are missing, when the stream is another one, and when
//! it is ahead of its stream (then it looks healthy and delivers nothing).

use super::Checkpoint;
use crate::subjects::{EVENTS_STREAM, header};
use anyhow::{Context as _, bail};
use async_nats::connection::State;
use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use commands::StoredEvent;
use futures::StreamExt as _;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Messages that wait for the reader. More are dropped: the reader finds them in Postgres.
const WAITING: usize = 1024;
const HEARTBEAT: Duration = Duration::from_secs(2);
const WATCH_EVERY: Duration = Duration::from_secs(5);

/// What the feed tells its reader.
pub(super) enum Signal {
    Message(Message),
    /// A new consumer: what came before it is known to Postgres only.
    Renewed,
}

/// A message of the stream.
pub(super) struct Message(async_nats::Message);

/// How a message relates to a checkpoint.
pub(super) enum Link {
    /// The very next event.
    Next(Box<StoredEvent>),
    /// At or before the checkpoint, in the same log.
    Known,
    /// Anything else.
    Unclear,
}

impl Message {
    pub(super) fn link(&self, at: &Checkpoint) -> Link {
        let text = |name| {
            let headers = self.0.headers.as_ref()?;
            Some(headers.get(name)?.as_str())
        };
        let log_id: Option<Uuid> = text(header::LOG_ID).and_then(|id| id.parse().ok());
        let position: Option<u64> = text(header::POSITION).and_then(|n| n.parse().ok());
        match (log_id, position) {
            (Some(log_id), Some(position)) if log_id == at.log_id => {
                if position <= at.position {
                    return Link::Known;
                }
                if position != at.position + 1 {
                    return Link::Unclear;
                }
            }
            _ => return Link::Unclear,
        }
        // Without a payload it was too large for a message.
        match serde_json::from_slice::<StoredEvent>(&self.0.payload) {
            Ok(event)
                if event.position == at.position + 1
                    && event.previous_chain == at.chain
                    && event.hashes_hold(at.log_id) =>
            {
                Link::Next(Box::new(event))
            }
            _ => Link::Unclear,
        }
    }
}

/// A task that follows the stream for as long as this lives.
#[derive(Debug)]
pub(super) struct Feed {
    signals: mpsc::Receiver<Signal>,
    task: JoinHandle<()>,
}

impl Feed {
    pub(super) fn start(nats: async_nats::Client, name: &str) -> Self {
        let (sender, signals) = mpsc::channel(WAITING);
        let name = name.to_owned();
        let task = tokio::spawn(async move { keep_following(&nats, &name, &sender).await });
        Self { signals, task }
    }

    pub(super) async fn recv(&mut self) -> Signal {
        match self.signals.recv().await {
            Some(signal) => signal,
            // The task ended; the reader's ticks go on.
            None => std::future::pending().await,
        }
    }

    pub(super) fn try_recv(&mut self) -> Option<Signal> {
        self.signals.try_recv().ok()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep_following(nats: &async_nats::Client, name: &str, sender: &mpsc::Sender<Signal>) {
    let mut pause = Duration::from_millis(100);
    loop {
        let mut followed = false;
        if nats.connection_state() != State::Connected {
            tracing::debug!(reader = name, "NATS is away");
        } else if let Err(error) = follow(nats, name, sender, &mut followed).await {
            tracing::debug!(reader = name, %error, "following the stream anew");
        }
        if followed {
            pause = Duration::from_millis(100);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

async fn follow(
    nats: &async_nats::Client,
    name: &str,
    sender: &mpsc::Sender<Signal>,
    followed: &mut bool,
) -> anyhow::Result<()> {
    let mut context = jetstream::new(nats.clone());
    context.set_timeout(Duration::from_secs(3));
    let stream = context.get_stream(EVENTS_STREAM).await?;
    let created = stream.cached_info().created;
    let consumer: PullConsumer = stream
        .create_consumer(pull::Config {
            description: Some(format!("reader {name}")),
            // What was before is read from Postgres.
            deliver_policy: DeliverPolicy::New,
            ack_policy: AckPolicy::None,
            inactive_threshold: Duration::from_secs(30),
            memory_storage: true,
            num_replicas: 1,
            ..pull::Config::default()
        })
        .await?;
    let mut messages = consumer
        .stream()
        .max_messages_per_batch(WAITING)
        .expires(Duration::from_secs(30))
        .heartbeat(HEARTBEAT)
        .messages()
        .await?;
    *followed = true;
    sender.send(Signal::Renewed).await?;
    let mut watch = tokio::time::interval(WATCH_EVERY);
    loop {
        tokio::select! {
            message = messages.next() => {
                let message = message.context("the consumer has ended")??;
                // Full: the reader is busy, and will find it in Postgres.
                let _ = sender.try_send(Signal::Message(Message(message.message)));
            }
            _ = watch.tick() => {
                // The consumer first: between the two questions the stream may only grow.
                let delivered = consumer.get_info().await?.delivered.stream_sequence;
                let info = stream.get_info().await?;
                if info.created != created {
                    bail!("the stream is another one");
                }
                if delivered > info.state.last_sequence {
                    bail!("the consumer is ahead of its stream");
                }
            }
        }
    }
}
