//! One line per event, for each task, until it ends; its live pictures are kept for the report.

use crate::report::Picture;
use crate::scenario::Entry;
use chrono::{DateTime, Utc};
use client::{Client, Message, words};
use domain::TaskId;
use schemas::PublicEvent;
use schemas::ws::{ClientFrame, ServerFrame};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

const ENDS_WITHIN: Duration = Duration::from_secs(240);

/// Most bytes of pictures kept of one task; what comes after is not kept.
const PICTURES_BYTES: usize = 64 << 20;

/// What is known of a task while it runs.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub sequences: BTreeSet<u64>,
    pub at_work: bool,
    pub ended: bool,
    /// The open question's id and kind.
    pub question: Option<(String, String)>,
    /// The control epoch of the human who drives the browser.
    pub held: Option<u64>,
    pub position: u64,
}

/// What the demo itself did to a task.
#[derive(Clone, Debug)]
pub struct Announced {
    pub at: DateTime<Utc>,
    pub line: String,
}

/// Follows one task over its public socket.
#[derive(Clone)]
pub struct Follower {
    pub entry: Entry,
    pub id: TaskId,
    began: Instant,
    seen: watch::Receiver<Seen>,
    took: Arc<Mutex<Option<Duration>>>,
    pictures: Arc<Mutex<Vec<Picture>>>,
    announced: Arc<Mutex<Vec<Announced>>>,
}

impl Follower {
    /// Begins to follow.
    pub fn start(client: &Client, entry: Entry, id: TaskId) -> Self {
        let (tell, seen) = watch::channel(Seen::default());
        let follower = Self {
            entry,
            id,
            began: Instant::now(),
            seen,
            took: Arc::default(),
            pictures: Arc::default(),
            announced: Arc::default(),
        };
        let (client, own) = (client.clone(), follower.clone());
        tokio::spawn(async move {
            while !tell.borrow().ended {
                if let Err(error) = own.follow(&client, &tell).await {
                    own.say(&format!("(conexión perdida: {error}; vuelve a conectar)"));
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        });
        follower
    }

    /// Prints a line of this task.
    pub fn say(&self, line: &str) {
        let at = self.began.elapsed().as_secs_f32();
        println!("{at:>6.1} s  {:<9} {line}", self.entry.label);
    }

    /// Prints what the demo itself does to this task; the report tells it too.
    pub fn announce(&self, line: &str) {
        self.say(&format!("*** {line} ***"));
        let now = std::time::SystemTime::now();
        let mut announced = self
            .announced
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        announced.push(Announced {
            at: now.into(),
            line: line.to_owned(),
        });
    }

    /// What was announced, and when.
    pub fn announced(&self) -> Vec<Announced> {
        let announced = self.announced.lock();
        announced.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is known so far.
    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Changes of what is known.
    pub fn watch(&self) -> watch::Receiver<Seen> {
        self.seen.clone()
    }

    /// Waits until the agent has done its first step on a page.
    pub async fn until_at_work(&self) {
        // The sender ends only after the task has.
        let _ = self
            .seen
            .clone()
            .wait_for(|seen| seen.at_work || seen.ended)
            .await;
    }

    /// How long the task took.
    pub fn took(&self) -> Option<Duration> {
        *self.took.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The live pictures so far.
    pub fn pictures(&self) -> Vec<Picture> {
        let pictures = self.pictures.lock();
        pictures.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn follow(
        &self,
        client: &Client,
        tell: &watch::Sender<Seen>,
    ) -> Result<(), client::ClientError> {
        let after = tell.borrow().sequences.last().copied().unwrap_or(0);
        let mut socket = client.watch(self.id, after, true).await?;
        while let Some(message) = socket.next().await? {
            match message {
                Message::Frame(ServerFrame::Event(event)) => {
                    self.event(&event, tell);
                    if tell.borrow().ended {
                        break;
                    }
                }
                Message::Picture(header, jpeg) => {
                    let number = header.number;
                    self.keep(header.at_ms, &jpeg);
                    socket.send(&ClientFrame::FrameAck { number }).await?;
                }
                Message::Frame(_) => {}
            }
        }
        Ok(())
    }

    fn keep(&self, at_ms: u64, jpeg: &[u8]) {
        let mut pictures = self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = pictures.iter().map(|picture| picture.jpeg.len()).sum();
        if kept + jpeg.len() <= PICTURES_BYTES {
            pictures.push(Picture {
                at_ms: i64::try_from(at_ms).unwrap_or(i64::MAX),
                jpeg: jpeg.to_vec(),
            });
        }
    }

    fn event(&self, event: &PublicEvent, tell: &watch::Sender<Seen>) {
        if let Some(line) = words::event(event) {
            self.say(&line);
        }
        let text = |name: &str| {
            event
                .data
                .get(name)
                .and_then(|v| v.as_str())
                .map(str::to_owned)
        };
        tell.send_modify(|seen| {
            seen.sequences.insert(event.sequence);
            seen.position = event.position;
            match event.event.as_str() {
                "task.step" => seen.at_work = true,
                "task.intervention_requested" => {
                    seen.question = text("id").zip(text("kind"));
                }
                "task.intervention_answered" => seen.question = None,
                "task.control_taken" => {
                    seen.held = event.data.get("control_epoch").and_then(Value::as_u64);
                }
                "task.control_returned" => (seen.question, seen.held) = (None, None),
                "task.control_lapsed" => seen.held = None,
                "task.completed" | "task.failed" => {
                    seen.ended = true;
                    let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
                    took.get_or_insert(self.began.elapsed());
                }
                _ => {}
            }
        });
    }
}

/// Waits until every task has ended, or has had its time and the `more` that a newcomer takes.
pub async fn all(followers: &[Follower], more: Duration) {
    for follower in followers {
        let mut seen = follower.watch();
        let ended = seen.wait_for(|seen| seen.ended);
        if tokio::time::timeout(ENDS_WITHIN + more, ended)
            .await
            .is_err()
        {
            follower.say("(no terminó a tiempo)");
        }
    }
}
