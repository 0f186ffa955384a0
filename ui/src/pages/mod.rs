//! Every page but the monitor.

mod history;
mod home;
mod not_found;
mod profiles;
mod sessions;
mod sign_in;
mod ticket;

pub use history::HistoryPage;
pub use home::HomePage;
pub use not_found::NotFoundPage;
pub use profiles::ProfilesPage;
pub use sessions::SessionsPage;
pub use sign_in::SignInPage;
pub use ticket::NewTicketPage;
