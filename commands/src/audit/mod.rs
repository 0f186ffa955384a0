//! The log proves itself: heads signed as it grows, and a check of every row against them.
//!
//! The chain ties each event to all before it, but who controls the database can compute it anew or
//! cut its tail. A [`SignedHead`] says which chain stood at which position; one that has left the
//! machine can't be taken back. [`verify`] recomputes everything from [`Entries`], which come out of
//! a database or out of an exported file, and names the first [`Misfit`].
//!
//! A log that was put back, or lost its end in a failover, gets another id ([`adopt`]). An
//! [`Adoption`] is a link of the same chain as the heads, so the next head signs it, too.

mod adopt;
mod entries;
mod error;
mod head;
mod heads_file;
mod heads_place;
mod hex_bytes;
mod history;
mod key;
mod lines;
mod links;
mod signer;
mod store;
mod verify;

pub use adopt::{AdoptError, adopt};
pub use entries::{Entries, Entry};
pub use error::{AuditError, Misfit, Place};
pub use head::SignedHead;
pub use history::{Adoption, History};
pub use key::{PublicKey, SigningKey, key_id_text};
pub use lines::write_entry;
pub use signer::HeadSigner;
pub use verify::{Lost, Verified, verify};
