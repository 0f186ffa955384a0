//! The shared language: REST bodies, public events, WebSocket frames, problem documents and the
//! portal-adapter format. Whoever talks to Relevo talks in these.

pub mod adapter;
mod event;
pub mod problem;
pub mod rest;
pub mod ws;

pub use event::PublicEvent;
pub use problem::{FieldProblem, Problem};
