//! Whole runs, through the public API only: from a ticket to a verified invoice, with real browsers
//! on the practice portals. All tests share one installation.
#![allow(clippy::unwrap_used, reason = "tests")]

mod captcha;
mod plain;
mod recover;
mod refusals;
mod takeover;
mod third_portal;
mod turns;
mod upload;
mod world;
