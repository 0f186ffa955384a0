//! The part of an invoice that identifies people or the ticket; it is sealed in the log.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

/// The plaintext of [`crate::task::Invoice::details`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceDetails {
    /// Upper-case, 36 characters.
    pub uuid: String,
    pub issuer_rfc: String,
    pub issuer_name: String,
    pub receiver_rfc: String,
    pub series: Option<String>,
    pub folio: Option<String>,
    pub receiver_regimen: String,
    pub stamped_at: NaiveDateTime,
}
