//! Typing a secret: into a control of the page itself, on one origin, and nowhere else.
//!
//! Our script looks where it is and types in one turn, in one document: no redirect, no frame and no
//! move of the focus can come between. The value is compared in the page and never read back.

use super::act::{Element, describe};
use super::cdp::{Call, Fault};
use super::{Browser, BrowserError, By, keys};
use serde::Deserialize;
use serde_json::json;

/// How often a control is looked for that was replaced before anything was typed into it.
const TRIES: u32 = 3;

/// How a control must show what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// As it is.
    Plain,
    /// As dots: in pictures of the page, too.
    Dots,
}

/// Where a secret is after it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Held {
    /// In the control.
    Still,
    /// The page took it, or dropped it: perhaps it was sent already, so it is not typed again.
    NoLonger,
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    gone: bool,
    /// The document's origin, when it is another one.
    elsewhere: Option<String>,
    why: Option<String>,
    #[serde(default)]
    kept: bool,
}

impl Browser {
    /// Replaces what is in a control by `secret` while the page is on `origin` (as
    /// `https://host:port`, the port unless it is the scheme's own). It is typed once at most: some
    /// pages send what is in a field as soon as it is complete.
    ///
    /// # Errors
    /// [`BrowserError::OtherOrigin`], with nothing typed; [`BrowserError::NotActionable`] also when
    /// the control is in a frame, or would show what is to be dots; [`BrowserError::NotKept`].
    pub async fn fill_secret(
        &self,
        element: &Element,
        secret: &str,
        origin: &str,
        shown: Shown,
    ) -> Result<Held, BrowserError> {
        let what = describe(&element.cascade);
        for _ in 0..TRIES {
            self.shared.check()?;
            let present = self.fillable(element).await?;
            let args = json!([present.key, origin, shown == Shown::Dots, secret]);
            let world = &present.world;
            let typed: Typed = match self.shared.call_in(world, By::Agent, "secret", args).await {
                Ok(typed) => typed,
                // Nobody knows whether before or after it was typed.
                Err(Fault::Moved) => return self.left(&present).await,
                Err(fault) => return Err(fault.into_error(&what)),
            };
            if let Some(origin) = typed.elsewhere {
                return Err(BrowserError::OtherOrigin { what, origin });
            }
            if let Some(why) = typed.why {
                return Err(BrowserError::NotActionable { what, why });
            }
            if typed.gone {
                continue;
            }
            if !typed.kept {
                return Err(BrowserError::NotKept { what });
            }
            let key = Call::new(Some(&world.session), "Input.dispatchKeyEvent", By::Agent);
            return match keys::press(&self.shared.cdp, key, keys::TAB).await {
                Ok(()) | Err(Fault::Moved) => self.left(&present).await,
                Err(fault) => Err(fault.into_error(&what)),
            };
        }
        Err(BrowserError::NotKept { what })
    }

    /// Waits until something can be typed into a control.
    ///
    /// # Errors
    /// [`BrowserError::NotActionable`] when it is not to be.
    pub async fn fillable(&self, element: &Element) -> Result<Element, BrowserError> {
        let (present, _) = self.ready(element, "fill").await?;
        Ok(present)
    }

    async fn left(&self, typed: &Element) -> Result<Held, BrowserError> {
        self.settle().await?;
        let (world, filled) = self
            .shared
            .look::<bool>("filled", json!([typed.key]))
            .await?;
        Ok(match filled && world == typed.world {
            true => Held::Still,
            false => Held::NoLonger,
        })
    }
}
