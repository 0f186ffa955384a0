//! How far the read models are, and which events they could not take.

use crate::error::ApplyError;
use crate::{MODELS, VERSION, big};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

/// Where the read models stand in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub log_id: Uuid,
    pub position: u64,
    /// Of the event at `position`; 32 bytes.
    pub chain: Vec<u8>,
}

#[derive(FromRow)]
struct Row {
    model: String,
    version: i32,
    log_id: Uuid,
    position: i64,
    chain: Vec<u8>,
}

/// The common place of all read models; `None` when they are new, of another version or apart: then
/// they must be folded anew.
///
/// # Errors
/// When the database does not answer.
pub async fn load(db: &mut PgConnection) -> Result<Option<Progress>, sqlx::Error> {
    let sql = "select model, version, log_id, position, chain from read.checkpoints order by model";
    Ok(common(sqlx::query_as(sql).fetch_all(db).await?))
}

/// As [`load`], and holds the checkpoints to the end of the transaction: one projector at a time.
///
/// # Errors
/// When the database does not answer, or another one holds them too long (SQLSTATE 55P03).
pub async fn lock(db: &mut PgConnection) -> Result<Option<Progress>, sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock(7305460, 10)")
        .execute(&mut *db)
        .await?;
    let sql = "select model, version, log_id, position, chain from read.checkpoints \
               order by model for update";
    Ok(common(sqlx::query_as(sql).fetch_all(db).await?))
}

fn common(rows: Vec<Row>) -> Option<Progress> {
    let complete = rows.len() == MODELS.len()
        && rows
            .iter()
            .all(|row| row.version == VERSION && MODELS.contains(&row.model.as_str()));
    let first = rows.first().filter(|_| complete)?;
    let together = rows.iter().all(|row| {
        (row.log_id, row.position, &row.chain) == (first.log_id, first.position, &first.chain)
    });
    together.then(|| Progress {
        log_id: first.log_id,
        position: first.position.unsigned_abs(),
        chain: first.chain.clone(),
    })
}

/// Moves every read model to that place.
///
/// # Errors
/// When the database does not answer.
pub async fn store(db: &mut PgConnection, progress: &Progress) -> Result<(), sqlx::Error> {
    sqlx::query("delete from read.checkpoints where model <> all($1)")
        .bind(&MODELS[..])
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "insert into read.checkpoints (model, version, log_id, position, chain) \
         select m, $2, $3, $4, $5 from unnest($1::text[]) m \
         on conflict (model) do update set version = excluded.version, log_id = excluded.log_id, \
         position = excluded.position, chain = excluded.chain, updated_at = clock_timestamp()",
    )
    .bind(&MODELS[..])
    .bind(VERSION)
    .bind(progress.log_id)
    .bind(big(progress.position))
    .bind(&progress.chain)
    .execute(db)
    .await?;
    Ok(())
}

/// An event that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    pub position: u64,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: u64,
    pub event_type: String,
    /// Why; `behind <position>` for those that follow.
    pub reason: String,
}

/// Puts an event aside, in the schema chosen by [`crate::use_read`] or [`crate::use_shadow`].
///
/// # Errors
/// When the database does not answer.
pub async fn park(db: &mut PgConnection, parked: &Parked) -> Result<(), ApplyError> {
    sqlx::query(
        "insert into parked (position, aggregate_type, aggregate_id, sequence, event_type, reason) \
         values ($1, $2, $3, $4, $5, $6) on conflict (position) do nothing",
    )
    .bind(big(parked.position))
    .bind(&parked.aggregate_type)
    .bind(&parked.aggregate_id)
    .bind(big(parked.sequence))
    .bind(&parked.event_type)
    .bind(&parked.reason)
    .execute(db)
    .await?;
    Ok(())
}

/// The aggregates (type, id) of which events are put aside, with the first of these' position.
///
/// # Errors
/// When the database does not answer.
pub async fn parked_aggregates(
    db: &mut PgConnection,
) -> Result<Vec<(String, String, u64)>, ApplyError> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "select aggregate_type, aggregate_id, min(position) from parked group by 1, 2",
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(kind, id, first)| (kind, id, first.unsigned_abs()))
        .collect())
}
