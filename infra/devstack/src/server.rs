//! One supervised server: started, crashed, started again, stopped.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::sync::Mutex;

use crate::files::{log_length, log_tail};
use crate::holder::{Held, Spec};

/// How long a server may take until it answers; a crash recovery on a slow disk takes its time.
const READY_LIMIT: Duration = Duration::from_secs(120);

/// A server and the way to start it again.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    spec: Spec,
    log: PathBuf,
    held: Mutex<Option<Held>>,
}

/// Why a server didn't come up.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Its port belongs to somebody else.
    PortTaken,
    /// What it left from its last life is still in use; try again soon.
    NotYet(String),
    /// Anything else.
    Other(anyhow::Error),
}

impl Server {
    pub(crate) fn new(name: &'static str, spec: Spec, log: PathBuf) -> Self {
        Self {
            name,
            spec,
            log,
            held: Mutex::new(None),
        }
    }

    /// Starts it and waits until `ready` answers true.
    pub(crate) async fn start<F>(&self, ready: impl Fn() -> F) -> Result<(), Failure>
    where
        F: Future<Output = bool>,
    {
        let mut held = self.held.lock().await;
        if held.is_some() {
            return Err(Failure::Other(anyhow::anyhow!(
                "{} is running already",
                self.name
            )));
        }
        let log_from = log_length(&self.log);
        let mut child = self.spec.clone().spawn().await.map_err(Failure::Other)?;
        let begun = Instant::now();
        loop {
            if ready().await {
                *held = Some(child);
                return Ok(());
            }
            if let Some(status) = child.exited().map_err(Failure::Other)? {
                let tail = log_tail(&self.log, log_from);
                return Err(if tail.to_lowercase().contains("address already in use") {
                    Failure::PortTaken
                } else if tail.contains("shared memory block") || tail.contains("postmaster.pid") {
                    Failure::NotYet(tail)
                } else {
                    Failure::Other(anyhow::anyhow!(
                        "{} ended with {status}:\n{tail}",
                        self.name
                    ))
                });
            }
            if begun.elapsed() > READY_LIMIT {
                let tail = log_tail(&self.log, log_from);
                child.stop().await.map_err(Failure::Other)?;
                return Err(Failure::Other(anyhow::anyhow!(
                    "{} didn't answer within {} s:\n{tail}",
                    self.name,
                    READY_LIMIT.as_secs()
                )));
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// [`Server::start`] after a crash: waits until what its last life left is gone.
    pub(crate) async fn start_again<F>(&self, ready: impl Fn() -> F) -> Result<()>
    where
        F: Future<Output = bool>,
    {
        let begun = Instant::now();
        loop {
            match self.start(&ready).await {
                Ok(()) => return Ok(()),
                Err(Failure::NotYet(_)) if begun.elapsed() < READY_LIMIT => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Err(failure) => return Err(self.explain(failure)),
            }
        }
    }

    /// A failure as an error that says what to do.
    pub(crate) fn explain(&self, failure: Failure) -> anyhow::Error {
        match failure {
            Failure::PortTaken => anyhow::anyhow!(
                "another program listens on the port of {}; end it, or remove ports.json in the \
                 stack's folder to choose other ports",
                self.name
            ),
            Failure::NotYet(tail) => anyhow::anyhow!("{} can't start yet:\n{tail}", self.name),
            Failure::Other(error) => error,
        }
    }

    pub(crate) async fn pid(&self) -> Option<u32> {
        self.held.lock().await.as_ref().map(Held::pid)
    }

    pub(crate) async fn kill9(&self) -> Result<()> {
        let mut held = self.held.lock().await;
        let mut child = held
            .take()
            .with_context(|| format!("{} isn't running", self.name))?;
        child.kill9().await
    }

    /// Stops it cleanly; nothing to do when it isn't running.
    pub(crate) async fn stop(&self) -> Result<()> {
        if let Some(mut child) = self.held.lock().await.take() {
            child.stop().await?;
        }
        Ok(())
    }

    /// Fails unless it is stopped; the guard keeps it so.
    pub(crate) async fn stopped(&self) -> Result<tokio::sync::MutexGuard<'_, Option<Held>>> {
        let held = self.held.lock().await;
        if held.is_some() {
            bail!("{} must be stopped first", self.name);
        }
        Ok(held)
    }
}
