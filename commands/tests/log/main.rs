//! The write side against a real Postgres.
#![allow(clippy::unwrap_used, reason = "tests")]

mod append;
mod connections;
mod duplicates;
mod evidence;
mod harness;
mod keys;
mod plans;
mod tickets;
mod vault;
mod wrapped;
