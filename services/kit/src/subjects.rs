//! NATS subjects, in one place. Ids travel in headers: each distinct subject costs the broker
//! memory, and nobody subscribes by id.

use domain::TaskId;

/// The JetStream stream that carries the log's events.
pub const EVENTS_STREAM: &str = "EVENTS";

/// All subjects of [`EVENTS_STREAM`].
pub const EVENTS: &str = "relevo.events.>";

/// Wakes the relay after commits; core NATS, may be lost.
pub const LOG_HINT: &str = "relevo.hint.log";

/// Wakes agents: work may be waiting; core NATS, may be lost.
pub const WORK_HINT: &str = "relevo.work.browser";

/// Headers of an event message.
pub mod header {
    pub const LOG_ID: &str = "Relevo-Log-Id";
    pub const POSITION: &str = "Relevo-Position";
    /// Hex.
    pub const PREVIOUS_CHAIN: &str = "Relevo-Previous-Chain";
    /// Hex.
    pub const CHAIN: &str = "Relevo-Chain";
    pub const EVENT_ID: &str = "Relevo-Event-Id";
    pub const AGGREGATE_ID: &str = "Relevo-Aggregate-Id";
    pub const SEQUENCE: &str = "Relevo-Sequence";
    pub const TRACEPARENT: &str = "traceparent";
}

/// `relevo.events.<aggregate>.<event>`.
pub fn event(aggregate_type: &str, event_type: &str) -> String {
    format!("relevo.events.{aggregate_type}.{event_type}")
}

/// Live pictures of a task's browser: `schemas::ws` binary frames, sealed by [`crate::live::LiveSeal`].
pub fn live_frame(task: TaskId) -> String {
    format!("relevo.live.{task}.frame")
}

/// Human input for a task's browser: [`crate::live::LiveInput`], sealed by [`crate::live::LiveSeal`].
pub fn live_input(task: TaskId) -> String {
    format!("relevo.live.{task}.input")
}

/// Somebody watches: JSON [`crate::live::LiveDemand`], repeated every 2 s while it holds.
pub fn live_demand(task: TaskId) -> String {
    format!("relevo.live.{task}.demand")
}

/// The agent has stopped for the human: JSON [`crate::live::LiveReady`].
pub fn live_ready(task: TaskId) -> String {
    format!("relevo.live.{task}.ready")
}
