//! What did the agent do? For the timeline of a task. Rows are `schemas::rest::StepView`.

mod project;
pub mod query;

pub(crate) use project::project;
