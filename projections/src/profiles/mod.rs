//! Which fiscal profiles do I have? For the owner, and for what a new ticket starts from.

mod project;
pub mod query;
mod view;

pub(crate) use project::project;
pub use view::ProfileRecord;
