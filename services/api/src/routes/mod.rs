//! One endpoint, one file: extract, authorise, one command or one query, respond.

pub mod health;
pub mod inbox;
pub mod me;
pub mod portals;
pub mod profiles;
pub mod ready;
pub mod tasks;
