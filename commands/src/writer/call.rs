//! One call of `log.append`, and what its failures mean.

use super::{Pending, Verdict};
use crate::error::LogError;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

const APPEND: &str = "select recorded_at, base_position, current_sequences \
                      from log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// Why a whole call failed. Except for `Lost`, nothing of it was recorded.
#[derive(Debug)]
pub(super) enum CallError {
    /// Something in the batch can't be stored (SQLSTATE classes 22, 23 and 54).
    Unstorable(String),
    /// The server is short of something or gave up waiting.
    Busy(String),
    /// The log has another id than the leaves were made for.
    OtherLog,
    /// The server understood, and will never do it: rights, schema.
    Refused(String),
    /// No answer: the batch may have been recorded.
    Lost(String),
}

/// Calls `log.append` with the batch and gives a verdict per append.
pub(super) async fn call(
    connection: &mut PgConnection,
    synchronous_commit: &str,
    batch: &[Pending],
) -> Result<Vec<Verdict>, CallError> {
    let Some(first) = batch.first() else {
        return Ok(vec![]);
    };
    let columns = Columns::of(batch);
    let query = sqlx::query_as::<_, (DateTime<Utc>, i64, Vec<i64>)>(APPEND)
        .bind(first.append.log_id)
        .bind(synchronous_commit)
        .bind(&columns.types)
        .bind(&columns.ids)
        .bind(&columns.expected)
        .bind(&columns.append)
        .bind(&columns.sequences)
        .bind(&columns.event_ids)
        .bind(&columns.event_types)
        .bind(&columns.event_versions)
        .bind(&columns.payloads)
        .bind(&columns.metadata)
        .bind(&columns.leaves);
    // To the end of the answer, not to its first row: the row comes before the commit.
    let mut rows = query.fetch_all(connection).await.map_err(|e| class(&e))?;
    let (recorded_at, base, current) = rows
        .pop()
        .ok_or_else(|| CallError::Lost("log.append gave no row".to_owned()))?;
    let mut next = base.unsigned_abs() + 1;
    let verdict = |(pending, current): (&Pending, i64)| {
        let append = &pending.append;
        let current = current.unsigned_abs();
        if append.expected != current {
            return Verdict::Conflict { current };
        }
        let first_position = next;
        next += append.events.len() as u64;
        Verdict::Accepted {
            first_position,
            recorded_at,
        }
    };
    Ok(batch.iter().zip(current).map(verdict).collect())
}

/// The batch as the arrays of `log.append`.
#[derive(Default)]
struct Columns<'a> {
    types: Vec<&'a str>,
    ids: Vec<&'a str>,
    expected: Vec<i64>,
    append: Vec<i32>,
    sequences: Vec<i64>,
    event_ids: Vec<Uuid>,
    event_types: Vec<&'a str>,
    event_versions: Vec<&'a str>,
    payloads: Vec<&'a str>,
    metadata: Vec<&'a str>,
    leaves: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a [Pending]) -> Self {
        let mut columns = Self::default();
        for (pending, number) in batch.iter().zip(1..) {
            let append = &pending.append;
            columns.types.push(append.aggregate_type);
            columns.ids.push(&append.aggregate_id);
            columns.expected.push(append.expected.cast_signed());
            for event in &append.events {
                columns.append.push(number);
                columns.sequences.push(event.sequence.cast_signed());
                columns.event_ids.push(event.event_id);
                columns.event_types.push(&event.event_type);
                columns.event_versions.push(&event.event_version);
                columns.payloads.push(&event.payload);
                columns.metadata.push(&append.metadata);
                columns.leaves.push(&event.leaf);
            }
        }
        columns
    }
}

/// What a failed call means, by the error's SQLSTATE.
fn class(error: &sqlx::Error) -> CallError {
    let detail = error.to_string();
    let Some(database) = error.as_database_error() else {
        return match error {
            // Never sent.
            sqlx::Error::Encode(_) => CallError::Unstorable(detail),
            _ => CallError::Lost(detail),
        };
    };
    let code = database.code().unwrap_or_default().into_owned();
    match code.as_str() {
        "RL001" => CallError::OtherLog,
        "RL002" | "RL003" => CallError::Refused(detail),
        "40001" | "40P01" | "55P03" | "57014" => CallError::Busy(detail),
        _ => match code.get(..2) {
            Some("22" | "23" | "54") => CallError::Unstorable(detail),
            Some("53") => CallError::Busy(detail),
            Some("42" | "28" | "3D" | "3F") => CallError::Refused(detail),
            // Shutdown, crash, terminated by an operator, now a standby, or unheard of.
            _ => CallError::Lost(detail),
        },
    }
}

impl From<LogError> for CallError {
    fn from(error: LogError) -> Self {
        Self::Lost(error.to_string())
    }
}
