//! One line per event, for each task, until it ends.

use crate::scenario::Entry;
use client::{Client, Message, words};
use domain::TaskId;
use schemas::PublicEvent;
use schemas::ws::ServerFrame;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

const ENDS_WITHIN: Duration = Duration::from_secs(240);

/// What is known of a task while it runs.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub sequences: BTreeSet<u64>,
    pub at_work: bool,
    pub ended: bool,
    /// The open question's id and kind.
    pub question: Option<(String, String)>,
    pub position: u64,
}

/// Follows one task over its public socket.
#[derive(Clone)]
pub struct Follower {
    pub entry: Entry,
    pub id: TaskId,
    began: Instant,
    seen: watch::Receiver<Seen>,
    took: Arc<Mutex<Option<Duration>>>,
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

    async fn follow(
        &self,
        client: &Client,
        tell: &watch::Sender<Seen>,
    ) -> Result<(), client::ClientError> {
        let after = tell.borrow().sequences.last().copied().unwrap_or(0);
        let mut socket = client.watch(self.id, after, false).await?;
        while let Some(message) = socket.next().await? {
            if let Message::Frame(ServerFrame::Event(event)) = message {
                self.event(&event, tell);
                if tell.borrow().ended {
                    break;
                }
            }
        }
        Ok(())
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
                "task.intervention_answered" | "task.control_returned" => seen.question = None,
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

/// Waits until every task has ended.
pub async fn all(followers: &[Follower]) -> anyhow::Result<()> {
    for follower in followers {
        let mut seen = follower.watch();
        let ended = seen.wait_for(|seen| seen.ended);
        match tokio::time::timeout(ENDS_WITHIN, ended).await {
            Ok(_) => {}
            Err(_) => anyhow::bail!("la tarea «{}» no terminó a tiempo", follower.entry.label),
        }
    }
    Ok(())
}
