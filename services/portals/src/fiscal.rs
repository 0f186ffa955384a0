//! The buyer's fiscal data, as typed into a portal.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::catalog;

/// Receptor of an invoice, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receptor {
    pub rfc: String,
    pub name: String,
    pub postal_code: String,
    pub regime: String,
    pub cfdi_use: String,
    pub payment: String,
}

/// What is wrong with the typed data, before any authority is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadReceptor {
    Rfc,
    /// A field is empty or not one of the choices; its canonical name.
    Field(&'static str),
    RegimeOfOtherPerson,
    UseNotForRegime,
}

impl Receptor {
    /// Normalises (upper case, single spaces) and checks, as a PAC would.
    pub(crate) fn parse(self) -> Result<Receptor, BadReceptor> {
        let rfc: String = self.rfc.trim().to_uppercase();
        let name = self
            .name
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_uppercase();
        let postal_code = self.postal_code.trim().to_owned();
        let Some(moral) = person(&rfc) else {
            return Err(BadReceptor::Rfc);
        };
        if name.is_empty() || name.chars().count() > 300 || name.contains('|') {
            return Err(BadReceptor::Field("nombre"));
        }
        if postal_code.len() != 5 || !postal_code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadReceptor::Field("cp"));
        }
        if catalog::regime_text(&self.regime).is_empty() {
            return Err(BadReceptor::Field("regimen"));
        }
        if catalog::use_text(&self.cfdi_use).is_empty() {
            return Err(BadReceptor::Field("uso"));
        }
        if catalog::payment_text(&self.payment).is_empty() {
            return Err(BadReceptor::Field("pago"));
        }
        if !catalog::regime_fits_person(&self.regime, moral) {
            return Err(BadReceptor::RegimeOfOtherPerson);
        }
        if !catalog::use_fits_regime(&self.cfdi_use, &self.regime) {
            return Err(BadReceptor::UseNotForRegime);
        }
        Ok(Receptor {
            rfc,
            name,
            postal_code,
            ..self
        })
    }
}

/// `Some(true)` for a moral's RFC, `Some(false)` for a física's, by the pattern of `tdCFDI.xsd`.
pub(crate) fn person(rfc: &str) -> Option<bool> {
    let chars: Vec<char> = rfc.chars().collect();
    let letters = match chars.len() {
        12 => 3,
        13 => 4,
        _ => return None,
    };
    let letter = |c: &char| c.is_ascii_uppercase() || matches!(c, '&' | 'Ñ');
    let (head, rest) = chars.split_at(letters);
    let (date, tail) = rest.split_at(6);
    let number = |digits: &[char]| digits.iter().collect::<String>().parse::<u32>().ok();
    let valid = head.iter().all(letter)
        && date.iter().all(char::is_ascii_digit)
        && number(&date[2..4]).is_some_and(|month| (1..=12).contains(&month))
        && number(&date[4..6]).is_some_and(|day| (1..=31).contains(&day))
        && tail[..2]
            .iter()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        && (tail[2].is_ascii_digit() || tail[2] == 'A');
    valid.then_some(letters == 3)
}

/// Pesos as people type them (`1,234.5`, `$ 348.50`) in cents.
pub(crate) fn cents(typed: &str) -> Option<u64> {
    let plain: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '$' | ','))
        .collect();
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    if whole.is_empty() || part.len() > 2 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part: u64 = format!("{part:0<2}").parse().ok()?;
    whole
        .parse::<u64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(part)
}

/// Cents as `348.50`.
pub(crate) fn pesos(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Cents as `1,348.50`, for people.
pub(crate) fn pesos_for_people(cents: u64) -> String {
    let whole = (cents / 100).to_string();
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{:02}", cents % 100)
}

/// A day as people type it: `31/12/2026`, `31-12-2026` or `2026-12-31`.
pub(crate) fn date(typed: &str) -> Option<NaiveDate> {
    ["%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d"]
        .iter()
        .find_map(|shape| NaiveDate::parse_from_str(typed.trim(), shape).ok())
}
