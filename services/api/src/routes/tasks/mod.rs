//! `/api/v1/tasks`: tickets on their way to invoices.

pub mod amend;
pub mod answer;
pub mod archive;
pub mod artifact;
pub mod cancel;
pub mod create;
pub mod decline;
pub mod events;
pub mod get;
pub mod list;
pub mod pause;
pub mod resume;
pub mod retry;
pub mod return_control;
pub mod steps;
pub mod take_control;
pub mod ticket;
pub mod upload;
pub mod validate;
mod view;
