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
//! | EraseProfile | the profile is known, retired or not | ErasureBegun |
//! | EraseAccount | open | ErasureBegun, of the whole account |
//! | CompleteErasure | begun | ErasureCompleted |
//!
//! A task keeps the profile's id, so mending a profile mends the tasks that wait. What is being
//! erased is blocked from the first event on, and for ever: there is no way back.

mod aggregate;
mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use aggregate::{Account, Credential, Erasure, Profile};
pub use command::AccountCommand;
pub use error::AccountError;
pub use event::{AccountEvent, CredentialData, ProfileData};
