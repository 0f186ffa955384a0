//! What the history shows, as it stands in the page's address. Pure.

use chrono::{Datelike as _, NaiveDate};
use url::form_urlencoded;

/// Rows per page.
const LIMIT: u32 = 20;

/// Every status that is not an end, in the API's words.
const OPEN: &str = "PENDING,RUNNING,PAUSED,INTERVENTION_NEEDED";

/// By what, and which way, rows are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub by: &'static str,
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            by: "created",
            descending: true,
        }
    }
}

impl Sort {
    /// What rows can be ordered by.
    pub const COLUMNS: [&'static str; 5] =
        ["portal", "purchase_date", "total", "status", "created"];

    /// As the API writes it: `-created`.
    pub fn text(self) -> String {
        let sign = if self.descending { "-" } else { "" };
        format!("{sign}{}", self.by)
    }

    /// Reads [`Self::text`].
    pub fn parse(text: &str) -> Option<Self> {
        let (descending, by) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let by = Self::COLUMNS.into_iter().find(|column| *column == by)?;
        Some(Self { by, descending })
    }

    /// After a click on that column's head: the other way round, or that column; days and amounts
    /// begin with the greatest.
    pub fn toggled(self, column: &'static str) -> Self {
        let descending = match column == self.by {
            true => !self.descending,
            false => matches!(column, "created" | "purchase_date" | "total"),
        };
        Self {
            by: column,
            descending,
        }
    }
}

/// What the history shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// A status, or `open` for all that go on.
    pub status: String,
    /// A portal's id.
    pub portal: String,
    /// First day of purchase.
    pub from: Option<NaiveDate>,
    /// Last day of purchase.
    pub to: Option<NaiveDate>,
    pub sort: Sort,
    /// Where the page of rows begins; opaque.
    pub cursor: Option<String>,
}

impl Filters {
    /// The statuses one can choose.
    pub const STATUSES: [&'static str; 7] = [
        "open",
        "INTERVENTION_NEEDED",
        "RUNNING",
        "PENDING",
        "PAUSED",
        "COMPLETED",
        "FAILED",
    ];

    /// Reads an address' query; what makes no sense there is left out.
    pub fn parse(query: &str) -> Self {
        let mut filters = Self::default();
        let query = query.trim_start_matches('?');
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match name.as_ref() {
                "status" if Self::STATUSES.contains(&value.as_str()) => filters.status = value,
                "portal" => filters.portal = value,
                "from" => filters.from = day(&value),
                "to" => filters.to = day(&value),
                "sort" => filters.sort = Sort::parse(&value).unwrap_or_default(),
                "cursor" if !value.is_empty() => filters.cursor = Some(value),
                _ => {}
            }
        }
        filters
    }

    /// As an address' query, without what is so anyway.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        self.narrowed(&mut query, &self.status);
        if self.sort != Sort::default() {
            query.append_pair("sort", &self.sort.text());
        }
        if let Some(cursor) = &self.cursor {
            query.append_pair("cursor", cursor);
        }
        query.finish()
    }

    /// The path to ask the API.
    pub fn path(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("sort", &self.sort.text());
        let status = if self.status == "open" {
            OPEN
        } else {
            &self.status
        };
        self.narrowed(&mut query, status);
        if let Some(cursor) = &self.cursor {
            query.append_pair("cursor", cursor);
        }
        query.append_pair("limit", &LIMIT.to_string());
        format!("/tasks?{}", query.finish())
    }

    fn narrowed(&self, query: &mut form_urlencoded::Serializer<'_, String>, status: &str) {
        let text = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
        for (name, value) in [
            ("status", status),
            ("portal", &self.portal),
            ("from", &text(self.from)),
            ("to", &text(self.to)),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
    }

    /// Something narrows what is shown.
    pub fn is_narrow(&self) -> bool {
        let text = !self.status.is_empty() || !self.portal.is_empty();
        text || self.from.is_some() || self.to.is_some()
    }

    /// The same order, everything shown.
    pub fn widened(&self) -> Self {
        Self {
            sort: self.sort,
            ..Self::default()
        }
    }

    /// The same with a change; from the first row again.
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut filters = self.clone();
        filters.cursor = None;
        change(&mut filters);
        filters
    }
}

/// A day as a date control has it. While a year is typed, it holds years of long ago.
fn day(text: &str) -> Option<NaiveDate> {
    let day: NaiveDate = text.parse().ok()?;
    (2000..=9999).contains(&day.year()).then_some(day)
}

/// What a date control says: a day, or inside nothing, for a control that was emptied. Nothing at
/// all while a year is typed: whoever answered would put the control back to what it held before.
pub fn typed_day(text: &str) -> Option<Option<NaiveDate>> {
    match text.is_empty() {
        true => Some(None),
        false => day(text).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_survives_the_address() {
        let filters = Filters {
            status: "open".to_owned(),
            portal: "la paloma&1".to_owned(),
            from: NaiveDate::from_ymd_opt(2026, 9, 1),
            to: NaiveDate::from_ymd_opt(2026, 9, 30),
            sort: Sort::default().toggled("total"),
            cursor: Some("a+b/c=".to_owned()),
        };
        assert_eq!(Filters::parse(&format!("?{}", filters.query())), filters);
    }

    #[test]
    fn an_address_says_only_what_is_not_so_anyway() {
        assert_eq!(Filters::default().query(), "");
        assert_eq!(Filters::parse(""), Filters::default());
        let odd = Filters::parse("?status=x&from=0202-01-01&sort=evil&cursor=&y=z");
        assert_eq!(odd, Filters::default());
    }

    #[test]
    fn the_api_is_asked_in_its_own_words() {
        let asked = Filters::parse("?status=open&from=2026-09-01&sort=total").path();
        let open = "PENDING%2CRUNNING%2CPAUSED%2CINTERVENTION_NEEDED";
        assert_eq!(
            asked,
            format!("/tasks?sort=total&status={open}&from=2026-09-01&limit=20")
        );
        assert_eq!(Filters::default().path(), "/tasks?sort=-created&limit=20");
    }

    #[test]
    fn a_year_half_typed_is_no_choice_yet() {
        assert_eq!(typed_day(""), Some(None));
        for half in ["0002-09-01", "0202-09-01", "2026-09"] {
            assert_eq!(typed_day(half), None, "{half}");
        }
        let day = NaiveDate::from_ymd_opt(2026, 9, 1);
        assert_eq!(typed_day("2026-09-01"), Some(day));
    }

    #[test]
    fn a_columns_head_turns_its_order_round() {
        let by_total = Sort::default().toggled("total");
        assert_eq!(by_total.text(), "-total");
        assert_eq!(by_total.toggled("total").text(), "total");
        assert_eq!(by_total.toggled("portal").text(), "portal");
        assert_eq!(
            Sort::parse("-portal"),
            Some(by_total.toggled("portal").toggled("portal"))
        );
    }

    #[test]
    fn a_change_begins_with_the_first_row_again() {
        let deep = Filters::parse("?cursor=abc&portal=p");
        let changed = deep.with(|f| f.status = "FAILED".to_owned());
        assert_eq!(
            (changed.cursor.is_none(), changed.portal.as_str()),
            (true, "p")
        );
        assert!(changed.is_narrow() && !changed.widened().is_narrow());
    }
}
