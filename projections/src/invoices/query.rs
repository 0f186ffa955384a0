//! Queries of the table `invoices`.

use super::InvoiceRecord;
use crate::error::ReadError;
use crate::page::{Listed, limit};
use crate::user_tx::UserTx;
use chrono::{DateTime, NaiveDateTime, Utc};
use domain::fiscal::{Currency, Money};
use domain::{ArtifactId, KeyedHash, ProfileId, Sealed, TaskId};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    task_id: Uuid,
    profile: Uuid,
    portal: String,
    uuid_key: String,
    details: String,
    issued_at: NaiveDateTime,
    subtotal_cents: i64,
    taxes_cents: i64,
    total_cents: i64,
    currency: String,
    uso_cfdi: String,
    forma_pago: Option<String>,
    signature: String,
    delivered_by: String,
    warnings: Json<Vec<String>>,
    xml: Uuid,
    pdf: Option<Uuid>,
    completed_at: DateTime<Utc>,
}

/// The invoice of a task of the user.
///
/// # Errors
/// [`ReadError`].
pub async fn get(tx: &mut UserTx, task: TaskId) -> Result<Option<InvoiceRecord>, ReadError> {
    let row: Option<Row> = sqlx::query_as("select * from read.invoices where task_id = $1")
        .bind(task.0)
        .fetch_optional(tx.db())
        .await?;
    row.map(record).transpose()
}

/// A page of the user's invoices, the last issued first; at most 200.
///
/// # Errors
/// [`ReadError`]; `BadCursor` when `cursor` is not the `next` of such a page.
pub async fn list(
    tx: &mut UserTx,
    cursor: Option<&str>,
    asked: u32,
) -> Result<Listed<InvoiceRecord>, ReadError> {
    let (before, before_id) = crate::page::parse_time_cursor(cursor)?
        .map(|(at, id)| (at.naive_utc(), id))
        .unzip();
    let limit = limit(asked);
    let rows: Vec<Row> = sqlx::query_as(
        "select * from read.invoices \
         where $1::timestamp is null or (issued_at, task_id) < ($1, $2) \
         order by issued_at desc, task_id desc limit $3",
    )
    .bind(before)
    .bind(before_id)
    .bind(i64::from(limit) + 1)
    .fetch_all(tx.db())
    .await?;
    let items = rows.into_iter().map(record).collect::<Result<_, _>>()?;
    Ok(Listed::cut(items, limit, |item: &InvoiceRecord| {
        crate::page::time_cursor(item.issued_at.and_utc(), item.task_id.0)
    }))
}

fn record(row: Row) -> Result<InvoiceRecord, ReadError> {
    let currency = Currency::parse(&row.currency)
        .map_err(|error| ReadError::Database(sqlx::Error::Decode(Box::new(error))))?;
    let money = |cents| Money { cents, currency };
    Ok(InvoiceRecord {
        task_id: TaskId(row.task_id),
        profile: ProfileId(row.profile),
        portal: row.portal,
        uuid_key: KeyedHash(row.uuid_key),
        details: Sealed(row.details),
        issued_at: row.issued_at,
        subtotal: money(row.subtotal_cents),
        taxes: money(row.taxes_cents),
        total: money(row.total_cents),
        uso_cfdi: row.uso_cfdi,
        forma_pago: row.forma_pago,
        signature: row.signature,
        delivered_by: row.delivered_by,
        warnings: row.warnings.0,
        xml: ArtifactId(row.xml),
        pdf: row.pdf.map(ArtifactId),
        completed_at: row.completed_at,
    })
}
