//! Pages by key: a cursor names the last row seen, so rows that come or go shift nothing.

use crate::error::ReadError;
use chrono::{DateTime, Datelike as _, Utc};
use uuid::Uuid;

/// Some rows, and where the next ones begin.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// Opaque; `None` when these were the last.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    /// Of up to `limit + 1` rows read: the page, with a cursor when one row was too many.
    pub(crate) fn cut(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let limit = limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }

    /// The same page of other things.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Listed<U> {
        Listed {
            items: self.items.into_iter().map(f).collect(),
            next: self.next,
        }
    }
}

/// A page of at most this many rows.
pub(crate) fn limit(asked: u32) -> u32 {
    asked.clamp(1, 200)
}

/// `<microseconds>.<uuid>`: the place in a list by time and id.
pub(crate) fn time_cursor(at: DateTime<Utc>, id: Uuid) -> String {
    format!("{}.{}", micros(at), id.simple())
}

/// A time in a cursor.
pub(crate) fn micros(at: DateTime<Utc>) -> String {
    at.timestamp_micros().to_string()
}

/// The first whole year of a `timestamptz`; it ends after chrono's time does.
const FIRST_YEAR: i32 = -4712;

/// The time of [`micros`].
pub(crate) fn time_of_micros(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::from_timestamp_micros(text.parse().ok()?)?;
    (at.year() >= FIRST_YEAR).then_some(at)
}

pub(crate) fn parse_time_cursor(
    cursor: Option<&str>,
) -> Result<Option<(DateTime<Utc>, Uuid)>, ReadError> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let parsed = cursor
        .split_once('.')
        .and_then(|(micros, id)| Some((time_of_micros(micros)?, id.parse().ok()?)));
    parsed.map(Some).ok_or(ReadError::BadCursor)
}
