//! A client that follows one task over its socket and opens it again wherever it breaks.

use crate::case::PATIENCE;
use anyhow::Context;
use client::{Client, ClientError, Message};
use domain::TaskId;
use schemas::PublicEvent;
use schemas::ws::ServerFrame;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// See the module. What it was sent is kept in the order of arrival, doubles included.
pub struct Follower {
    seen: watch::Receiver<Vec<PublicEvent>>,
    following: JoinHandle<()>,
}

impl Follower {
    /// Follows a task from its beginning until dropped.
    pub fn start(client: &Client, id: TaskId) -> Self {
        let (tell, seen) = watch::channel(Vec::new());
        let client = client.clone();
        let following = tokio::spawn(async move {
            loop {
                // A lost socket is this client's daily bread; what it missed comes with the next.
                let _ = follow(&client, id, &tell).await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        Self { seen, following }
    }

    /// What came so far.
    pub fn seen(&self) -> Vec<PublicEvent> {
        self.seen.borrow().clone()
    }

    /// Waits until what came fits.
    ///
    /// # Errors
    /// When it never does.
    pub async fn until(
        &self,
        what: &str,
        fits: impl Fn(&[PublicEvent]) -> bool,
    ) -> anyhow::Result<Vec<PublicEvent>> {
        let mut seen = self.seen.clone();
        let waited = seen.wait_for(|events| fits(events));
        let came = tokio::time::timeout(PATIENCE, waited).await;
        let came = came.with_context(|| format!("still waiting on the socket for: {what}"))?;
        Ok(came.context("the follower ended")?.clone())
    }

    /// Waits for an event of that name.
    ///
    /// # Errors
    /// When it never comes.
    pub async fn until_event(&self, name: &str) -> anyhow::Result<PublicEvent> {
        let events = self
            .until(name, |events| events.iter().any(|e| e.event == name))
            .await?;
        let found = events.into_iter().find(|e| e.event == name);
        found.context("it was there")
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.following.abort();
    }
}

async fn follow(
    client: &Client,
    id: TaskId,
    tell: &watch::Sender<Vec<PublicEvent>>,
) -> Result<(), ClientError> {
    let after = tell.borrow().last().map_or(0, |e| e.sequence);
    let mut socket = client.watch(id, after, false).await?;
    while let Some(message) = socket.next().await? {
        if let Message::Frame(ServerFrame::Event(event)) = message {
            tell.send_modify(|events| events.push(event));
        }
    }
    Ok(())
}
