use chrono::NaiveDateTime;
use serde::Serialize;

use super::Amount;
use super::cadena::Cadena;
use crate::fiscal::{CodigoPostal, Money, Rfc};

/// A stamped CFDI 4.0, as read by [`super::parse`]. Codes stay as written: SAT's catalogues
/// grow, and an invoice is not refused for a code we don't know yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cfdi {
    /// Folio fiscal, upper case, with hyphens.
    pub uuid: String,
    /// Who invoices.
    pub emisor: Emisor,
    /// Who is invoiced.
    pub receptor: Receptor,
    /// The issuer's own series.
    pub serie: Option<String>,
    /// The issuer's own number.
    pub folio: Option<String>,
    /// When it was issued, by the clock of `lugar_expedicion`.
    pub fecha: NaiveDateTime,
    /// Sum of the concepts before discount and taxes.
    pub subtotal: Money,
    /// Discount.
    pub descuento: Option<Money>,
    /// What was charged.
    pub total: Money,
    /// Taxes of the whole document.
    pub taxes: Vec<Tax>,
    /// `c_FormaPago` code.
    pub forma_pago: Option<String>,
    /// `c_MetodoPago` code.
    pub metodo_pago: Option<String>,
    /// `I` income, `E` credit note, `T` transport, `N` payroll, `P` payment receipt.
    pub tipo: String,
    /// ISO 4217 code; the same as that of the amounts.
    pub moneda: String,
    /// Postal code where it was issued.
    pub lugar_expedicion: String,
    /// When it was stamped, in the time of central Mexico.
    pub fecha_timbrado: NaiveDateTime,
    /// Tax id of the certification provider (PAC) that stamped it.
    pub rfc_prov_certif: String,
    /// Number of the issuer's certificate.
    pub no_certificado: String,
    /// Number of SAT's certificate at the PAC.
    pub no_certificado_sat: String,
    /// Local names of the complements, apart from the stamp; also those inside concepts.
    pub complements: Vec<String>,
    /// What was bought.
    pub conceptos: Vec<Concepto>,
    /// What the seal is checked with.
    #[serde(skip)]
    pub(super) seal: Seal,
}

/// The issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Emisor {
    /// Tax id.
    pub rfc: Rfc,
    /// Name.
    pub name: String,
    /// `c_RegimenFiscal` code.
    pub regimen: String,
}

/// The receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receptor {
    /// Tax id.
    pub rfc: Rfc,
    /// Name.
    pub name: String,
    /// Postal code of the domicilio fiscal.
    pub cp: CodigoPostal,
    /// `c_RegimenFiscal` code.
    pub regimen: String,
    /// `c_UsoCFDI` code.
    pub uso: String,
}

/// Added to the price or kept back from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxKind {
    /// Traslado: the buyer pays it on top.
    Transferred,
    /// Retención: the buyer keeps it back.
    Withheld,
}

/// One tax of the whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tax {
    /// Added or kept back.
    pub kind: TaxKind,
    /// `001` ISR, `002` IVA, `003` IEPS.
    pub tax: String,
    /// What it is computed on.
    pub base: Option<Amount>,
    /// Rate or quota; absent when exempt.
    pub rate: Option<Amount>,
    /// The tax itself; absent when exempt.
    pub amount: Option<Amount>,
}

/// One thing bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Concepto {
    /// `c_ClaveProdServ` code.
    pub clave: String,
    /// Description.
    pub descripcion: String,
    /// How many.
    pub cantidad: Amount,
    /// Price before discount and taxes.
    pub importe: Amount,
    /// Discount.
    pub descuento: Option<Amount>,
}

/// The issuer's seal and what it is checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seal {
    /// The seal on the document (base64).
    pub sello: String,
    /// The seal that the stamp repeats (base64).
    pub sello_cfd: String,
    /// The issuer's certificate (base64 DER).
    pub certificado: String,
    /// The text that was sealed.
    pub cadena: Cadena,
    /// The buyer may seal in the issuer's name (`FacAtrAdquirente`).
    pub sealed_by_buyer: bool,
}
