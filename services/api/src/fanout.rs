//! Events on their way from the log to the sockets of this node: one reader, many listeners.
//!
//! A listener treats what it gets as a hint: it sends what continues its sequence and reads the
//! rest from the log. So loss, lag and restarts are one case.

use commands::{EventLog, StoredEvent};
use kit::reader::{Checkpoint, Reader};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

const BUFFERED_EVENTS: usize = 4096;

/// Where sockets listen.
#[derive(Clone)]
pub struct Fanout(broadcast::Sender<Arc<StoredEvent>>);

impl Default for Fanout {
    fn default() -> Self {
        Self(broadcast::channel(BUFFERED_EVENTS).0)
    }
}

impl Fanout {
    /// Every event of the log from now on.
    pub fn listen(&self) -> broadcast::Receiver<Arc<StoredEvent>> {
        self.0.subscribe()
    }

    /// Feeds the listeners until `stop`. Starts at the log's head, again after each fault.
    pub async fn run(self, log: EventLog, nats: async_nats::Client, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let ended = tokio::select! {
                ended = self.feed(&log, &nats) => ended,
                () = stop.cancelled() => return,
            };
            if let Err(error) = ended {
                tracing::warn!(%error, "the fan-out starts again at the head of the log");
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    () = stop.cancelled() => return,
                }
            }
        }
    }

    async fn feed(&self, log: &EventLog, nats: &async_nats::Client) -> anyhow::Result<()> {
        let head = log.head().await?;
        let mut checkpoint = Checkpoint {
            log_id: log.log_id().await?,
            position: head.position,
            chain: head.chain,
        };
        let mut reader = Reader::new(log.clone(), nats.clone(), "fanout");
        loop {
            for event in reader.next(&checkpoint).await? {
                checkpoint.position = event.position;
                checkpoint.chain.clone_from(&event.chain);
                // Nobody listens: nothing is lost, who comes later replays.
                let _ = self.0.send(Arc::new(event));
            }
        }
    }
}
