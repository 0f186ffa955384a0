//! The api as a client meets it: over HTTP, against a real Postgres, NATS and OpenID provider, with
//! relay and projector at work.
#![allow(clippy::unwrap_used, reason = "tests")]

mod artifacts;
mod bad_input;
mod commands_by_name;
mod common;
mod credentials;
mod cross_site;
mod erasure;
mod faulty_provider;
mod idempotency;
mod limits;
mod other_users;
mod profiles;
mod reading;
mod sessions;
mod sign_in;
mod stalled;
mod tickets;
mod tokens;
mod transport;
mod versions;
