//! What needs me? Every task of the user that waits for a human, the longest waiting first.

mod project;
pub mod query;
mod view;

pub(crate) use project::project;
pub use view::InboxItem;
