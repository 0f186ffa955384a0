//! CFDI 4.0, the Mexican electronic invoice: reading it and judging whether it is the one asked for.
//!
//! [`parse`] reads the XML that a portal delivered (and says what else a file is: HTML, ZIP, PDF …);
//! [`verify`] compares it with what was expected and checks its seal; [`Verdict::disposition`]
//! says what to do with it: accept, ask the user, or reject.
//!
//! Sources: SAT Anexo 20 (`cfdv40.xsd`, `cadenaoriginal_4_0.xslt`, `TimbreFiscalDigitalv11.xsd`).
//! Not checked here, since it needs the network or SAT's certificates: the seal of SAT
//! (`SelloSAT`), the chain of the certificate, and whether the invoice was cancelled.

mod amount;
mod cadena;
mod certificate;
mod checks;
mod complements;
mod document;
mod error;
mod parse;
mod seal_checks;
mod signature;
mod sniff;
#[cfg(test)]
mod tests;
mod url;
mod verdict;

pub use amount::Amount;
pub use checks::{Expectation, verify};
pub use document::{Cfdi, Concepto, Emisor, Receptor, Tax, TaxKind};
pub use error::CfdiError;
pub use parse::{MAX_SIZE_BYTES, parse};
pub use signature::{SignatureState, signature};
pub use sniff::{FileKind, sniff};
pub use url::verification_url;
pub use verdict::{Check, Disposition, Outcome, Verdict};
