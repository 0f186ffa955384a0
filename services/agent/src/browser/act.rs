//! Acting on a page, the way a careful person does: one element, visible, at rest, enabled; look
//! afterwards whether it took.

use super::cdp::{Call, Fault};
use super::world::World;
use super::{Browser, BrowserError, By};
use schemas::adapter::Locator;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// How long an element may take to become usable, and a list to hold its options.
pub(super) const USABLE: Duration = Duration::from_secs(5);
/// How long a page may take to come.
const LOAD: Duration = Duration::from_secs(30);
/// Between two looks at the page.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// One element of a page, found by a cascade; it is found again when the page has replaced it.
#[derive(Clone, Debug)]
pub struct Element {
    pub(super) world: World,
    pub(super) key: u64,
    pub(super) cascade: Arc<[Locator]>,
}

/// Where an element is, in CSS pixels of the viewport.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Spot {
    pub x: f64,
    pub y: f64,
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub scroll_x: f64,
    pub scroll_y: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Readiness {
    Gone {
        #[serde(rename = "gone")]
        _gone: bool,
    },
    Not {
        why: String,
    },
    Ready(Spot),
}

#[derive(Deserialize)]
struct Found {
    key: u64,
    count: usize,
}

#[derive(Deserialize)]
struct Quiet {
    quiet_ms: f64,
    whole: bool,
    busy: bool,
}

pub(super) fn describe(cascade: &[Locator]) -> String {
    let Some(first) = cascade.first() else {
        return "an empty cascade".to_owned();
    };
    match first {
        Locator::Label(t) => format!("the field «{t}»"),
        Locator::Button(t) => format!("the button «{t}»"),
        Locator::Link(t) => format!("the link «{t}»"),
        Locator::Text(t) => format!("the text «{t}»"),
        Locator::Id(t) => format!("#{t}"),
        Locator::Name(t) => format!("[name={t}]"),
        Locator::Css(t) | Locator::Xpath(t) => t.clone(),
    }
}

impl Browser {
    /// Opens a page and waits until it has settled.
    ///
    /// # Errors
    /// [`BrowserError::HostRefused`] also when a redirect leads away; [`BrowserError::LoadFailed`].
    pub async fn goto(&self, url: &Url) -> Result<(), BrowserError> {
        let refused = |why| BrowserError::HostRefused {
            host: url.host_str().unwrap_or(url.scheme()).to_owned(),
            why,
        };
        let rule = &self.shared.rule;
        rule.judge(url, super::hosts::Use::Top).map_err(refused)?;
        rule.judge_resolved(url).await.map_err(refused)?;
        self.shared.state().refused = None;
        let session = self.session()?;
        let call = Call::new(Some(&session), "Page.navigate", By::Agent).within(LOAD);
        let done = self
            .shared
            .cdp
            .call(call, json!({"url": url.as_str()}))
            .await;
        self.shared.check()?;
        let done = done.map_err(|f| f.into_error("the page"))?;
        match done["errorText"].as_str() {
            // A file instead of a page.
            None | Some("" | "net::ERR_ABORTED") => self.settle().await,
            Some(error) => Err(BrowserError::LoadFailed(error.to_owned())),
        }
    }

    /// Waits for exactly one visible element; the first locator of the cascade that means exactly
    /// one decides.
    ///
    /// # Errors
    /// [`BrowserError::NotFound`], [`BrowserError::Ambiguous`], when the time is over.
    pub async fn locate(
        &self,
        cascade: &[Locator],
        within: Duration,
    ) -> Result<Element, BrowserError> {
        let end = Instant::now() + within;
        loop {
            self.shared.check()?;
            let (world, found) = self.shared.look::<Found>("find", json!([cascade])).await?;
            if found.count == 1 {
                return Ok(Element {
                    world,
                    key: found.key,
                    cascade: cascade.into(),
                });
            }
            if Instant::now() >= end {
                let what = describe(cascade);
                return Err(match found.count {
                    0 => BrowserError::NotFound { what },
                    count => BrowserError::Ambiguous { what, count },
                });
            }
            tokio::time::sleep(TICK).await;
        }
    }

    /// Whether any visible element answers to any of the locators now.
    pub async fn exists(&self, cascade: &[Locator]) -> bool {
        let seen = self.shared.look::<bool>("exists", json!([cascade])).await;
        seen.is_ok_and(|(_, exists)| exists)
    }

    /// Presses an element with the mouse. After an error that is not [`BrowserError::untouched`]
    /// the press may have had its effect.
    ///
    /// # Errors
    /// [`BrowserError::NotActionable`] when it can't be pressed within 5 s.
    pub async fn click(&self, element: &Element) -> Result<(), BrowserError> {
        self.shared.check()?;
        let (element, spot) = self.ready(element, "click").await?;
        let session = Some(element.world.session.as_str());
        let call = Call::new(session, "Input.dispatchMouseEvent", By::Agent);
        let at = |kind: &str, button: &str, buttons: u8, count: u8| {
            json!({"type": kind, "x": spot.x, "y": spot.y, "button": button, "buttons": buttons,
                "clickCount": count})
        };
        // One unit: a press that is refused after its first half would look as if nothing was sent.
        let click = [
            at("mouseMoved", "none", 0, 0),
            at("mousePressed", "left", 1, 1),
            at("mouseReleased", "left", 0, 1),
        ];
        match self.shared.cdp.call_all(call, click).await {
            // The press closed its own tab.
            Ok(_) | Err(Fault::Moved) => Ok(()),
            Err(fault) => Err(fault.into_error(&describe(&element.cascade))),
        }
    }

    /// Waits until the page is at rest: its document has come (30 s), no request is on its way
    /// (3 s), nothing has changed for 300 ms (3 s), no loading mark shows (5 s).
    ///
    /// # Errors
    /// [`BrowserError::HostRefused`] when the page went where it may not,
    /// [`BrowserError::Timeout`] when a document does not come, [`BrowserError::BrowserLost`].
    pub async fn settle(&self) -> Result<(), BrowserError> {
        let start = Instant::now();
        let mut came = start;
        let mut calm = 0;
        // Calm twice in a row: what an action sets off may begin a moment later.
        while calm < 3 {
            self.shared.check()?;
            let (coming, requests) = {
                let state = self.shared.state();
                let page = state.active();
                (
                    page.is_some_and(|p| p.coming.is_some()),
                    page.map_or(0, |p| p.requests.len()),
                )
            };
            if coming {
                if start.elapsed() > LOAD {
                    let what = "the next page".to_owned();
                    return Err(BrowserError::Timeout { what });
                }
                came = Instant::now();
            }
            let (_, page) = self.shared.look::<Quiet>("quiet", json!([])).await?;
            let since = came.elapsed();
            let waits = coming
                || (requests > 0 && since < Duration::from_secs(3))
                || (page.quiet_ms < 300.0 && since < Duration::from_secs(3))
                || (page.busy && since < Duration::from_secs(5))
                || (!page.whole && since < Duration::from_secs(10));
            calm = if waits { 0 } else { calm + 1 };
            if calm < 3 {
                tokio::time::sleep(TICK).await;
            }
        }
        self.shared.check()
    }

    /// Waits until an element can be acted on.
    pub(super) async fn ready(
        &self,
        element: &Element,
        mode: &str,
    ) -> Result<(Element, Spot), BrowserError> {
        let what = describe(&element.cascade);
        let end = Instant::now() + USABLE;
        loop {
            let present = self.present(element).await?;
            let args = json!([present.key, mode]);
            let world = &present.world;
            let ready = self
                .shared
                .call_in::<Readiness>(world, By::Agent, "ready", args)
                .await;
            let why = match ready {
                Ok(Readiness::Ready(spot)) => return Ok((present, spot)),
                Ok(Readiness::Not { why }) => why,
                Ok(Readiness::Gone { .. }) | Err(Fault::Moved) => "it went away".to_owned(),
                Err(fault) => return Err(fault.into_error(&what)),
            };
            if Instant::now() >= end {
                return Err(BrowserError::NotActionable { what, why });
            }
            tokio::time::sleep(TICK).await;
        }
    }

    /// The element as it is now: the same one, or what its cascade means in the present document.
    pub(super) async fn present(&self, element: &Element) -> Result<Element, BrowserError> {
        let (world, there) = self
            .shared
            .look::<bool>("has", json!([element.key]))
            .await?;
        if there && world == element.world {
            return Ok(element.clone());
        }
        self.locate(&element.cascade, Duration::from_secs(2)).await
    }
}
