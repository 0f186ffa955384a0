//! The log proves itself, against a real Postgres whose superuser is the forger.
#![allow(clippy::unwrap_used, reason = "tests")]

mod adopted;
mod export;
mod forger;
#[path = "../log/harness.rs"]
#[allow(dead_code, reason = "the other binary uses the rest")]
mod harness;
mod heads;
mod place;
mod rows;
mod signing;
