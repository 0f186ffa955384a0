//! What can go wrong in a browser.

use thiserror::Error;

/// Why an action did not succeed. `Display` names controls by their locators, never by values.
///
/// [`BrowserError::untouched`] tells whether the page is certain to be as it was before.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BrowserError {
    /// The browser could not be started.
    #[error("the browser did not start: {0}")]
    Start(String),
    /// Chromium, ChromeDriver or the connection to them is gone, or silent past every deadline.
    #[error("the browser is lost: {0}")]
    BrowserLost(String),
    /// The page did not get there in time. Whatever was sent may still take effect.
    #[error("{what}: not done in time")]
    Timeout { what: String },
    /// No visible element answers to the locators.
    #[error("{what}: not on the page")]
    NotFound { what: String },
    /// Several do, and none of the locators tells them apart.
    #[error("{what}: {count} elements answer to it")]
    Ambiguous { what: String, count: usize },
    /// It is there and can't be used: hidden, moving, disabled, read-only, covered.
    #[error("{what}: {why}")]
    NotActionable { what: String, why: String },
    /// The page did not keep what was typed or chosen.
    #[error("{what}: the page does not keep the value")]
    NotKept { what: String },
    /// A secret was to be typed, and the page is on another origin than it belongs to.
    #[error("{what}: the page is on {origin}")]
    OtherOrigin { what: String, origin: String },
    /// A list has none of the options.
    #[error("{what}: no such option among {options}")]
    NoOption { what: String, options: usize },
    /// A navigation or form left the hosts that may be visited.
    #[error("{host} may not be visited: {why}")]
    HostRefused { host: String, why: String },
    /// A page could not be loaded: refused connection, unknown name, broken reply.
    #[error("the page does not load: {0}")]
    LoadFailed(String),
    /// A file did not arrive whole.
    #[error("the download failed: {0}")]
    DownloadFailed(String),
    /// The agent must not act now.
    #[error("the agent must not act now")]
    Gated,
    /// The page or the protocol answered in an unexpected way.
    #[error("the page answered unexpectedly: {0}")]
    Unexpected(String),
}

impl BrowserError {
    /// Whether the action is certain to have changed nothing on the portal: it failed before
    /// anything was sent. After a click of the irreversible step, everything else is an unknown
    /// outcome.
    pub fn untouched(&self) -> bool {
        matches!(
            self,
            Self::Start(_)
                | Self::NotFound { .. }
                | Self::Ambiguous { .. }
                | Self::NotActionable { .. }
                | Self::OtherOrigin { .. }
                | Self::NoOption { .. }
                | Self::Gated
        )
    }
}
