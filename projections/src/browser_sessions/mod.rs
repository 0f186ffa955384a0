//! Which browsers live, which lived? For the page of a task and for operators.

mod project;
pub mod query;
mod view;

pub(crate) use project::project;
pub use view::BrowserSession;
