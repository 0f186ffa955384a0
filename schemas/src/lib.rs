//! The shared language: REST bodies, public events, WebSocket frames, problem documents, the
//! portal-adapter format, and the schemas of the log's events. Whoever talks to Relevo talks in these.

pub mod adapter;
mod event;
pub mod events;
pub mod problem;
pub mod rest;
pub mod ws;

pub use event::PublicEvent;
pub use problem::{FieldProblem, Problem};
