//! Queries of the table `profiles`.

use super::ProfileRecord;
use crate::error::ReadError;
use crate::user_tx::UserTx;
use chrono::{DateTime, Utc};
use domain::{KeyedHash, ProfileId, Sealed, UserId};
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    profile_id: Uuid,
    owner: Uuid,
    version: i64,
    rfc_key: String,
    fiscal: String,
    retired: bool,
    erased: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    position: i64,
}

/// One profile of the user, retired ones too; another's is `None`.
///
/// # Errors
/// [`ReadError`].
pub async fn get(tx: &mut UserTx, id: ProfileId) -> Result<Option<ProfileRecord>, ReadError> {
    let row: Option<Row> = sqlx::query_as(
        "select profile_id, owner, version, rfc_key, fiscal, retired, erased, created_at, \
         updated_at, position from read.profiles where profile_id = $1",
    )
    .bind(id.0)
    .fetch_optional(tx.db())
    .await?;
    Ok(row.map(record))
}

/// The user's profiles in the order in which they were added, retired ones too.
///
/// # Errors
/// [`ReadError`].
pub async fn list(tx: &mut UserTx) -> Result<Vec<ProfileRecord>, ReadError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select profile_id, owner, version, rfc_key, fiscal, retired, erased, created_at, \
         updated_at, position from read.profiles order by created_at, profile_id",
    )
    .fetch_all(tx.db())
    .await?;
    Ok(rows.into_iter().map(record).collect())
}

/// The user's profiles of the RFC with that keyed hash, in the order in which they were added,
/// retired ones too. Erased ones have none.
///
/// # Errors
/// [`ReadError`].
pub async fn find(tx: &mut UserTx, rfc_key: &KeyedHash) -> Result<Vec<ProfileRecord>, ReadError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select profile_id, owner, version, rfc_key, fiscal, retired, erased, created_at, \
         updated_at, position from read.profiles where rfc_key = $1 \
         order by created_at, profile_id",
    )
    .bind(&rfc_key.0)
    .fetch_all(tx.db())
    .await?;
    Ok(rows.into_iter().map(record).collect())
}

fn record(row: Row) -> ProfileRecord {
    ProfileRecord {
        id: ProfileId(row.profile_id),
        owner: UserId(row.owner),
        version: row.version.unsigned_abs(),
        rfc_key: KeyedHash(row.rfc_key),
        fiscal: Sealed(row.fiscal),
        retired: row.retired,
        erased: row.erased,
        created_at: row.created_at,
        updated_at: row.updated_at,
        position: row.position.unsigned_abs(),
    }
}
