//! The write side against a real Postgres.
#![allow(clippy::unwrap_used, reason = "tests")]

mod append;
mod artifacts;
mod as_of;
mod connections;
mod contention;
mod crashes;
mod duplicates;
mod erasure;
mod evidence;
mod flush;
mod grants;
mod harness;
mod keys;
mod line;
mod plans;
mod server;
mod service;
mod tickets;
mod vault;
mod versions;
mod wrapped;
