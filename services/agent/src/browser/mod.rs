//! One isolated, real browser per task.
//!
//! ChromeDriver, spoken to through `thirtyfour`, starts Chromium; from then on one connection of our
//! own to the DevTools protocol does everything, so that every command has a deadline, new tabs are
//! followed, and what is typed is never in a log. The parts:
//!
//! - [`launch`](self::Sessions): processes, folders, sweeping up;
//! - `cdp`: the connection; `events` and `state`: what Chromium tells, and what is known;
//! - `hosts`: where the browser may go; every request is judged before it leaves;
//! - `world` and `page/*.js`: our script in a world that the page can't see;
//! - `act`, `fill`, `secret`, `text`, `downloads`: what the agent does and reads;
//! - `cast`, `hands`: the live picture and a human's input;
//! - [`Recorder`]: every command that went out, and on whose behalf.
//!
//! What is absent: nothing is written into a page's DOM but values of its own controls, nothing
//! waits without a deadline, no value that is typed is in an error or a log line, and no flag
//! switches the sandbox off.

mod act;
mod cast;
mod cdp;
mod downloads;
mod error;
mod events;
mod fill;
mod hands;
mod hosts;
mod keys;
mod launch;
mod recorder;
mod secret;
mod state;
mod text;
mod world;

pub use act::Element;
pub use cast::Frame;
pub use downloads::{Download, MAX_BYTES};
pub use error::BrowserError;
pub use hosts::HostRule;
pub use launch::{BrowserConfig, Sessions};
pub use recorder::{By, Entry, Recorder};
pub use secret::{Held, Shown};
pub use text::TextMark;

use cdp::{Call, Cdp, Event};
use launch::House;
use serde_json::json;
use state::Shared;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use url::Url;

/// How long Chromium may take for what it usually does at once.
const REPLY: Duration = Duration::from_secs(10);

fn lost() -> BrowserError {
    BrowserError::BrowserLost("the connection has ended".to_owned())
}

fn blank() -> Url {
    Url::parse("about:blank").expect("it is a URL")
}

/// A running browser. Clones are handles to the same one; call [`Browser::close`] at the end.
#[derive(Clone, Debug)]
pub struct Browser {
    shared: Arc<Shared>,
    hands: mpsc::Sender<hands::Order>,
    house: Arc<Mutex<Option<House>>>,
}

impl Browser {
    /// Makes a fresh Chromium ready: follows its tabs, judges its requests, keeps its downloads.
    async fn take_over(
        cdp: Arc<Cdp>,
        events: mpsc::UnboundedReceiver<Event>,
        rule: HostRule,
        download_dir: PathBuf,
    ) -> Result<Self, BrowserError> {
        let shared = Arc::new(Shared::new(Arc::clone(&cdp), rule, download_dir.clone()));
        tokio::spawn(events::follow(Arc::clone(&shared), events));
        let started = |what: &str, reply: Result<serde_json::Value, cdp::Fault>| {
            reply.map_err(|f| BrowserError::Start(f.into_error(what).to_string()))
        };
        let call = |method| Call::new(None, method, By::Passive);
        let downloads = json!({
            "behavior": "allowAndName", "downloadPath": download_dir, "eventsEnabled": true,
        });
        let reply = cdp
            .call(call("Browser.setDownloadBehavior"), downloads)
            .await;
        started("downloads", reply)?;
        let reply = cdp
            .call(call("Target.setAutoAttach"), events::attach_all())
            .await;
        started("tabs", reply)?;
        // Chromium starts with a page of its own, which may come late and take our first one's place.
        let first = shared.world().await?;
        let leave = Call::new(Some(&first.session), "Page.navigate", By::Passive);
        let reply = cdp.call(leave, json!({"url": "about:blank"})).await;
        started("the first page", reply)?;
        let is_blank = |state: &mut state::State| {
            let page = state.active()?;
            (page.url == blank() && page.coming.is_none()).then(|| state.begun = true)
        };
        if shared.until(REPLY, is_blank).await?.is_none() {
            return Err(BrowserError::Start("its first page stays".to_owned()));
        }
        let hands = hands::start(Arc::clone(&shared));
        Ok(Self {
            shared,
            hands,
            house: Arc::default(),
        })
    }

    fn housed(self, house: House) -> Self {
        Self {
            house: Arc::new(Mutex::new(Some(house))),
            ..self
        }
    }

    /// The address of the page that is acted on: the newest tab's.
    pub fn url(&self) -> Url {
        let state = self.shared.state();
        state.active().map_or_else(blank, |p| p.url.clone())
    }

    /// The HTTP status of that page's document, when it came by HTTP.
    pub fn status(&self) -> Option<u16> {
        self.shared.state().active().and_then(|p| p.status)
    }

    /// Every command that went to this browser.
    pub fn recorder(&self) -> Arc<Recorder> {
        Arc::clone(&self.shared.cdp.recorder)
    }

    /// From now on every command that acts is refused with [`BrowserError::Gated`], unsent. Looking
    /// at the page and a human's input go on. Close it between two actions, not within one.
    pub fn close_gate(&self) {
        self.shared.cdp.set_gate(true);
    }

    /// The agent may act again.
    pub fn open_gate(&self) {
        self.shared.cdp.set_gate(false);
    }

    /// From that moment on every command that acts is refused as by [`Browser::close_gate`]: for a
    /// press that must not come late, whatever held it up. `None`: no such moment.
    pub(crate) fn act_until(&self, deadline: Option<crate::clock::Deadline>) {
        self.shared.cdp.set_deadline(deadline);
    }

    /// Whether Chromium answers within 5 s, and its page has not crashed.
    pub async fn alive(&self) -> bool {
        if self.shared.check_lost().is_err() {
            return false;
        }
        let call = Call::new(None, "Browser.getVersion", By::Passive);
        let call = call.within(Duration::from_secs(5));
        self.shared.cdp.call(call, json!({})).await.is_ok()
    }

    /// Ends the browser and its processes and removes its folder. A second call does nothing.
    pub async fn close(&self) {
        self.shared.cdp.lost.cancel();
        if let Some(mut house) = self.house.lock().await.take() {
            house.tear_down().await;
        }
    }

    /// The protocol's session of the tab that is acted on.
    fn session(&self) -> Result<String, BrowserError> {
        let state = self.shared.state();
        let page = state.active().map(|p| p.session.clone());
        page.ok_or_else(lost)
    }
}
