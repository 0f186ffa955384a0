//! The Account: a user with one or several fiscal profiles (RFCs), and the portal accounts they
//! have stored.
//!
//! | command | from | event |
//! |---|---|---|
//! | OpenAccount | – | AccountOpened |
//! | AddProfile | open; that RFC not in use by another profile of the account | ProfileAdded |
//! | AmendProfile | the profile is in use | ProfileAmended (version + 1) |
//! | RetireProfile | the profile is in use | ProfileRetired |
//! | StoreCredential | open | CredentialStored, in the place of the portal's former one |
//! | RefuseCredential | that one is stored, and was not refused before (else nothing) | CredentialRefused |
//! | RevokeCredential | one is stored for the portal | CredentialRevoked |
//!
//! A task keeps the profile's id, so mending a profile mends the tasks that wait.

mod aggregate;
mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use aggregate::{Account, Credential, Profile};
pub use command::AccountCommand;
pub use error::AccountError;
pub use event::{AccountEvent, CredentialData, ProfileData};
