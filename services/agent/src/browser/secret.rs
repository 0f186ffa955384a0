//! Typing a secret: into a control of the page itself, on one origin, and nowhere else.
//!
//! Our script looks where it is and types in one turn, in one document: no redirect, no frame and no
//! move of the focus can come between. The value is compared in the page and never read back.

use super::act::{Element, describe};
use super::cdp::{Call, Fault};
use super::{Browser, BrowserError, By, keys};
use serde::Deserialize;
use serde_json::json;

/// How often it is typed again into a control that was replaced or emptied.
const TRIES: u32 = 3;

/// How a control must show what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// As it is.
    Plain,
    /// As dots: in pictures of the page, too.
    Dots,
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
    /// `https://host:port`, the port unless it is the scheme's own).
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
    ) -> Result<(), BrowserError> {
        let what = describe(&element.cascade);
        for _ in 0..TRIES {
            self.shared.check()?;
            let (present, _) = self.ready(element, "fill").await?;
            let args = json!([present.key, origin, shown == Shown::Dots, secret]);
            let world = &present.world;
            let typed: Typed = match self.shared.call_in(world, By::Agent, "secret", args).await {
                Ok(typed) => typed,
                Err(Fault::Moved) => continue,
                Err(fault) => return Err(fault.into_error(&what)),
            };
            if let Some(origin) = typed.elsewhere {
                return Err(BrowserError::OtherOrigin { what, origin });
            }
            if let Some(why) = typed.why {
                return Err(BrowserError::NotActionable { what, why });
            }
            if typed.gone || !typed.kept {
                continue;
            }
            let key = Call::new(Some(&world.session), "Input.dispatchKeyEvent", By::Agent);
            match keys::press(&self.shared.cdp, key, keys::TAB).await {
                Ok(()) | Err(Fault::Moved) => {}
                Err(fault) => return Err(fault.into_error(&what)),
            }
            self.settle().await?;
            let (_, filled) = self
                .shared
                .look::<bool>("filled", json!([present.key]))
                .await?;
            if filled {
                return Ok(());
            }
        }
        Err(BrowserError::NotKept { what })
    }
}
