//! agent

pub mod browser;
