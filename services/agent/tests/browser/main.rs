//! The browser, with a real Chromium, against pages of our own.
#![allow(clippy::unwrap_used, reason = "tests")]

mod act;
mod cast;
mod find;
mod hands;
mod harness;
mod life;
mod places;
mod secret;
mod text;
