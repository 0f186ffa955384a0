//! The processes together, without browsers: what the api promises at the door, over real Postgres
//! and NATS. The portal of these tests asks its owner first, so no run ever starts.
#![allow(clippy::unwrap_used, reason = "tests")]

mod adopt;
mod bad_input;
mod one_ticket;
mod socket;
mod start;
mod strangers;
mod world;
