//! The one loop of every reader: the log in Postgres, shortened by JetStream.
//!
//! [`Reader::next`] waits for a message or for a tick of 1 s. A message that is the next link of the
//! caller's chain is applied without asking Postgres; anything else, the tick too, means: read on
//! from Postgres. Messages lost, doubled or out of order, a stream wiped or put back from an older
//! copy, and NATS gone altogether are one case, and cost at most a second.

mod checkpoint;
mod feed;

pub use checkpoint::{Checkpoint, Foreign, Lost};

use async_nats::connection::State;
use bytes::Bytes;
use commands::{EventLog, LogError, StoredEvent};
use feed::{Feed, Signal};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

use crate::subjects::LOG_HINT;

/// How long a reader relies on messages before it looks for itself.
const TICK: Duration = Duration::from_secs(1);

/// Events handed out at once.
const BATCH: u32 = 256;

/// Reads the log from a checkpoint on. One per consumer of events; dropping it ends its feed.
#[derive(Debug)]
pub struct Reader {
    log: EventLog,
    name: String,
    feed: Feed,
    /// There is or may be more in Postgres than was handed out.
    behind: bool,
    /// Postgres did not answer the last time.
    outage: bool,
}

impl Reader {
    /// A reader of that name (shown to whoever looks at the broker). Neither Postgres nor NATS
    /// need be up.
    pub fn new(log: EventLog, nats: async_nats::Client, name: &str) -> Self {
        Self {
            log,
            name: name.to_owned(),
            feed: Feed::start(nats, name),
            behind: true,
            outage: false,
        }
    }

    /// The log it reads.
    pub fn log(&self) -> &EventLog {
        &self.log
    }

    /// Where a reader begins that has no checkpoint: before the first event.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn beginning(&self) -> Result<Checkpoint, LogError> {
        Ok(Checkpoint::start(self.log.log_id().await?))
    }

    /// The next events after a checkpoint, in order and without gaps: at least one after a message,
    /// possibly none after a second, or while Postgres is away. Safe to drop at any time.
    ///
    /// # Errors
    /// [`Foreign`] when the checkpoint is not a place in this log, or the log has another id.
    pub async fn next(&mut self, after: &Checkpoint) -> Result<Vec<StoredEvent>, Foreign> {
        let tick = Instant::now() + TICK;
        while !self.behind {
            match tokio::time::timeout_at(tick, self.feed.recv()).await {
                Ok(Signal::Message(message)) => match message.link(after) {
                    feed::Link::Next(event) => return Ok(self.links_from(*event, after)),
                    feed::Link::Known => {}
                    feed::Link::Unclear => self.behind = true,
                },
                Ok(Signal::Renewed) | Err(_) => self.behind = true,
            }
        }
        self.read_on(after, tick).await
    }

    /// The event and those already here that link up with it.
    fn links_from(&mut self, first: StoredEvent, after: &Checkpoint) -> Vec<StoredEvent> {
        let mut at = after.moved_to(&first);
        let mut events = vec![first];
        while events.len() < BATCH as usize {
            let event = match self.feed.try_recv() {
                Some(Signal::Message(message)) => match message.link(&at) {
                    feed::Link::Next(event) => event,
                    feed::Link::Known => continue,
                    feed::Link::Unclear => {
                        self.behind = true;
                        break;
                    }
                },
                Some(Signal::Renewed) => {
                    self.behind = true;
                    break;
                }
                None => break,
            };
            at = at.moved_to(&event);
            events.push(*event);
        }
        events
    }

    /// Reads on from Postgres. While that is away it answers nothing, once a tick.
    async fn read_on(
        &mut self,
        after: &Checkpoint,
        tick: Instant,
    ) -> Result<Vec<StoredEvent>, Foreign> {
        match self.read(after).await {
            Ok(read) => {
                if std::mem::take(&mut self.outage) {
                    tracing::info!(reader = self.name, "the log answers again");
                }
                let events = read?;
                self.behind = events.len() == BATCH as usize;
                Ok(events)
            }
            Err(error) => {
                if !std::mem::replace(&mut self.outage, true) {
                    tracing::warn!(reader = self.name, error = %chain(&error), "the log can't be read; waiting");
                }
                tokio::time::sleep_until(tick).await;
                Ok(Vec::new())
            }
        }
    }

    async fn read(
        &self,
        after: &Checkpoint,
    ) -> Result<Result<Vec<StoredEvent>, Foreign>, LogError> {
        let found = self.log.log_id().await?;
        let Some(before) = after.position.checked_sub(1) else {
            let judged = after.judge(found, Some(&after.chain));
            return match judged {
                Ok(()) => Ok(Ok(self.log.read_after(0, BATCH).await?)),
                Err(foreign) => Ok(Err(foreign)),
            };
        };
        // The checkpoint's own event comes first, to be compared.
        let mut events = self.log.read_after(before, BATCH + 1).await?;
        let there = events.first().map(|event| event.chain.as_slice());
        if let Err(foreign) = after.judge(found, there) {
            return Ok(Err(foreign));
        }
        events.remove(0);
        Ok(Ok(events))
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// How every service connects to NATS: it never gives up, and while the server is away publishing
/// and subscribing wait, at the start too.
pub fn nats_options(name: &str) -> async_nats::ConnectOptions {
    async_nats::ConnectOptions::new()
        .name(name)
        .retry_on_initial_connect()
        .connection_timeout(Duration::from_secs(2))
        .ping_interval(Duration::from_secs(5))
        .request_timeout(Some(Duration::from_secs(3)))
        .reconnect_delay_callback(|attempts| {
            let attempts = u64::try_from(attempts).unwrap_or(u64::MAX);
            Duration::from_millis(attempts.saturating_mul(50).min(1000))
        })
}

/// Bytes as lower-case hex, as in headers.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Tells the relay that the log has grown: at most once per 2 ms, never losing the last call. Call
/// it after every command that was accepted; a lost hint costs a second.
pub fn hint(nats: &async_nats::Client) {
    const GAP: Duration = Duration::from_millis(2);
    static UNDER_WAY: AtomicBool = AtomicBool::new(false);
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    // What is sent into a closed connection piles up. The relay looks for itself when it is back.
    if nats.connection_state() != State::Connected {
        return;
    }
    if UNDER_WAY.swap(true, Ordering::AcqRel) {
        return;
    }
    let nats = nats.clone();
    tokio::spawn(async move {
        let last = LAST.lock().map_or(None, |last| *last);
        if let Some(last) = last {
            tokio::time::sleep_until(last + GAP).await;
        }
        if let Ok(mut last) = LAST.lock() {
            *last = Some(Instant::now());
        }
        // Before the message: whoever comes now gets one of their own.
        UNDER_WAY.store(false, Ordering::Release);
        crate::nats::say(&nats, LOG_HINT.to_owned(), Bytes::new()).await;
    });
}
