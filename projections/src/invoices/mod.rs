//! Which invoices did I get? The ledger, for the owner and for exports.

mod project;
pub mod query;
mod view;

pub(crate) use project::{erase, project};
pub use view::InvoiceRecord;
