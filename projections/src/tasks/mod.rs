//! Where is each of my tickets? For the list of tasks, the page of one, and the API.
//!
//! A row holds the domain's own fold of the task's events, so the rules of a task are written once.

mod project;
pub mod query;
mod sort;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use project::{load, store};
pub use sort::{Sort, SortBy};
pub use view::{Extra, TaskFold, TaskRecord};
