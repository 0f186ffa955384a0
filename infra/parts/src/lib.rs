//! The parts Relevo runs beside, found or installed: a Postgres server, nats-server, Chromium,
//! ChromeDriver, the fonts pages need, and what compiles the page.
//!
//! A part is a probe (an override by environment, then `PATH` and known folders), a minimum
//! version and a source. [`doctor`] only looks; [`install`] brings what is missing. The crate
//! depends on nothing heavy, so that `cargo xtask` shows its plan seconds after a clean clone.
//!
//! To add a part: a variant of [`Part`], its line in each `match` of this crate, and its package in
//! [`install`].

mod folders;
mod install;
mod part;
mod probe;
mod sandbox;
mod users;
mod version;
mod wasm;

pub use folders::{cache_dir, state_dir, workspace_dir};
pub use install::{Installer, apt_line, install};
pub use part::{Found, Part, PartReport, State};
pub use probe::{doctor, probe};
pub use sandbox::check_sandbox;
pub use users::{User, am_root, browser_user, data_user};
pub use version::Version;
pub use wasm::{WASM_TARGET, WasmToolchain, linker, wasm_toolchain};
