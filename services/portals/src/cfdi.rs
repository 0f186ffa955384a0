//! Makes a CFDI 4.0 (Anexo 20) with its Timbre Fiscal Digital 1.1, signed when it is asked for.

mod keys;
mod xml;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::{clock, fiscal::Receptor, ticket::PortalId};

pub(crate) use keys::{PAC_RFC, Vendor};

/// A way for an invoice to differ from what was asked; a fault that real portals have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twist {
    OtherRfc,
    OtherTotal,
}

/// An issued invoice: the document's values and its signed XML.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Invoice {
    pub portal: PortalId,
    pub ticket: String,
    /// The RFC that was typed; it recovers the invoice.
    pub asked_by: String,
    pub receptor: Receptor,
    pub series: String,
    pub folio: String,
    /// Local time of the place of issue.
    pub issued_at: NaiveDateTime,
    pub subtotal_cents: u64,
    pub iva_cents: u64,
    pub total_cents: u64,
    pub uuid: String,
    pub seal: String,
    pub pac_seal: String,
    pub pac_certificate_number: String,
    pub pac_chain: String,
    pub certificate_number: String,
    pub xml: String,
}

impl Invoice {
    /// Name for its files, without an ending; plain ASCII, since it goes into an HTTP header.
    pub(crate) fn file_name(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let rfc: String = self.receptor.rfc.chars().map(plain).collect();
        format!("{}{}_{rfc}", self.series, self.folio)
    }

    /// The text of its QR code (Anexo 20, II.E).
    pub(crate) fn verification_url(&self) -> String {
        let tail = &self.seal[self.seal.len() - 8..];
        let encode = |text: &str| {
            let byte = |b: u8| match b {
                b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
                b => format!("%{b:02X}"),
            };
            text.bytes().map(byte).collect::<String>()
        };
        format!(
            "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx?id={}&re={}&rr={}&tt={}&fe={}",
            self.uuid,
            encode(Vendor::of(self.portal).rfc),
            encode(&self.receptor.rfc),
            crate::fiscal::pesos(self.total_cents),
            encode(tail),
        )
    }
}

/// Splits a total with 16 % IVA so that the parts add up to it exactly: subtotal = total / 1.16
/// rounded, IVA = the rest. The IVA so got is within the limits Anexo 20 gives for a tax computed
/// from a base of two decimals.
pub(crate) fn split_total(total_cents: u64) -> (u64, u64) {
    let subtotal = (total_cents * 100 + 58) / 116;
    (subtotal, total_cents - subtotal)
}

/// Makes and signs an invoice over the whole ticket.
pub(crate) fn issue(
    portal: PortalId,
    ticket: &str,
    total_cents: u64,
    receptor: &Receptor,
    twist: Option<Twist>,
) -> Invoice {
    let vendor = Vendor::of(portal);
    let mut receptor = receptor.clone();
    let asked_by = receptor.rfc.clone();
    let mut total_cents = total_cents;
    match twist {
        Some(Twist::OtherRfc) => {
            // SAT's public test taxpayers; one of them is not the asked one.
            let other = ["XIQB891116QE4", "CACX7605101P8"];
            let other = if asked_by == other[0] {
                other[1]
            } else {
                other[0]
            };
            other.clone_into(&mut receptor.rfc);
        }
        Some(Twist::OtherTotal) => total_cents += 1_000,
        None => {}
    }
    let (subtotal_cents, iva_cents) = split_total(total_cents);
    let mut invoice = Invoice {
        portal,
        ticket: ticket.to_owned(),
        asked_by,
        receptor,
        series: vendor.series.to_owned(),
        folio: (10_000_000 + clock::random() % 90_000_000).to_string(),
        issued_at: clock::mexican(clock::now()),
        subtotal_cents,
        iva_cents,
        total_cents,
        uuid: clock::random_uuid(),
        seal: String::new(),
        pac_seal: String::new(),
        pac_certificate_number: keys::pac().number.clone(),
        pac_chain: String::new(),
        certificate_number: vendor.sealer().number.clone(),
        xml: String::new(),
    };
    invoice.seal = vendor.sealer().seal(&xml::original_chain(&invoice, vendor));
    invoice.pac_chain = xml::stamp_chain(&invoice);
    invoice.pac_seal = keys::pac().seal(&invoice.pac_chain);
    invoice.xml = xml::document(&invoice, vendor);
    invoice
}

#[cfg(test)]
mod tests {
    use super::split_total;

    #[test]
    fn every_total_is_split_without_losing_a_cent_and_within_sats_limits() {
        for total in 1..200_000_u64 {
            let (subtotal, iva) = split_total(total);
            assert_eq!(subtotal + iva, total);
            // Anexo 20: (base ± half a cent) × rate, cut below and rounded up above.
            let low = (subtotal * 1_000).saturating_sub(500) * 16 / 100_000;
            let high = ((subtotal * 1_000 + 500) * 16).div_ceil(100_000);
            assert!((low..=high).contains(&iva), "{total}: {subtotal} + {iva}");
        }
    }
}
