//! The page as people use it: real Chromium windows in front of a whole installation.
#![allow(clippy::unwrap_used, reason = "tests")]

mod feed;
mod journey;
mod looks;
mod sign_in;
mod world;
