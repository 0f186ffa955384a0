//! The checks of the seal and the certificate.

use super::certificate::Certificate;
use super::{Cfdi, Check, Outcome, SignatureState};
use crate::fiscal::{MEXICO_CITY, local_to_utc};

/// The stamp repeats the seal of the document it belongs to.
pub(super) fn stamp_seal(cfdi: &Cfdi) -> Check {
    const NAME: &str = "stamp-seal";
    if cfdi.seal.sello == cfdi.seal.sello_cfd {
        Check::new(
            NAME,
            Outcome::Pass,
            "el timbre corresponde a este documento",
        )
    } else {
        Check::new(
            NAME,
            Outcome::Fail,
            "el timbre es de otro documento: SelloCFD no es igual a Sello",
        )
    }
}

/// The issuer's seal fits the document.
pub(super) fn seal(state: &SignatureState) -> Check {
    const NAME: &str = "signature";
    match state {
        SignatureState::Valid => Check::new(NAME, Outcome::Pass, "el sello del emisor es válido"),
        SignatureState::Invalid => Check::new(
            NAME,
            Outcome::Fail,
            "el sello del emisor no es válido: el documento fue alterado",
        ),
        SignatureState::NotChecked { complement } => {
            let detail =
                format!("el sello no se revisó, porque el CFDI lleva el complemento {complement}");
            Check::new(NAME, Outcome::NotChecked, detail)
        }
    }
}

/// The certificate is the one that is named, the issuer's, and was in force.
pub(super) fn certificate(cfdi: &Cfdi) -> Vec<Check> {
    let Some(certificate) = Certificate::read(&cfdi.seal.certificado) else {
        return vec![Check::new(
            "certificate",
            Outcome::Fail,
            "el certificado del emisor no se puede leer",
        )];
    };
    let number_ok = certificate.number.as_deref() == Some(cfdi.no_certificado.as_str());
    let number = if number_ok {
        Check::new(
            "certificate-number",
            Outcome::Pass,
            "el número de certificado coincide",
        )
    } else {
        Check::new(
            "certificate-number",
            Outcome::Fail,
            "el número de certificado no es el del certificado incluido",
        )
    };
    let holder = certificate.rfc.as_deref().unwrap_or("desconocido");
    let rfc_ok = holder == cfdi.emisor.rfc.as_str();
    let rfc = match (rfc_ok, cfdi.seal.sealed_by_buyer) {
        (true, _) => Check::new(
            "certificate-rfc",
            Outcome::Pass,
            "el certificado es del emisor",
        ),
        (false, true) => Check::new(
            "certificate-rfc",
            Outcome::Warn,
            format!("factura a través del adquirente: selló {holder}"),
        ),
        (false, false) => {
            let detail = format!(
                "el certificado es de {holder} y el emisor es {}",
                cfdi.emisor.rfc
            );
            Check::new("certificate-rfc", Outcome::Fail, detail)
        }
    };
    // Issued by the clock of the place; the hour or two between Mexican zones don't matter here.
    let issued = local_to_utc(cfdi.fecha, MEXICO_CITY);
    let begun = certificate.not_before.is_none_or(|from| from <= issued);
    let lasting = certificate.not_after.is_none_or(|until| issued <= until);
    let validity = if begun && lasting {
        Check::new(
            "certificate-validity",
            Outcome::Pass,
            "el certificado estaba vigente",
        )
    } else {
        Check::new(
            "certificate-validity",
            Outcome::Warn,
            "el certificado no estaba vigente en la fecha del CFDI",
        )
    };
    vec![number, rfc, validity]
}
