//! Page objects: what a person does on each page, in the page's own words.

mod monitor;
mod profiles;
mod scenes;
mod tickets;

pub use monitor::Monitor;
pub use profiles::Profiles;
pub use scenes::{Scene, scenes};
pub use tickets::NewTicket;
