//! Crashes: of Relevo at every step, of the broker, of the database; and two nodes at once. Each
//! test has an installation of its own, and they run one after another.
#![allow(clippy::unwrap_used, reason = "tests")]

mod broker;
mod database;
mod kills;
mod nodes;
mod truth;
mod world;
