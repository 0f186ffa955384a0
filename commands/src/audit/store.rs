//! The table of heads.

use super::head::SignedHead;
use crate::error::LogError;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

const COLUMNS: &str = "log_id, position, chain, signed_at, previous, key_id, signature";

/// The heads of one log.
#[derive(Clone, Debug)]
pub(super) struct HeadStore {
    pub(super) pool: PgPool,
    pub(super) log_id: Uuid,
}

impl HeadStore {
    /// Up to `limit` heads after a position, in order.
    pub(super) async fn read_after(
        &self,
        position: u64,
        limit: i64,
    ) -> Result<Vec<SignedHead>, LogError> {
        let sql = format!(
            "select {COLUMNS} from log.heads where log_id = $1 and position > $2 \
             order by position limit $3"
        );
        let rows = sqlx::query(&sql)
            .bind(self.log_id)
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.iter().map(head).collect::<Result<_, _>>()?)
    }

    /// The newest head.
    pub(super) async fn last(&self) -> Result<Option<SignedHead>, LogError> {
        self.last_until(i64::MAX as u64).await
    }

    /// The newest head up to a position.
    pub(super) async fn last_until(&self, position: u64) -> Result<Option<SignedHead>, LogError> {
        let sql = format!(
            "select {COLUMNS} from log.heads where log_id = $1 and position <= $2 \
             order by position desc limit 1"
        );
        let row = sqlx::query(&sql)
            .bind(self.log_id)
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.as_ref().map(head).transpose()?)
    }

    /// Adds a head; `false` when another signer was faster.
    pub(super) async fn add(&self, head: &SignedHead) -> Result<bool, LogError> {
        let sql = format!(
            "insert into log.heads ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7) \
             on conflict do nothing"
        );
        let added = sqlx::query(&sql)
            .bind(head.log_id)
            .bind(i64::try_from(head.position).unwrap_or(i64::MAX))
            .bind(head.chain.as_slice())
            .bind(head.signed_at)
            .bind(head.previous.as_slice())
            .bind(head.key_id.as_slice())
            .bind(head.signature.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(added.rows_affected() == 1)
    }
}

fn head(row: &PgRow) -> Result<SignedHead, sqlx::Error> {
    Ok(SignedHead {
        log_id: row.try_get("log_id")?,
        position: row.try_get::<i64, _>("position")?.unsigned_abs(),
        chain: row.try_get("chain")?,
        signed_at: row.try_get("signed_at")?,
        previous: row.try_get("previous")?,
        key_id: row.try_get("key_id")?,
        signature: row.try_get("signature")?,
    })
}
