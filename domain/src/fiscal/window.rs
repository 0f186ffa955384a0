use chrono::{DateTime, Datelike as _, Days, Duration, Months, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::date::{MEXICO_CITY, end_of_day, fiscal_year_end, local_to_utc};

/// Until when a vendor invoices a purchase, and how well we know.
///
/// YAML: `{rule: {days: 30}, verified: assumed}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The vendor's rule.
    pub rule: WindowRule,
    /// How the rule is known.
    pub verified: Verified,
}

/// A vendor's house rule. YAML: `{hours: 24}`, `{days: 30}`, `calendar_month`,
/// `{next_month: end}`, `{next_month: {day: 5}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowRule {
    /// That many hours from the purchase.
    Hours(u32),
    /// Until the end of the day that many days after the purchase.
    Days(u32),
    /// Until the end of the month of the purchase.
    CalendarMonth,
    /// Into the month after the purchase.
    NextMonth(NextMonth),
}

/// How far into the next month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextMonth {
    /// Until its last day.
    End,
    /// Until that day of it (the last one, in a shorter month).
    Day(u32),
}

/// How a window is known. Only a printed rule may ever expire a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// Printed on the ticket or the portal.
    Printed,
    /// Seen to hold.
    Observed,
    /// A guess; never tell a user that a ticket is safe on it.
    Assumed,
}

impl Default for Window {
    /// Nothing known: warn by the end of the month of the purchase.
    fn default() -> Self {
        Self {
            rule: WindowRule::CalendarMonth,
            verified: Verified::Assumed,
        }
    }
}

impl Window {
    /// The last second of the window, for a purchase by the clock of Mexico City.
    #[must_use]
    pub fn until(&self, purchase: NaiveDateTime) -> DateTime<Utc> {
        self.until_in(purchase, MEXICO_CITY)
    }

    /// The last second of the window, for a purchase by the clock of `zone`. Give midnight when
    /// the ticket has no hour: rather too early than too late.
    #[must_use]
    pub fn until_in(&self, purchase: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
        let day = purchase.date();
        match self.rule {
            WindowRule::Hours(hours) => local_to_utc(purchase, zone)
                .checked_add_signed(Duration::hours(i64::from(hours)))
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
            WindowRule::Days(days) => day
                .checked_add_days(Days::new(u64::from(days)))
                .map_or(DateTime::<Utc>::MAX_UTC, |d| end_of_day(d, zone)),
            WindowRule::CalendarMonth => end_of_day(last_of_month(day), zone),
            WindowRule::NextMonth(part) => {
                let next = day.checked_add_months(Months::new(1)).unwrap_or(day);
                let last = last_of_month(next);
                let day = match part {
                    NextMonth::End => last,
                    NextMonth::Day(day) => next.with_day(day.clamp(1, last.day())).unwrap_or(last),
                };
                end_of_day(day, zone)
            }
        }
    }

    /// When a task may be given up for good: the end of a printed window, else the end of the
    /// fiscal year, and never later than that. The other windows only remind.
    #[must_use]
    pub fn expires_at(&self, purchase: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
        match self.verified {
            Verified::Printed => self.until_in(purchase, zone),
            Verified::Observed | Verified::Assumed => fiscal_year_end(purchase.date(), zone),
        }
    }
}

fn last_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1)
        .and_then(|first| first.checked_add_months(Months::new(1)))
        .and_then(|next| next.pred_opt())
        .unwrap_or(day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use chrono::TimeZone as _;

    fn purchase() -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 1, 31)
            .unwrap()
            .and_hms_opt(13, 5, 0)
            .unwrap()
    }

    fn until(rule: WindowRule) -> String {
        let window = Window {
            rule,
            verified: Verified::Assumed,
        };
        window
            .until(purchase())
            .with_timezone(&MEXICO_CITY)
            .naive_local()
            .to_string()
    }

    #[test]
    fn windows_end_by_the_mexican_clock() {
        assert_eq!(until(WindowRule::Hours(24)), "2026-02-01 13:05:00");
        assert_eq!(until(WindowRule::Days(30)), "2026-03-02 23:59:59");
        assert_eq!(until(WindowRule::CalendarMonth), "2026-01-31 23:59:59");
        assert_eq!(
            until(WindowRule::NextMonth(NextMonth::End)),
            "2026-02-28 23:59:59"
        );
        assert_eq!(
            until(WindowRule::NextMonth(NextMonth::Day(5))),
            "2026-02-05 23:59:59"
        );
        assert_eq!(
            until(WindowRule::NextMonth(NextMonth::Day(31))),
            "2026-02-28 23:59:59"
        );
        assert_eq!(
            until(WindowRule::NextMonth(NextMonth::Day(0))),
            "2026-02-01 23:59:59"
        );
    }

    #[test]
    fn absurd_windows_do_not_overflow() {
        let _ = Window {
            rule: WindowRule::Days(u32::MAX),
            verified: Verified::Assumed,
        }
        .until(purchase());
        let _ = Window {
            rule: WindowRule::Hours(u32::MAX),
            verified: Verified::Assumed,
        }
        .until(purchase());
    }

    #[test]
    fn only_a_printed_rule_expires_before_the_fiscal_year_ends() {
        let mut window = Window {
            rule: WindowRule::Days(7),
            verified: Verified::Assumed,
        };
        let year_end = Utc.with_ymd_and_hms(2027, 1, 1, 5, 59, 59).unwrap();
        assert_eq!(window.expires_at(purchase(), MEXICO_CITY), year_end);
        window.verified = Verified::Printed;
        assert_eq!(
            window.expires_at(purchase(), MEXICO_CITY),
            window.until(purchase())
        );
    }

    #[test]
    fn the_written_shape() {
        for (rule, json) in [
            (
                WindowRule::Hours(24),
                r#"{"rule":{"hours":24},"verified":"assumed"}"#,
            ),
            (
                WindowRule::Days(30),
                r#"{"rule":{"days":30},"verified":"assumed"}"#,
            ),
            (
                WindowRule::CalendarMonth,
                r#"{"rule":"calendar_month","verified":"assumed"}"#,
            ),
            (
                WindowRule::NextMonth(NextMonth::End),
                r#"{"rule":{"next_month":"end"},"verified":"assumed"}"#,
            ),
            (
                WindowRule::NextMonth(NextMonth::Day(5)),
                r#"{"rule":{"next_month":{"day":5}},"verified":"assumed"}"#,
            ),
        ] {
            let window = Window {
                rule,
                verified: Verified::Assumed,
            };
            assert_eq!(serde_json::to_string(&window).unwrap(), json);
            assert_eq!(serde_json::from_str::<Window>(json).unwrap(), window);
        }
    }
}
