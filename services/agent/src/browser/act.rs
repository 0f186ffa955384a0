//! Acting on a page, the way a careful person does: one element, visible, at rest, enabled; look
//! afterwards whether it took.

use super::cdp::{Call, Fault};
use super::world::World;
use super::{Browser, BrowserError, By, keys};
use schemas::adapter::Locator;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// How long an element may take to become usable, and a list to hold its options.
const USABLE: Duration = Duration::from_secs(5);
/// How long a page may take to come.
const LOAD: Duration = Duration::from_secs(30);
/// How often a value is given again when the page drops it.
const TRIES: u32 = 4;
/// Between two looks at the page.
const TICK: Duration = Duration::from_millis(50);

/// One element of a page, found by a cascade; it is found again when the page has replaced it.
#[derive(Clone, Debug)]
pub struct Element {
    world: World,
    key: u64,
    cascade: Arc<[Locator]>,
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
struct Grabbed {
    #[serde(default)]
    gone: bool,
    why: Option<String>,
    kind: Option<String>,
    #[serde(default)]
    empty: bool,
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    gone: bool,
    why: Option<String>,
    options: Option<usize>,
    value: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Quiet {
    quiet_ms: f64,
    whole: bool,
    busy: bool,
}

fn describe(cascade: &[Locator]) -> String {
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

    /// What a control holds now.
    ///
    /// # Errors
    /// As [`Browser::locate`].
    pub async fn value(&self, element: &Element) -> Result<String, BrowserError> {
        let element = self.present(element).await?;
        let held: Result<Option<String>, _> = self
            .shared
            .call_in(&element.world, By::Passive, "value", json!([element.key]))
            .await;
        let held = held.map_err(|f| f.into_error(&describe(&element.cascade)))?;
        Ok(held.unwrap_or_default())
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
        let cdp = &self.shared.cdp;
        let what = describe(&element.cascade);
        let posted = cdp
            .post(call, at("mouseMoved", "none", 0, 0))
            .and_then(|()| cdp.post(call, at("mousePressed", "left", 1, 1)));
        posted.map_err(|f| f.into_error(&what))?;
        match cdp.call(call, at("mouseReleased", "left", 0, 1)).await {
            // The press closed its own tab.
            Ok(_) | Err(Fault::Moved) => Ok(()),
            Err(fault) => Err(fault.into_error(&what)),
        }
    }

    /// Replaces what is in a control by `text`, leaves it, waits for what the page does then, and
    /// reads it back; again when the page dropped it. A `sensitive` text goes only into the page
    /// itself on one of the portal's hosts, never into a frame.
    ///
    /// # Errors
    /// [`BrowserError::NotActionable`], [`BrowserError::NotKept`].
    pub async fn fill(
        &self,
        element: &Element,
        text: &str,
        sensitive: bool,
    ) -> Result<(), BrowserError> {
        let what = describe(&element.cascade);
        for attempt in 0..TRIES {
            self.shared.check()?;
            if sensitive && !self.shared.rule.is_host(&self.url()) {
                let why = "the page is not the portal's".to_owned();
                return Err(BrowserError::NotActionable { what, why });
            }
            let by_keys = attempt + 1 == TRIES;
            let (present, _) = self.ready(element, "fill").await?;
            let wanted = match self.give(&present, text, sensitive, by_keys).await {
                Ok(wanted) => wanted,
                Err(Fault::Moved) => continue,
                Err(fault) => return Err(fault.into_error(&what)),
            };
            self.settle().await?;
            // A slow answer to leaving the field may still reset it: it must hold twice.
            if kept(&wanted, &self.value(element).await?) {
                tokio::time::sleep(TICK).await;
                self.settle().await?;
                if kept(&wanted, &self.value(element).await?) {
                    return Ok(());
                }
            }
        }
        Err(BrowserError::NotKept { what })
    }

    /// One try: the value as the control should hold it then.
    async fn give(
        &self,
        element: &Element,
        text: &str,
        sensitive: bool,
        by_keys: bool,
    ) -> Result<String, Fault> {
        let shared = &self.shared;
        let args = json!([element.key, sensitive]);
        let grabbed: Grabbed = shared
            .call_in(&element.world, By::Agent, "grab", args)
            .await?;
        if let Some(why) = grabbed.why {
            return Err(Fault::Unfit(why));
        }
        let Some(kind) = grabbed.kind.filter(|_| !grabbed.gone) else {
            return Err(Fault::Moved);
        };
        let session = Some(element.world.session.as_str());
        let key = Call::new(session, "Input.dispatchKeyEvent", By::Agent);
        let wanted = whole_value(&kind, text);
        if kind != "text" {
            let args = json!([element.key, wanted]);
            let _: Value = shared
                .call_in(&element.world, By::Agent, "put", args)
                .await?;
        } else if text.is_empty() || by_keys {
            if !grabbed.empty {
                keys::press(&shared.cdp, key, keys::BACKSPACE).await?;
            }
            for c in text.chars() {
                keys::type_char(&shared.cdp, key, c).await?;
            }
        } else {
            let call = Call::new(session, "Input.insertText", By::Agent);
            shared.cdp.call(call, json!({"text": text})).await?;
        }
        keys::press(&shared.cdp, key, keys::TAB).await?;
        Ok(wanted)
    }

    /// Chooses an option of a list: the first candidate that an option's value, code or text
    /// answers to. Waits for lists that are filled late; reads back.
    ///
    /// # Errors
    /// [`BrowserError::NoOption`], [`BrowserError::NotKept`], [`BrowserError::NotActionable`].
    pub async fn select(
        &self,
        element: &Element,
        candidates: &[String],
    ) -> Result<(), BrowserError> {
        let what = describe(&element.cascade);
        let end = Instant::now() + USABLE;
        let mut tries = 0;
        while tries < TRIES {
            self.shared.check()?;
            let (present, _) = self.ready(element, "choose").await?;
            let args = json!([present.key, candidates]);
            let world = &present.world;
            let chosen = self
                .shared
                .call_in::<Chosen>(world, By::Agent, "choose", args)
                .await;
            let chosen = match chosen {
                Ok(chosen) if !chosen.gone => chosen,
                Ok(_) | Err(Fault::Moved) => {
                    tries += 1;
                    continue;
                }
                Err(fault) => return Err(fault.into_error(&what)),
            };
            if let Some(why) = chosen.why {
                return Err(BrowserError::NotActionable { what, why });
            }
            if let Some(options) = chosen.options {
                if Instant::now() >= end {
                    return Err(BrowserError::NoOption { what, options });
                }
                tokio::time::sleep(TICK).await;
                continue;
            }
            self.settle().await?;
            let present = self.present(element).await?;
            let args = json!([present.key]);
            let world = &present.world;
            let now = self
                .shared
                .call_in::<Option<Chosen>>(world, By::Passive, "chosen", args);
            let kept = |now: Chosen| now.value == chosen.value && now.text == chosen.text;
            if now.await.ok().flatten().is_some_and(kept) {
                return Ok(());
            }
            tries += 1;
        }
        Err(BrowserError::NotKept { what })
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
    async fn present(&self, element: &Element) -> Result<Element, BrowserError> {
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

/// Whether a control holds what it was given. Pages upper-case, group and punctuate: that counts as
/// kept, another number doesn't.
fn kept(wanted: &str, held: &str) -> bool {
    let bare = |text: &str| {
        let kept = text
            .chars()
            .filter(|c| !c.is_whitespace() && !"-/,$".contains(*c));
        kept.flat_map(char::to_uppercase).collect::<String>()
    };
    let (wanted, held) = (bare(wanted), bare(held));
    if wanted == held {
        return true;
    }
    let number = |text: &str| {
        let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.') && text.contains('.');
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        plain.then(|| {
            format!(
                "{}.{}",
                whole.trim_start_matches('0'),
                part.trim_end_matches('0')
            )
        })
    };
    let as_money = |text: &str| number(text).or_else(|| number(&format!("{text}.")));
    (wanted.contains('.') || held.contains('.'))
        && as_money(&wanted).is_some_and(|w| Some(w) == as_money(&held))
}

/// A value as an input of that type holds it: dates may come as `31/12/2026`.
fn whole_value(kind: &str, text: &str) -> String {
    let parts: Vec<&str> = text.split(['/', '-']).collect();
    match (kind, parts.as_slice()) {
        ("date", [day, month, year]) if year.len() == 4 => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_write_a_value_its_own_way() {
        for (wanted, held) in [
            ("abc-123", "ABC123"),
            ("1234.50", "$1,234.50"),
            ("1234.50", "1234.5"),
            ("31/12/2026", "31-12-2026"),
            ("12", "12.00"),
            ("José Pérez", "JOSÉ PÉREZ"),
        ] {
            assert!(kept(wanted, held), "{wanted} {held}");
        }
    }

    #[test]
    fn another_value_is_not_the_value() {
        for (wanted, held) in [
            ("1234", "12.34"),
            ("1234.50", "123450"),
            ("12345", "1234"),
            ("a", ""),
            ("José", "Jose"),
        ] {
            assert!(!kept(wanted, held), "{wanted} {held}");
        }
    }

    #[test]
    fn dates_are_turned_for_date_inputs() {
        assert_eq!(whole_value("date", "31/12/2026"), "2026-12-31");
        assert_eq!(whole_value("date", "2026-12-31"), "2026-12-31");
        assert_eq!(whole_value("month", "2026-12"), "2026-12");
    }
}
