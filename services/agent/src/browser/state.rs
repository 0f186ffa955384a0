//! What is known of a browser: its tabs, message boxes, downloads and the live picture.

use super::cast::Frame;
use super::cdp::{Call, Cdp};
use super::downloads::Fetching;
use super::{BrowserError, By, HostRule};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

/// One tab.
#[derive(Debug)]
pub(super) struct Page {
    /// The protocol's session.
    pub session: String,
    /// The tab, and its main frame.
    pub target: String,
    /// Our script's context in the main frame's present document.
    pub world: Option<String>,
    /// It once had one: the tab is usable.
    pub ready: bool,
    pub url: Url,
    /// HTTP status of the present document.
    pub status: Option<u16>,
    /// The request of the document on its way into the main frame.
    pub coming: Option<String>,
    /// Requests on their way, since when.
    pub requests: HashMap<String, Instant>,
    pub crashed: bool,
}

/// Everything that events tell.
#[derive(Debug, Default)]
pub(super) struct State {
    /// In the order they were opened.
    pub pages: Vec<Page>,
    /// Texts of all message boxes so far.
    pub dialogs: Vec<String>,
    /// Chromium has left the page it starts with; from then on every page is judged.
    pub begun: bool,
    /// A navigation that was refused and not yet told: host, why.
    pub refused: Option<(String, String)>,
    pub downloads: Vec<Fetching>,
    /// Whether somebody watches, and the session that is cast.
    pub casting: bool,
    pub cast_from: Option<String>,
    pub frames: u64,
}

impl State {
    /// The tab that is acted on: the newest.
    pub(super) fn active(&self) -> Option<&Page> {
        let usable = self.pages.iter().rev().find(|p| p.ready && !p.crashed);
        usable.or(self.pages.last())
    }

    pub(super) fn page(&mut self, session: Option<&str>) -> Option<&mut Page> {
        let session = session?;
        self.pages.iter_mut().find(|p| p.session == session)
    }
}

/// What all parts of one browser share.
#[derive(Debug)]
pub(super) struct Shared {
    pub cdp: Arc<Cdp>,
    pub rule: HostRule,
    pub download_dir: PathBuf,
    pub frames: watch::Sender<Option<Arc<Frame>>>,
    /// Grows with each change of the state.
    changes: watch::Sender<u64>,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(cdp: Arc<Cdp>, rule: HostRule, download_dir: PathBuf) -> Self {
        Self {
            cdp,
            rule,
            download_dir,
            frames: watch::Sender::new(None),
            changes: watch::Sender::new(0),
            state: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn changed(&self) {
        self.changes.send_modify(|n| *n += 1);
    }

    /// Sends a command on nobody's behalf; one that can't be sent any more doesn't matter.
    pub(super) fn post(&self, session: Option<&str>, method: &str, params: serde_json::Value) {
        let call = Call::new(session, method, By::Passive);
        self.cdp.post(call, params).ok();
    }

    /// Waits until `seen` finds something in the state; `None` when the time is over.
    ///
    /// # Errors
    /// [`BrowserError::BrowserLost`].
    pub(super) async fn until<T>(
        &self,
        within: Duration,
        mut seen: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<Option<T>, BrowserError> {
        let end = Instant::now() + within;
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(found) = seen(&mut self.state()) {
                return Ok(Some(found));
            }
            tokio::select! {
                changed = tokio::time::timeout_at(end, changes.changed()) => {
                    if changed.is_err() {
                        return Ok(None);
                    }
                }
                () = self.cdp.lost.cancelled() => return Err(super::lost()),
            }
        }
    }

    /// Tells of a refused navigation once, and of a lost browser always.
    pub(super) fn check(&self) -> Result<(), BrowserError> {
        self.check_lost()?;
        if let Some((host, why)) = self.state().refused.take() {
            return Err(BrowserError::HostRefused { host, why });
        }
        Ok(())
    }

    /// Tells of a lost browser.
    pub(super) fn check_lost(&self) -> Result<(), BrowserError> {
        if self.cdp.lost.is_cancelled() {
            return Err(super::lost());
        }
        let state = self.state();
        if !state.pages.is_empty() && state.pages.iter().all(|p| p.crashed) {
            return Err(BrowserError::BrowserLost("the page has crashed".to_owned()));
        }
        Ok(())
    }
}
