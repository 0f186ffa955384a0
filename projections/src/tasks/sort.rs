//! The orders of a list of tasks, and the cursors that go with them.
//!
//! A cursor is `<sort>.<key>.<task>`: the order it belongs to, and the last row's place in it. Rows
//! without a value come last in both directions, among themselves by id.

use super::TaskRecord;
use crate::error::ReadError;
use crate::page::{micros, time_of_micros};
use chrono::{DateTime, NaiveDate, Utc};
use domain::task::Status;
use sqlx::{Postgres, QueryBuilder};
use std::fmt;
use uuid::Uuid;

/// What tasks are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    #[default]
    Updated,
    Created,
    PurchaseDate,
    Total,
    Portal,
    /// By urgency: what needs its owner comes first.
    Status,
}

/// An order; the default is the last changed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub by: SortBy,
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            by: SortBy::Updated,
            descending: true,
        }
    }
}

/// Statuses as [`SortBy::Status`] orders them.
const BY_URGENCY: [Status; 6] = [
    Status::InterventionNeeded,
    Status::Paused,
    Status::Running,
    Status::Pending,
    Status::Failed,
    Status::Completed,
];

/// A row's place in an order.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    Time(DateTime<Utc>),
    Date(NaiveDate),
    Number(i64),
    Text(String),
    Nothing,
}

/// The last row of a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    key: Key,
    id: Uuid,
}

impl Sort {
    /// Of `created`, `-total` and the like; `-` means descending.
    pub fn parse(text: &str) -> Option<Self> {
        let (descending, name) = match text.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, text),
        };
        let by = SortBy::all().into_iter().find(|by| by.name() == name)?;
        Some(Self { by, descending })
    }

    /// The cursor of the page after this row.
    pub(super) fn cursor(self, row: &TaskRecord) -> String {
        let ticket = row.task.submission.as_ref().map(|s| &s.ticket);
        let key = match self.by {
            SortBy::Updated => micros(row.updated_at),
            SortBy::Created => micros(row.created_at),
            SortBy::PurchaseDate => ticket
                .and_then(|t| t.purchase_date)
                .map_or_else(String::new, |date| date.to_string()),
            SortBy::Total => ticket
                .and_then(|t| t.total)
                .map_or_else(String::new, |total| total.cents.to_string()),
            SortBy::Portal => ticket.map(|t| t.portal.clone()).unwrap_or_default(),
            SortBy::Status => urgency(row.task.status).to_string(),
        };
        format!("{self}.{key}.{}", row.task_id.0.simple())
    }

    /// The place a cursor of this order names.
    pub(super) fn place(self, cursor: &str) -> Result<Place, ReadError> {
        self.parse_place(cursor).ok_or(ReadError::BadCursor)
    }

    fn parse_place(self, cursor: &str) -> Option<Place> {
        let (sort, rest) = cursor.split_once('.')?;
        if Self::parse(sort)? != self {
            return None;
        }
        let (key, id) = rest.rsplit_once('.')?;
        let key = match self.by {
            SortBy::Updated | SortBy::Created => Key::Time(time_of_micros(key)?),
            SortBy::PurchaseDate | SortBy::Total if key.is_empty() => Key::Nothing,
            // A date as it was written: chrono knows years that the database doesn't.
            SortBy::PurchaseDate if key.len() == 10 => Key::Date(key.parse().ok()?),
            SortBy::PurchaseDate => return None,
            SortBy::Total | SortBy::Status => Key::Number(key.parse().ok()?),
            SortBy::Portal => Key::Text(key.to_owned()),
        };
        let id = id.parse().ok()?;
        Some(Place { key, id })
    }

    /// Adds the condition for the rows after a place.
    pub(super) fn push_after(self, sql: &mut QueryBuilder<'_, Postgres>, place: Place) {
        let (column, after) = (self.by.column(), self.sign());
        if place.key == Key::Nothing {
            sql.push(format!(" and {column} is null and task_id {after} "));
            sql.push_bind(place.id);
            return;
        }
        sql.push(format!(" and (({column}, task_id) {after} ("));
        match place.key {
            Key::Time(at) => sql.push_bind(at),
            Key::Date(date) => sql.push_bind(date),
            Key::Number(number) => sql.push_bind(number),
            Key::Text(text) => sql.push_bind(text),
            Key::Nothing => sql,
        };
        sql.push(", ").push_bind(place.id).push(")");
        if self.by.may_be_null() {
            sql.push(format!(" or {column} is null"));
        }
        sql.push(")");
    }

    /// Adds the order.
    pub(super) fn push_order(self, sql: &mut QueryBuilder<'_, Postgres>) {
        let direction = if self.descending { "desc" } else { "asc" };
        // Where nothing is null the words would only keep an index from being used.
        let nulls = match self.by.may_be_null() {
            true => " nulls last",
            false => "",
        };
        let column = self.by.column();
        sql.push(format!(
            " order by {column} {direction}{nulls}, task_id {direction}"
        ));
    }

    fn sign(self) -> char {
        if self.descending { '<' } else { '>' }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.descending { "-" } else { "" };
        write!(f, "{sign}{}", self.by.name())
    }
}

impl SortBy {
    /// Every order there is.
    pub fn all() -> [Self; 6] {
        [
            Self::Updated,
            Self::Created,
            Self::PurchaseDate,
            Self::Total,
            Self::Portal,
            Self::Status,
        ]
    }

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Created => "created",
            Self::PurchaseDate => "purchase_date",
            Self::Total => "total",
            Self::Portal => "portal",
            Self::Status => "status",
        }
    }

    fn column(self) -> String {
        let column = match self {
            Self::Updated => "updated_at",
            Self::Created => "created_at",
            Self::PurchaseDate => "purchase_date",
            Self::Total => "total_cents",
            Self::Portal => "portal",
            Self::Status => {
                let names = BY_URGENCY.map(|status| format!("'{}'", status.as_str()));
                return format!("array_position(array[{}], status)", names.join(", "));
            }
        };
        column.to_owned()
    }

    fn may_be_null(self) -> bool {
        matches!(self, Self::PurchaseDate | Self::Total)
    }
}

/// From 1, as `array_position` counts.
fn urgency(status: Status) -> usize {
    let at = BY_URGENCY.iter().position(|s| *s == status);
    at.map_or(0, |at| at + 1)
}
