//! Dates, amounts and spans as text. Pure; the clock and the zone are the caller's.

use chrono::{NaiveDate, NaiveDateTime};
use domain::fiscal::Money;

/// `14/09/2026`
pub fn date(date: NaiveDate) -> String {
    date.format("%d/%m/%Y").to_string()
}

/// `14/09/2026 07:05`
pub fn date_time(at: NaiveDateTime) -> String {
    at.format("%d/%m/%Y %H:%M").to_string()
}

/// `$1,234.50 MXN`
pub fn money(amount: &Money) -> String {
    let text = amount.to_string();
    match text.strip_prefix('-') {
        Some(rest) => format!("-${rest}"),
        None => format!("${text}"),
    }
}

/// The message that says how long ago, and its number.
pub fn ago(seconds: i64) -> (&'static str, i64) {
    match seconds.max(0) {
        s if s < 45 => (crate::key!("ago-now"), 0),
        s if s < 45 * 60 => (crate::key!("ago-minutes"), ((s + 30) / 60).max(1)),
        s if s < 22 * 3600 => (crate::key!("ago-hours"), ((s + 1800) / 3600).max(1)),
        s => (crate::key!("ago-days"), ((s + 43_200) / 86_400).max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_minutes_are_written_day_first() {
        let day = NaiveDate::from_ymd_opt(2026, 9, 4).unwrap();
        assert_eq!(date(day), "04/09/2026");
        let at = day.and_hms_opt(7, 5, 59).unwrap();
        assert_eq!(date_time(at), "04/09/2026 07:05");
    }

    #[test]
    fn amounts_have_sign_symbol_and_currency() {
        assert_eq!(money(&Money::mxn(123_450)), "$1,234.50 MXN");
        assert_eq!(money(&Money::mxn(-7)), "-$0.07 MXN");
    }

    #[test]
    fn spans_are_rounded_to_what_one_would_say() {
        assert_eq!(ago(-5), ("ago-now", 0));
        assert_eq!(ago(44), ("ago-now", 0));
        assert_eq!(ago(45), ("ago-minutes", 1));
        assert_eq!(ago(150), ("ago-minutes", 3));
        assert_eq!(ago(45 * 60), ("ago-hours", 1));
        assert_eq!(ago(22 * 3600), ("ago-days", 1));
        assert_eq!(ago(10 * 86_400), ("ago-days", 10));
    }
}
