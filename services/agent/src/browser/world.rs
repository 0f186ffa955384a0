//! Our script in the page: in a world of its own, which the page can't see or change.

use super::cdp::{Call, Fault};
use super::state::Shared;
use super::{BrowserError, By};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// The isolated world's name.
pub(super) const NAME: &str = "relevo";

/// Loaded into each document before anything of the page.
pub(super) const SCRIPT: &str = concat!(
    "(() => { if (globalThis.relevo) return;\n",
    include_str!("page/find.js"),
    include_str!("page/act.js"),
    include_str!("page/text.js"),
    "globalThis.relevo = { find, exists, has, ready, grab, put, value, secret, filled, choose, chosen, wouldPress,",
    " lines, markText, newText, quiet };\n",
    "watch();\n})();"
);

/// The document a call was made in: the tab's session and our context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct World {
    pub session: String,
    /// Unique over all documents of the browser.
    pub context: String,
}

impl Shared {
    /// Our world in the present document of the tab that is acted on; waits for it.
    pub(super) async fn world(&self) -> Result<World, BrowserError> {
        let here = |state: &mut super::state::State| {
            let page = state.active()?;
            let context = page.world.clone()?;
            Some(World {
                session: page.session.clone(),
                context,
            })
        };
        self.until(super::REPLY, here)
            .await?
            .ok_or_else(|| BrowserError::Timeout {
                what: "the page's document".to_owned(),
            })
    }

    /// Calls one function of ours in a document.
    pub(super) async fn call_in<T: DeserializeOwned>(
        &self,
        world: &World,
        by: By,
        name: &str,
        args: Value,
    ) -> Result<T, Fault> {
        let call = Call::new(Some(&world.session), "Runtime.callFunctionOn", by)
            .note(name)
            .within(super::REPLY);
        let params = json!({
            "uniqueContextId": world.context,
            "functionDeclaration": "function (name, args) { return relevo[name](...args); }",
            "arguments": [{"value": name}, {"value": args}],
            "returnByValue": true,
            "awaitPromise": true,
        });
        let mut answer = self.cdp.call(call, params).await?;
        if let Some(exception) = answer.get("exceptionDetails") {
            let text = exception["exception"]["description"].as_str();
            let text = text
                .or(exception["text"].as_str())
                .unwrap_or("an exception");
            let first = text.lines().next().unwrap_or_default();
            return Err(Fault::Refused(format!("{name}: {first}")));
        }
        serde_json::from_value(answer["result"]["value"].take())
            .map_err(|e| Fault::Refused(format!("{name}: {e}")))
    }

    /// Looks at the page; again when it is replaced meanwhile.
    pub(super) async fn look<T: DeserializeOwned>(
        &self,
        name: &str,
        args: Value,
    ) -> Result<(World, T), BrowserError> {
        let end = Instant::now() + super::REPLY;
        loop {
            let world = self.world().await?;
            match self.call_in(&world, By::Passive, name, args.clone()).await {
                Ok(seen) => return Ok((world, seen)),
                Err(Fault::Moved) if Instant::now() < end => {
                    // The event that tells of the new document is on its way.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(fault) => return Err(fault.into_error(name)),
            }
        }
    }
}
