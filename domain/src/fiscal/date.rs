use chrono::{
    DateTime, Datelike as _, Days, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime,
    TimeZone as _, Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The zone of most of Mexico, used where nothing better is known.
pub const MEXICO_CITY: Tz = chrono_tz::America::Mexico_City;

/// The date in Mexico at that moment.
#[must_use]
pub fn mexico_today(now: DateTime<Utc>, zone: Tz) -> NaiveDate {
    now.with_timezone(&zone).date_naive()
}

/// The moment a Mexican wall clock shows that time. Of a time that exists twice the earlier is
/// taken, a skipped one moves an hour on: the border still changes its clocks.
#[must_use]
pub fn local_to_utc(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc),
        LocalResult::None => zone
            .from_local_datetime(&(local + Duration::hours(1)))
            .earliest()
            .map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc)),
    }
}

/// 23:59:59 of that day on a Mexican wall clock.
#[must_use]
pub fn end_of_day(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let start_of_next = date
        .checked_add_days(Days::new(1))
        .unwrap_or(date)
        .and_time(NaiveTime::MIN);
    local_to_utc(start_of_next, zone) - Duration::seconds(1)
}

/// The end of the fiscal year of a purchase: after it no vendor owes an invoice any more.
#[must_use]
pub fn fiscal_year_end(purchase: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let last = NaiveDate::from_ymd_opt(purchase.year(), 12, 31).unwrap_or(purchase);
    end_of_day(last, zone)
}

/// The day of a purchase, on a Mexican calendar. JSON: `"2026-09-14"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PurchaseDate(NaiveDate);

/// Why a text is not a day of purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PurchaseDateError {
    /// Not a date.
    #[error("escribe la fecha como día/mes/año, por ejemplo 14/09/2026")]
    Syntax,
    /// After today, in Mexico.
    #[error("la fecha de compra está en el futuro")]
    Future,
}

impl PurchaseDateError {
    /// Stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Syntax => "date_syntax",
            Self::Future => "date_future",
        }
    }
}

impl PurchaseDate {
    /// Parses `14/09/2026`, `14-09-26` (day first, as on Mexican tickets) or `2026-09-14`, and
    /// refuses days after `today` (see [`mexico_today`]).
    ///
    /// # Errors
    /// `Syntax` or `Future`.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, PurchaseDateError> {
        let parts: Vec<&str> = text.trim().split(['/', '-', '.']).collect();
        let [a, b, c] = parts[..] else {
            return Err(PurchaseDateError::Syntax);
        };
        let number = |s: &str| {
            let digits = (1..=4).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
            if digits { s.parse::<u32>().ok() } else { None }.ok_or(PurchaseDateError::Syntax)
        };
        let (year, month, day) = match (a.len(), c.len()) {
            (4, 1..=2) => (number(a)?, number(b)?, number(c)?),
            (1..=2, 4) => (number(c)?, number(b)?, number(a)?),
            (1..=2, 2) => (2000 + number(c)?, number(b)?, number(a)?),
            _ => return Err(PurchaseDateError::Syntax),
        };
        let year = i32::try_from(year).map_err(|_| PurchaseDateError::Syntax)?;
        let date = NaiveDate::from_ymd_opt(year, month, day).ok_or(PurchaseDateError::Syntax)?;
        Self::new(date, today)
    }

    /// Takes a date that is not after `today`.
    ///
    /// # Errors
    /// `Future`.
    pub fn new(date: NaiveDate, today: NaiveDate) -> Result<Self, PurchaseDateError> {
        if date > today {
            Err(PurchaseDateError::Future)
        } else {
            Ok(Self(date))
        }
    }

    /// The calendar day.
    #[must_use]
    pub const fn date(self) -> NaiveDate {
        self.0
    }

    /// Day first, as portals want it: `14/09/2026`.
    #[must_use]
    pub fn day_first(self) -> String {
        self.0.format("%d/%m/%Y").to_string()
    }
}

impl std::fmt::Display for PurchaseDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn today_is_the_mexican_day() {
        let late = Utc.with_ymd_and_hms(2026, 11, 23, 3, 0, 0).unwrap();
        assert_eq!(mexico_today(late, MEXICO_CITY), day(2026, 11, 22));
        assert_eq!(
            mexico_today(late, chrono_tz::America::Tijuana),
            day(2026, 11, 22)
        );
        let noon = Utc.with_ymd_and_hms(2026, 11, 23, 18, 0, 0).unwrap();
        assert_eq!(mexico_today(noon, MEXICO_CITY), day(2026, 11, 23));
    }

    #[test]
    fn dates_as_tickets_print_them() {
        let today = day(2026, 11, 22);
        for text in [
            "14/09/2026",
            "14-09-2026",
            "2026-09-14",
            "14/9/26",
            " 14.09.2026 ",
        ] {
            assert_eq!(
                PurchaseDate::parse(text, today).unwrap().date(),
                day(2026, 9, 14),
                "{text}"
            );
        }
        for text in [
            "",
            "14/09",
            "31/02/2026",
            "09/14/2026",
            "a/b/c",
            "14/09/202",
            "2026-09-14-1",
            "+1/09/2026",
        ] {
            assert_eq!(
                PurchaseDate::parse(text, today),
                Err(PurchaseDateError::Syntax),
                "{text}"
            );
        }
    }

    #[test]
    fn tomorrow_in_mexico_is_refused() {
        let now = Utc.with_ymd_and_hms(2026, 11, 23, 3, 0, 0).unwrap();
        let today = mexico_today(now, MEXICO_CITY);
        assert!(PurchaseDate::parse("22/11/2026", today).is_ok());
        assert_eq!(
            PurchaseDate::parse("23/11/2026", today),
            Err(PurchaseDateError::Future)
        );
    }

    #[test]
    fn days_end_by_the_local_clock() {
        let end = end_of_day(day(2026, 9, 30), MEXICO_CITY);
        assert_eq!(end, Utc.with_ymd_and_hms(2026, 10, 1, 5, 59, 59).unwrap());
        let year = fiscal_year_end(day(2026, 3, 1), MEXICO_CITY);
        assert_eq!(year, Utc.with_ymd_and_hms(2027, 1, 1, 5, 59, 59).unwrap());
    }

    #[test]
    fn skipped_and_doubled_hours_have_an_answer() {
        let tijuana = chrono_tz::America::Tijuana;
        let skipped = day(2026, 3, 8).and_hms_opt(2, 30, 0).unwrap();
        assert_eq!(
            local_to_utc(skipped, tijuana),
            Utc.with_ymd_and_hms(2026, 3, 8, 10, 30, 0).unwrap()
        );
        let doubled = day(2026, 11, 1).and_hms_opt(1, 30, 0).unwrap();
        assert_eq!(
            local_to_utc(doubled, tijuana),
            Utc.with_ymd_and_hms(2026, 11, 1, 8, 30, 0).unwrap()
        );
    }

    #[test]
    fn json_is_the_iso_day() {
        let date = PurchaseDate::new(day(2026, 9, 14), day(2026, 9, 14)).unwrap();
        assert_eq!(serde_json::to_string(&date).unwrap(), "\"2026-09-14\"");
        assert_eq!(date.day_first(), "14/09/2026");
    }
}
