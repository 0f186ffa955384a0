//! The practice portals over HTTP, as a browser meets them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod account;
mod captcha;
mod control;
mod faults;
mod harness;
mod invoice;
mod journal;
mod plain;
mod wizard;
mod wording;
