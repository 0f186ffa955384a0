use std::fmt::Write as _;

use super::Cfdi;

/// SAT's page that shows whether an invoice is registered (Anexo 20, QR code).
const PAGE: &str = "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx";

/// The address behind the invoice's QR code: its UUID, both RFCs, the total and the last eight
/// characters of the seal, percent-encoded. For the user to open; the page has a CAPTCHA.
#[must_use]
pub fn verification_url(cfdi: &Cfdi) -> String {
    let sello = &cfdi.seal.sello;
    let tail: String = sello
        .chars()
        .skip(sello.chars().count().saturating_sub(8))
        .collect();
    format!(
        "{PAGE}?id={}&re={}&rr={}&tt={}&fe={}",
        encode(&cfdi.uuid),
        encode(cfdi.emisor.rfc.as_str()),
        encode(cfdi.receptor.rfc.as_str()),
        total(&cfdi.total.to_decimal()),
        encode(&tail),
    )
}

/// Without trailing zeros, but with one decimal at least: `100.0`, `36.01`.
fn total(decimal: &str) -> String {
    let trimmed = decimal.trim_end_matches('0');
    if trimmed.ends_with('.') {
        format!("{trimmed}0")
    } else {
        trimmed.to_owned()
    }
}

/// Percent-encodes all but RFC 3986's unreserved characters.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_totals_trimmed() {
        assert_eq!(encode("wFTH+g=="), "wFTH%2Bg%3D%3D");
        assert_eq!(encode("H&E951128469"), "H%26E951128469");
        assert_eq!(encode("HAÑ930228SM9"), "HA%C3%91930228SM9");
        assert_eq!(total("36.01"), "36.01");
        assert_eq!(total("100.00"), "100.0");
        assert_eq!(total("18.50"), "18.5");
    }
}
