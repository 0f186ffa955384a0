//! How values are written into a page, and how they are shown in the log.

use chrono::NaiveDate;
use domain::fiscal::{FormaPago, Money, PurchaseDate, RegimenFiscal, Rfc, UsoCfdi};
use schemas::adapter::ValueFormat;

/// A value in the form a control wants it. What can't be read as a date, an amount or an RFC stays
/// as it is: the portal will say what it thinks of it.
pub fn written(value: &str, format: Option<ValueFormat>) -> String {
    let formatted = match format {
        None => None,
        Some(ValueFormat::DateDmy) => date(value).map(|d| d.format("%d/%m/%Y").to_string()),
        Some(ValueFormat::DateIso) => date(value).map(|d| d.format("%Y-%m-%d").to_string()),
        Some(ValueFormat::Decimal) => Money::parse_mxn(value).ok().map(|m| m.to_decimal()),
        Some(ValueFormat::RfcStem) => split_rfc(value).map(|(stem, _)| stem),
        Some(ValueFormat::RfcHomoclave) => split_rfc(value).map(|(_, homoclave)| homoclave),
    };
    formatted.unwrap_or_else(|| value.to_owned())
}

fn date(value: &str) -> Option<NaiveDate> {
    PurchaseDate::parse(value, NaiveDate::MAX)
        .ok()
        .map(PurchaseDate::date)
}

fn split_rfc(value: &str) -> Option<(String, String)> {
    let rfc = Rfc::parse(value).ok()?;
    let letters: Vec<char> = rfc.as_str().chars().collect();
    let (stem, homoclave) = letters.split_at(letters.len() - 3);
    Some((stem.iter().collect(), homoclave.iter().collect()))
}

/// The SAT's words for a code of that canonical field, to find an option by its text.
pub fn option_text(field: &str, value: &str) -> Option<&'static str> {
    match field {
        "regimen" => RegimenFiscal::parse(value).ok().map(RegimenFiscal::text),
        "uso_cfdi" => UsoCfdi::parse(value).ok().map(UsoCfdi::text),
        "forma_pago" => FormaPago::parse(value).ok().map(FormaPago::text),
        _ => None,
    }
}

/// A value as a step in the log may show it. Totals, dates and SAT codes identify nobody and stay;
/// the rest keeps two characters at its ends.
pub fn masked(field: &str, value: &str) -> String {
    match field {
        "rfc" => Rfc::parse(value).map_or_else(|_| ends(value, 2), |rfc| rfc.masked()),
        "total" | "fecha" | "regimen" | "uso_cfdi" | "forma_pago" => value.to_owned(),
        "cp" => ends(value, 2),
        "email" => match value.split_once('@') {
            Some((local, domain)) => format!("{}@{}", ends(local, 1), ends(domain, 3)),
            None => ends(value, 1),
        },
        _ => ends(value, 2),
    }
}

/// Keeps `kept` characters at each end when more are hidden than shown.
fn ends(value: &str, kept: usize) -> String {
    let count = value.chars().count();
    let hide_all = count < 3 * kept + 1;
    value
        .chars()
        .enumerate()
        .map(|(i, c)| {
            let shown = !hide_all && (i < kept || i + kept >= count);
            if shown { c } else { '*' }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_the_control_wants_them() {
        let rfc = "XIQB891116QE4";
        for (value, format, wanted) in [
            ("2026-09-14", Some(ValueFormat::DateDmy), "14/09/2026"),
            ("14/09/2026", Some(ValueFormat::DateIso), "2026-09-14"),
            ("$1,234.5", Some(ValueFormat::Decimal), "1234.50"),
            (rfc, Some(ValueFormat::RfcStem), "XIQB891116"),
            (rfc, Some(ValueFormat::RfcHomoclave), "QE4"),
            ("2026-09-14", None, "2026-09-14"),
            ("mañana", Some(ValueFormat::DateIso), "mañana"),
        ] {
            assert_eq!(written(value, format), wanted);
        }
    }

    #[test]
    fn options_are_found_by_the_sats_words() {
        assert_eq!(option_text("uso_cfdi", "G03"), Some("Gastos en general"));
        assert_eq!(option_text("sucursal", "001"), None);
    }

    #[test]
    fn masks_hide_what_identifies() {
        for (field, value, wanted) in [
            ("rfc", "XIQB891116QE4", "XIQ*******QE4"),
            ("nombre", "BERENICE XIMO QUEZADA", "BE*****************DA"),
            ("email", "berenice@ejemplo.mx", "b******e@eje****.mx"),
            ("ticket", "12345678", "12****78"),
            ("folio", "123", "***"),
            ("cp", "76343", "*****"),
            ("total", "123.45", "123.45"),
            ("uso_cfdi", "G03", "G03"),
        ] {
            assert_eq!(masked(field, value), wanted, "{field}");
        }
    }
}
