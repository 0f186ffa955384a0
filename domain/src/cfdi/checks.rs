use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Amount, Cfdi, Check, Outcome, TaxKind, Verdict, seal_checks, signature};
use crate::fiscal::{FormaPago, Money, RegimenFiscal, Rfc, UsoCfdi};

/// What the delivered invoice should say. What is absent is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// The buyer's RFC: the profile's.
    pub rfc: Rfc,
    /// The ticket's total.
    #[serde(default)]
    pub total: Option<Money>,
    /// The day of the purchase.
    #[serde(default)]
    pub purchase_date: Option<NaiveDate>,
    /// The use that was asked for.
    #[serde(default)]
    pub uso: Option<UsoCfdi>,
    /// The buyer's regime.
    #[serde(default)]
    pub regimen: Option<RegimenFiscal>,
    /// How the purchase was paid.
    #[serde(default)]
    pub forma_pago: Option<FormaPago>,
    /// The vendor's RFC, when it is known.
    #[serde(default)]
    pub emisor_rfc: Option<Rfc>,
}

impl Expectation {
    /// Expects an invoice for this RFC, and nothing else yet.
    #[must_use]
    pub const fn new(rfc: Rfc) -> Self {
        Self {
            rfc,
            total: None,
            purchase_date: None,
            uso: None,
            regimen: None,
            forma_pago: None,
            emisor_rfc: None,
        }
    }
}

/// Above this difference of the totals a person looks: one peso.
const TOLERANCE_CENTS: u64 = 100;

/// Makes every check that needs no network. Whether the UUID is stored already is the caller's.
#[must_use]
pub fn verify(cfdi: &Cfdi, expected: &Expectation) -> Verdict {
    let state = signature(cfdi);
    let mut checks = vec![
        Check::new(
            "cfdi",
            Outcome::Pass,
            format!("CFDI 4.0 timbrado, folio fiscal {}", cfdi.uuid),
        ),
        seal_checks::stamp_seal(cfdi),
        seal_checks::seal(&state),
    ];
    checks.extend(seal_checks::certificate(cfdi));
    checks.extend([
        Check::new(
            "certificate-chain",
            Outcome::NotChecked,
            "no se revisó quién emitió el certificado",
        ),
        Check::new(
            "sat-seal",
            Outcome::NotChecked,
            "el sello del SAT se revisa en su página con el código QR",
        ),
        receiver(cfdi, expected),
        issuer(cfdi, expected),
        document_type(cfdi),
        total(cfdi, expected),
        sum(cfdi),
        purchase_date(cfdi, expected),
        code(
            "use",
            "uso de CFDI",
            Some(&cfdi.receptor.uso),
            expected.uso.map(UsoCfdi::code),
        ),
        code(
            "regimen",
            "régimen fiscal",
            Some(&cfdi.receptor.regimen),
            expected.regimen.map(RegimenFiscal::code),
        ),
        code(
            "payment-form",
            "forma de pago",
            cfdi.forma_pago.as_deref(),
            expected.forma_pago.map(FormaPago::code),
        ),
    ]);
    Verdict {
        checks,
        signature: state,
    }
}

fn receiver(cfdi: &Cfdi, expected: &Expectation) -> Check {
    const NAME: &str = "receiver-rfc";
    let found = &cfdi.receptor.rfc;
    if *found == expected.rfc {
        Check::new(
            NAME,
            Outcome::Pass,
            format!("la factura está a nombre de {found}"),
        )
    } else {
        let detail = format!(
            "la factura está a nombre de {found}, no de {}",
            expected.rfc
        );
        Check::new(NAME, Outcome::Fail, detail)
    }
}

fn issuer(cfdi: &Cfdi, expected: &Expectation) -> Check {
    const NAME: &str = "issuer-rfc";
    let found = &cfdi.emisor.rfc;
    match &expected.emisor_rfc {
        None => Check::new(NAME, Outcome::NotChecked, format!("emitida por {found}")),
        Some(wanted) if wanted == found => {
            Check::new(NAME, Outcome::Pass, format!("emitida por {found}"))
        }
        // Franchises invoice under their own RFC.
        Some(wanted) => Check::new(
            NAME,
            Outcome::Warn,
            format!("emitida por {found}; se esperaba {wanted} (puede ser una franquicia)"),
        ),
    }
}

fn document_type(cfdi: &Cfdi) -> Check {
    const NAME: &str = "document-type";
    if cfdi.tipo == "I" {
        Check::new(NAME, Outcome::Pass, "es un comprobante de ingreso")
    } else {
        Check::new(
            NAME,
            Outcome::Fail,
            format!("es un comprobante de tipo {}, no de ingreso", cfdi.tipo),
        )
    }
}

fn total(cfdi: &Cfdi, expected: &Expectation) -> Check {
    const NAME: &str = "total";
    let found = cfdi.total;
    let Some(wanted) = expected.total else {
        return Check::new(NAME, Outcome::NotChecked, format!("el total es {found}"));
    };
    match found.distance_cents(&wanted) {
        Some(0..=1) => Check::new(NAME, Outcome::Pass, format!("el total es {found}")),
        // Tips and deposits are left out by many portals.
        Some(2..=TOLERANCE_CENTS) => Check::new(
            NAME,
            Outcome::Warn,
            format!("el total es {found}; en el ticket {wanted}"),
        ),
        Some(_) => Check::new(
            NAME,
            Outcome::Fail,
            format!("el total es {found}; en el ticket {wanted}"),
        ),
        None => Check::new(
            NAME,
            Outcome::Fail,
            format!("el total es {found}: otra moneda que la del ticket ({wanted})"),
        ),
    }
}

/// Total = subtotal − discount + transferred − withheld; complements may add to it.
fn sum(cfdi: &Cfdi) -> Check {
    const NAME: &str = "sum";
    if !cfdi.complements.is_empty() {
        return Check::new(
            NAME,
            Outcome::NotChecked,
            "la suma puede incluir importes de complementos",
        );
    }
    let mut sum = Amount::from(cfdi.subtotal) - cfdi.descuento.map_or(Amount::ZERO, Amount::from);
    for tax in &cfdi.taxes {
        let amount = tax.amount.unwrap_or(Amount::ZERO);
        sum = match tax.kind {
            TaxKind::Transferred => sum + amount,
            TaxKind::Withheld => sum - amount,
        };
    }
    let cent = Amount::from(Money::mxn(1)).millionths();
    let off = (sum - Amount::from(cfdi.total)).millionths();
    if off.abs() <= cent {
        Check::new(NAME, Outcome::Pass, "el total es la suma de sus partes")
    } else {
        Check::new(
            NAME,
            Outcome::Warn,
            format!("las partes suman {sum}, el total es {}", cfdi.total),
        )
    }
}

/// An invoice is issued on the day of the purchase or later. One day earlier is only a warning:
/// tills and portals run in different zones.
fn purchase_date(cfdi: &Cfdi, expected: &Expectation) -> Check {
    const NAME: &str = "purchase-date";
    let issued = cfdi.fecha.date();
    let shown = issued.format("%d/%m/%Y");
    let Some(bought) = expected.purchase_date else {
        return Check::new(NAME, Outcome::NotChecked, format!("emitida el {shown}"));
    };
    let early_days = bought.signed_duration_since(issued).num_days();
    match early_days {
        ..=0 => Check::new(NAME, Outcome::Pass, format!("emitida el {shown}")),
        1 => Check::new(
            NAME,
            Outcome::Warn,
            format!("emitida el {shown}, un día antes de la compra"),
        ),
        _ => {
            let detail = format!(
                "emitida el {shown}, antes de la compra ({})",
                bought.format("%d/%m/%Y")
            );
            Check::new(NAME, Outcome::Fail, detail)
        }
    }
}

fn code(
    name: &'static str,
    what: &str,
    found: Option<&str>,
    wanted: Option<&'static str>,
) -> Check {
    let shown = found.unwrap_or("ninguno");
    match wanted {
        None => Check::new(name, Outcome::NotChecked, format!("{what}: {shown}")),
        Some(wanted) if found == Some(wanted) => {
            Check::new(name, Outcome::Pass, format!("{what}: {shown}"))
        }
        Some(wanted) => Check::new(
            name,
            Outcome::Warn,
            format!("{what}: {shown}; se pidió {wanted}"),
        ),
    }
}
