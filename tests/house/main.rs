//! Rules of the house that no compiler checks.
#![allow(clippy::unwrap_used, reason = "tests")]

mod arrows;
