//! Giving values to controls, and reading back whether the page kept them.

use super::act::{Element, TICK, USABLE, describe};
use super::cdp::{Call, Fault};
use super::{Browser, BrowserError, By, keys};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

/// How often a value is given again when the page drops it.
const TRIES: u32 = 4;

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

impl Browser {
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
