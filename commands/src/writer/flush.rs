//! The flush outside the log's lock: batches commit without waiting for the disk, and their
//! verdicts are held back until a flush has ended that began after the commit. While one flush is
//! under way the next batches come together, and share the next one.

use super::again::Tries;
use super::{Answers, Pending, Verdict};
use crate::error::LogError;
use crate::log::flush;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Batches that may wait for a flush before the writer waits too.
const QUEUE: usize = 64;
/// Of [`Flusher::connection`]: there is none.
const NONE: u64 = 0;

/// A batch that was committed, and maybe not flushed.
pub(super) struct Committed {
    /// The flusher's connection when the batch was sent.
    pub(super) connection: u64,
    pub(super) answers: Vec<(Pending, Verdict)>,
}

/// Hands batches to the flusher's task, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Flusher {
    queue: mpsc::Sender<Committed>,
    open: Arc<AtomicU64>,
}

impl Flusher {
    /// Opens the connection, flushes once to see that it may, and starts.
    pub(super) async fn start(
        options: PgConnectOptions,
        answers: Answers,
    ) -> Result<Self, LogError> {
        let open = Arc::new(AtomicU64::new(NONE));
        let mut task = Task {
            options,
            answers,
            connection: None,
            opened: NONE,
            open: Arc::clone(&open),
        };
        task.connect().await?;
        let (queue, committed) = mpsc::channel(QUEUE);
        tokio::spawn(task.run(committed));
        Ok(Self { queue, open })
    }

    /// The number of the connection that is open now. When a flush on it succeeds later, the server
    /// has not crashed since.
    pub(super) fn connection(&self) -> u64 {
        self.open.load(Ordering::Acquire)
    }

    /// Has a batch flushed and answered.
    pub(super) async fn flush(&self, committed: Committed) {
        // The task ends after this handle only; if it panicked, those who wait are told that the
        // writer has ended.
        let _ = self.queue.send(committed).await;
    }
}

struct Task {
    options: PgConnectOptions,
    answers: Answers,
    connection: Option<PgConnection>,
    /// How many connections were opened.
    opened: u64,
    /// The number of the open one.
    open: Arc<AtomicU64>,
}

impl Task {
    async fn run(mut self, mut committed: mpsc::Receiver<Committed>) {
        let mut due = Vec::new();
        while committed.recv_many(&mut due, QUEUE).await > 0 {
            match self.flush().await {
                Ok(flushed_by) => self.answer(due.drain(..), flushed_by),
                Err(error) => {
                    tracing::warn!(%error, "the log's flusher lost its connection");
                    let verdict = match self.reconnect().await {
                        Ok(()) => Verdict::LookAgain,
                        Err(again) => Verdict::Unreachable(format!("{error}; then: {again}")),
                    };
                    for batch in due.drain(..) {
                        self.lost(batch, &verdict);
                    }
                }
            }
        }
        if let Some(connection) = self.connection {
            let _ = connection.close().await;
        }
    }

    /// Flushes, and answers on which connection.
    async fn flush(&mut self) -> Result<u64, LogError> {
        if self.connection.is_none() {
            self.reconnect().await?;
        }
        let Some(connection) = &mut self.connection else {
            return Err(LogError::Writer("not connected".to_owned()));
        };
        match flush(connection).await {
            Ok(()) => Ok(self.opened),
            Err(error) => {
                // Before anything else: a batch that is sent from now on is not covered by it.
                self.open.store(NONE, Ordering::Release);
                self.connection = None;
                Err(error.into())
            }
        }
    }

    /// Gives their verdicts to all that this connection saw being sent. What was sent before it was
    /// opened may have been lost in a crash before that, and its flush would not tell.
    fn answer(&self, due: impl Iterator<Item = Committed>, flushed_by: u64) {
        for batch in due {
            if batch.connection == flushed_by {
                self.answers.give(batch.answers);
            } else {
                self.lost(batch, &Verdict::LookAgain);
            }
        }
    }

    /// Committed once, and nobody knows whether it still is.
    fn lost(&self, batch: Committed, verdict: &Verdict) {
        let pending = batch.answers.into_iter().map(|(pending, _)| pending);
        self.answers.give_all(pending.collect(), verdict);
    }

    async fn reconnect(&mut self) -> Result<(), LogError> {
        let mut tries = Tries::begin();
        loop {
            match self.connect().await {
                Err(_) if tries.again().await => {}
                ended => return ended,
            }
        }
    }

    async fn connect(&mut self) -> Result<(), LogError> {
        let mut connection = self.options.connect().await?;
        flush(&mut connection).await?;
        self.connection = Some(connection);
        self.opened += 1;
        self.open.store(self.opened, Ordering::Release);
        Ok(())
    }
}
