//! Where files lie: what every place must keep, tried over a folder and over a bucket; and what only
//! a bucket can do wrong.
#![allow(clippy::unwrap_used, reason = "tests")]

mod contract;
mod faults;
mod refusals;
mod world;
