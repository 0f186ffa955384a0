//! One endpoint, one file: extract, authorise, one command or one query, respond.

pub mod auth;
pub mod credentials;
pub mod health;
pub mod inbox;
pub mod portals;
pub mod profiles;
pub mod ready;
pub mod schemas;
pub mod tasks;
