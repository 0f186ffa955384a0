//! The page as people use it: real Chromium windows in front of a whole installation.
#![allow(clippy::unwrap_used, reason = "tests")]

mod by_hand;
mod feed;
mod history;
mod journey;
mod looks;
mod sign_in;
mod world;
