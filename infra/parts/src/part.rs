//! What a part is, and what a probe says of it.

use std::path::PathBuf;

use crate::version::Version;

/// A part Relevo needs beside its own binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `postgres` and `initdb`; [`Found::path`] is the folder that holds them.
    Postgres,
    /// `nats-server` with JetStream.
    NatsServer,
    /// The browser.
    Chromium,
    /// Its WebDriver server, of the same major version.
    ChromeDriver,
    /// Liberation, the fonts without which pages show boxes; no version.
    Fonts,
    /// What compiles the page: the standard library for WebAssembly, or its source.
    Wasm,
}

impl Part {
    /// Every part, in the order it is shown.
    pub const ALL: [Self; 6] = [
        Self::Postgres,
        Self::NatsServer,
        Self::Chromium,
        Self::ChromeDriver,
        Self::Fonts,
        Self::Wasm,
    ];

    /// The name shown to people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "Postgres server",
            Self::NatsServer => "nats-server",
            Self::Chromium => "Chromium",
            Self::ChromeDriver => "ChromeDriver",
            Self::Fonts => "Liberation fonts",
            Self::Wasm => "wasm32 library",
        }
    }

    /// The environment variable that names this part's path and is then the only place looked at.
    /// For Postgres it is the folder of `initdb` and `postgres`. Fonts and the library have none.
    #[must_use]
    pub fn override_name(self) -> Option<&'static str> {
        match self {
            Self::Postgres => Some("RELEVO_POSTGRES_BIN"),
            Self::NatsServer => Some("RELEVO_NATS_SERVER"),
            Self::Chromium => Some("RELEVO_CHROMIUM"),
            Self::ChromeDriver => Some("RELEVO_CHROMEDRIVER"),
            Self::Fonts | Self::Wasm => None,
        }
    }

    /// The oldest version that will do.
    #[must_use]
    pub fn minimum(self) -> Option<Version> {
        match self {
            Self::Postgres => Some(Version(15, 0, 0)),
            Self::NatsServer => Some(Version(2, 9, 0)),
            Self::Chromium | Self::ChromeDriver => Some(Version(120, 0, 0)),
            Self::Fonts | Self::Wasm => None,
        }
    }

    /// Debian's packages that bring it.
    #[must_use]
    pub fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgresql"],
            Self::NatsServer => &["nats-server"],
            Self::Chromium => &["chromium", "chromium-sandbox"],
            Self::ChromeDriver => &["chromium-driver"],
            Self::Fonts => &["fonts-liberation"],
            // Only where `rustup target add` can't bring the library.
            Self::Wasm => &["rustc-web", "cargo-web", "rust-web-src"],
        }
    }

    /// Download and unpacking at about 10 MB/s, in seconds.
    #[must_use]
    pub fn install_estimate_s(self) -> u32 {
        match self {
            Self::Postgres => 25,
            Self::NatsServer => 5,
            Self::Chromium => 40,
            Self::ChromeDriver => 10,
            Self::Fonts => 5,
            Self::Wasm => 30,
        }
    }

    pub(crate) fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgres"],
            Self::NatsServer => &["nats-server"],
            Self::Chromium => &[
                "chromium",
                "google-chrome-stable",
                "google-chrome",
                "chromium-browser",
            ],
            Self::ChromeDriver => &["chromedriver"],
            Self::Fonts | Self::Wasm => &[],
        }
    }
}

/// A part that is here and new enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The program; for Postgres its folder, for fonts and the library theirs.
    pub path: PathBuf,
    /// What it says of itself; `None` for fonts and the library.
    pub version: Option<Version>,
}

/// What a probe saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Usable.
    Found(Found),
    /// Not on this machine.
    Missing,
    /// Here, but not usable: too old, a snap, or it doesn't start. The text says what to do.
    Refused {
        /// What was looked at.
        path: PathBuf,
        /// Why not, and what to do instead.
        reason: String,
    },
}

/// One line of `cargo xtask doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartReport {
    /// Which part.
    pub part: Part,
    /// What was seen.
    pub state: State,
    /// How it would be installed, in words; empty when it is found.
    pub how: String,
    /// How long that takes, in seconds; 0 when it is found.
    pub estimate_s: u32,
}

impl PartReport {
    /// Whether the part can be used as it is.
    #[must_use]
    pub fn is_found(&self) -> bool {
        matches!(self.state, State::Found(_))
    }
}
