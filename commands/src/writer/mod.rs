//! The one writer of a process: takes the appends that wait into batches.
//!
//! It owns its connection: nobody else uses it, its calls are never dropped half-way and have no
//! timeout around them (the server's statement timeout ends them). When a connection is lost, the
//! writer first makes sure that its old backend is gone, and only then answers "look again": from
//! there on the log tells for good whether the appends were recorded.
//!
//! Where the flush is outside the log's lock, verdicts are held back by the [`flush`]er.

mod again;
mod batch;
mod call;
mod flush;
mod session;

use crate::bus::{FlushMode, SharedState};
use crate::error::LogError;
use batch::Waiting;
use call::CallError;
use chrono::{DateTime, Utc};
use flush::{Committed, Flusher};
use session::Session;
use sqlx::postgres::PgConnectOptions;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// How many appends may wait before senders wait too.
const QUEUE: usize = 4096;
/// How often an idle writer looks whether the time must be measured anew.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// One event to append.
#[derive(Debug)]
pub(crate) struct NewEvent {
    pub event_id: Uuid,
    pub sequence: u64,
    pub event_type: String,
    pub event_version: String,
    pub payload: String,
    pub leaf: [u8; 32],
}

/// The events of one command: all of them or none.
#[derive(Debug)]
pub(crate) struct Append {
    pub aggregate_type: &'static str,
    pub aggregate_id: String,
    /// The sequence the aggregate must have.
    pub expected: u64,
    /// The log the leaves were made for.
    pub log_id: Uuid,
    /// Of each event.
    pub metadata: String,
    pub events: Vec<NewEvent>,
}

impl Append {
    fn size_bytes(&self) -> usize {
        let each = |e: &NewEvent| e.payload.len() + self.metadata.len() + 200;
        self.events.iter().map(each).sum()
    }
}

/// What became of an append.
#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    Accepted {
        first_position: u64,
        recorded_at: DateTime<Utc>,
    },
    /// The aggregate's sequence is another.
    Conflict { current: u64 },
    /// The events can't be stored.
    Rejected(String),
    /// Not recorded; may be repeated.
    Busy(String),
    /// The connection was lost and the old backend is gone, or the log has another id: look again.
    LookAgain,
    /// The database can't be reached: nobody knows.
    Unreachable(String),
}

/// An append and who waits for its verdict.
#[derive(Debug)]
pub(crate) struct Pending {
    append: Append,
    reply: oneshot::Sender<Verdict>,
}

impl Pending {
    /// How many events it brings.
    pub(crate) fn events(&self) -> u64 {
        self.append.events.len() as u64
    }

    fn answer(self, verdict: Verdict) {
        // Nobody listens when the command's caller has gone; the log tells a repeat.
        let _ = self.reply.send(verdict);
    }
}

/// Hands appends to the writer's task. The task ends when the last handle is dropped.
#[derive(Clone, Debug)]
pub(crate) struct WriterHandle {
    queue: mpsc::Sender<Pending>,
}

impl WriterHandle {
    /// Appends, and waits for the verdict. Dropping the future does not take the append back.
    pub(crate) async fn append(&self, append: Append) -> Verdict {
        let (reply, verdict) = oneshot::channel();
        if self.queue.send(Pending { append, reply }).await.is_err() {
            return Verdict::Unreachable("the writer has ended".to_owned());
        }
        verdict
            .await
            .unwrap_or_else(|_| Verdict::Unreachable("the writer has ended".to_owned()))
    }
}

/// Opens the writer's connection, and the flusher's where there is one, and starts both.
pub(crate) async fn start(
    options: PgConnectOptions,
    flush: FlushMode,
    shared: Arc<SharedState>,
) -> Result<WriterHandle, LogError> {
    let answers = Answers {
        shared: Arc::clone(&shared),
        count: Arc::default(),
    };
    let session = Session::open(options.clone(), flush, &shared).await?;
    let flusher = match flush {
        FlushMode::Inside => None,
        FlushMode::Outside => Some(Flusher::start(options, answers.clone()).await?),
    };
    let (queue, arrivals) = mpsc::channel(QUEUE);
    let writer = Writer {
        session,
        shared,
        answers,
        flusher,
    };
    tokio::spawn(writer.run(arrivals));
    Ok(WriterHandle { queue })
}

/// Gives verdicts to those who wait for them.
#[derive(Clone, Debug)]
struct Answers {
    shared: Arc<SharedState>,
    /// How many were given since the writer last looked.
    count: Arc<AtomicUsize>,
}

impl Answers {
    /// What was recorded is recorded for good.
    fn give(&self, answers: Vec<(Pending, Verdict)>) {
        self.shared.appended(&answers);
        self.count.fetch_add(answers.len(), Ordering::Relaxed);
        for (pending, verdict) in answers {
            pending.answer(verdict);
        }
    }

    /// One verdict for all.
    fn give_all(&self, all: Vec<Pending>, verdict: &Verdict) {
        let each = |pending| (pending, verdict.clone());
        self.give(all.into_iter().map(each).collect());
    }
}

struct Writer {
    session: Session,
    shared: Arc<SharedState>,
    answers: Answers,
    /// Where the flush is outside the log's lock.
    flusher: Option<Flusher>,
}

impl Writer {
    async fn run(mut self, mut arrivals: mpsc::Receiver<Pending>) {
        let mut waiting = Waiting::new(Arc::clone(&self.answers.count));
        loop {
            // What had arrived when the time is up stays in `waiting`.
            match tokio::time::timeout(LOOK_EVERY, waiting.fill(&mut arrivals)).await {
                Ok(true) => {
                    let batch = waiting.take_batch();
                    let begun = Instant::now();
                    self.write(batch).await;
                    waiting.called(begun.elapsed());
                }
                Ok(false) => break,
                Err(_) => {}
            }
            self.session.keep_time(&self.shared).await;
        }
        self.session.close().await;
    }

    /// Appends a batch, halving it when something in it can't be stored, until the culprit alone
    /// is left.
    async fn write(&mut self, batch: Vec<Pending>) {
        let mut parts = vec![batch];
        while let Some(mut part) = parts.pop() {
            // Before the call: the flush must be one of a connection that was open by then.
            let flusher = self.flusher.as_ref().map(Flusher::connection);
            match self.session.append(&part, &self.shared).await {
                Ok(verdicts) => {
                    let answers = part.into_iter().zip(verdicts).collect();
                    self.committed(answers, flusher).await;
                }
                Err(CallError::Unstorable(_)) if part.len() > 1 => {
                    parts.push(part.split_off(part.len() / 2));
                    parts.push(part);
                }
                Err(error) => {
                    let verdict = self.verdict_of(error).await;
                    self.answers.give_all(part, &verdict);
                }
            }
        }
    }

    /// A batch that was committed: flushed already, or to be flushed before anybody is answered.
    async fn committed(&self, answers: Vec<(Pending, Verdict)>, connection: Option<u64>) {
        match (&self.flusher, connection) {
            (Some(flusher), Some(connection)) => {
                let committed = Committed {
                    connection,
                    answers,
                };
                flusher.flush(committed).await;
            }
            _ => self.answers.give(answers),
        }
    }

    /// One verdict for all of a call that failed as a whole.
    async fn verdict_of(&mut self, error: CallError) -> Verdict {
        match error {
            CallError::Unstorable(detail) => Verdict::Rejected(detail),
            CallError::Busy(detail) => Verdict::Busy(detail),
            CallError::Refused(detail) => Verdict::Unreachable(detail),
            CallError::OtherLog => match self.session.refresh(&self.shared).await {
                Ok(()) => Verdict::LookAgain,
                Err(error) => Verdict::Unreachable(error.to_string()),
            },
            CallError::Lost(detail) => {
                tracing::warn!(%detail, "the log's writer lost its connection");
                match self.session.reconnect(&self.shared).await {
                    Ok(()) => Verdict::LookAgain,
                    Err(error) => Verdict::Unreachable(format!("{detail}; then: {error}")),
                }
            }
        }
    }
}
