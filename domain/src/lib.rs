//! domain

pub mod cfdi;
pub mod fiscal;
