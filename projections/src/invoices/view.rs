//! An invoice as the read model holds it: what identifies people is sealed.

use chrono::{DateTime, NaiveDateTime, Utc};
use domain::fiscal::Money;
use domain::{ArtifactId, InvoiceDetails, KeyedHash, ProfileId, Sealed, TaskId};
use schemas::rest::InvoiceView;

/// One invoice of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct InvoiceRecord {
    pub task_id: TaskId,
    pub profile: ProfileId,
    pub portal: String,
    /// Keyed hash of the UUID, per owner.
    pub uuid_key: KeyedHash,
    /// Sealed JSON of [`InvoiceDetails`] (field `invoice.details`, aggregate: the task's id).
    pub details: Sealed,
    /// Local time of the place of issue.
    pub issued_at: NaiveDateTime,
    pub subtotal: Money,
    pub taxes: Money,
    pub total: Money,
    pub uso_cfdi: String,
    pub forma_pago: Option<String>,
    pub signature: String,
    /// `portal`, `email` or `user`.
    pub delivered_by: String,
    pub warnings: Vec<String>,
    pub xml: ArtifactId,
    pub pdf: Option<ArtifactId>,
    pub completed_at: DateTime<Utc>,
}

impl InvoiceRecord {
    /// The invoice as the API shows it, with its opened details.
    pub fn view(&self, details: &InvoiceDetails) -> InvoiceView {
        InvoiceView {
            uuid: details.uuid.clone(),
            issuer_rfc: details.issuer_rfc.clone(),
            issuer_name: details.issuer_name.clone(),
            series: details.series.clone(),
            folio: details.folio.clone(),
            issued_at: self.issued_at,
            subtotal: self.subtotal,
            taxes: self.taxes,
            total: self.total,
            uso_cfdi: self.uso_cfdi.clone(),
            signature: self.signature.clone(),
            delivered_by: self.delivered_by.clone(),
            xml: self.xml,
            pdf: self.pdf,
        }
    }
}
