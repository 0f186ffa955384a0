//! One isolated, real browser per task.

mod error;
mod recorder;

pub use error::BrowserError;
pub use recorder::{By, Entry, Recorder};

use bytes::Bytes;
use domain::SessionId;
use schemas::adapter::Locator;
use schemas::ws::Input;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use url::Url;

#[derive(Clone, Debug)]
pub struct BrowserConfig {
    pub chromium: PathBuf,
    pub chromedriver: PathBuf,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub sessions_dir: PathBuf,
}
impl From<&kit::config::Agent> for BrowserConfig {
    fn from(_: &kit::config::Agent) -> Self {
        todo!()
    }
}
#[derive(Clone, Debug, Default)]
pub struct HostRule {
    pub hosts: Vec<String>,
    pub allow_private: Vec<String>,
}
#[derive(Clone, Debug)]
pub struct Sessions;
#[derive(Clone, Debug)]
pub struct Browser;
#[derive(Clone, Debug)]
pub struct Element;
#[derive(Clone, Debug)]
pub struct TextMark;
#[derive(Clone, Debug)]
pub struct Download {
    pub file_name: String,
    pub bytes: Bytes,
}
#[derive(Clone, Debug)]
pub struct Frame {
    pub number: u64,
    pub at_ms: u64,
    pub width: f64,
    pub height: f64,
    pub jpeg: Bytes,
}
type Done<T = ()> = Result<T, BrowserError>;
impl Sessions {
    pub fn new(_cfg: BrowserConfig) -> Self {
        todo!()
    }
    pub async fn sweep(&self) -> anyhow::Result<()> {
        todo!()
    }
    pub async fn open(&self, _id: SessionId, _rule: HostRule) -> Done<Browser> {
        todo!()
    }
}
#[allow(unused_variables, clippy::unused_async)]
impl Browser {
    pub async fn goto(&self, url: &Url) -> Done {
        todo!()
    }
    /// Of the page acted on (the newest tab).
    pub fn url(&self) -> Url {
        todo!()
    }
    pub async fn locate(&self, cascade: &[Locator], within: Duration) -> Done<Element> {
        todo!()
    }
    pub async fn exists(&self, cascade: &[Locator]) -> bool {
        todo!()
    }
    pub async fn fill(&self, element: &Element, text: &str, sensitive: bool) -> Done {
        todo!()
    }
    /// Returns nothing; `candidates` in order: SAT code first, then texts.
    pub async fn select(&self, element: &Element, candidates: &[String]) -> Done {
        todo!()
    }
    pub async fn click(&self, element: &Element) -> Done {
        todo!()
    }
    /// Value as it stands in a control (to see what the human typed, e.g. whether a captcha is answered).
    pub async fn value(&self, element: &Element) -> Done<String> {
        todo!()
    }
    /// Err only for HostRefused, BrowserLost, Gated.
    pub async fn settle(&self) -> Done {
        todo!()
    }
    pub async fn mark_text(&self) -> Done<TextMark> {
        todo!()
    }
    pub async fn new_text(&self, mark: &TextMark) -> Done<String> {
        todo!()
    }
    /// All visible text of the page.
    pub async fn text(&self) -> Done<String> {
        todo!()
    }
    pub async fn downloads(&self) -> Vec<Download> {
        todo!()
    }
    pub async fn wait_download(&self, within: Duration) -> Done<Download> {
        todo!()
    }
    pub async fn picture(&self) -> Done<Vec<u8>> {
        todo!()
    }
    pub async fn picture_of(&self, element: &Element) -> Done<Vec<u8>> {
        todo!()
    }
    pub fn cast(&self) -> watch::Receiver<Option<Arc<Frame>>> {
        todo!()
    }
    /// Starts casting, and takes a picture at once; call again for a fresh picture.
    pub async fn start_cast(&self) -> Done {
        todo!()
    }
    pub async fn stop_cast(&self) -> Done {
        todo!()
    }
    /// Checks, clamps and passes on; never waits for the page. Err(why) when refused.
    pub async fn input(&self, input: &Input) -> Done {
        todo!()
    }
    pub async fn would_hit(&self, input: &Input, final_buttons: &[Locator]) -> bool {
        todo!()
    }
    pub fn recorder(&self) -> Arc<Recorder> {
        todo!()
    }
    /// Closed: every acting command is refused with `Gated`, unsent. Looking stays allowed.
    pub fn close_gate(&self) {
        todo!()
    }
    pub fn open_gate(&self) {
        todo!()
    }
    pub async fn alive(&self) -> bool {
        todo!()
    }
    pub async fn close(&self) {
        todo!()
    }
}
