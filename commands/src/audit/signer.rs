//! Signs where the log stands.

use super::error::{AuditError, Misfit};
use super::head::{NO_HEAD, SignedHead};
use super::heads_file::HeadsFile;
use super::key::SigningKey;
use super::store::HeadStore;
use crate::log::EventLog;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use std::path::{Path, PathBuf};

/// Heads copied to the file at once.
const PAGE: i64 = 1000;

/// Makes signed heads of one log. Several may be at work: the table lets one of them win.
#[derive(Debug)]
pub struct HeadSigner {
    pool: PgPool,
    key: SigningKey,
    path: Option<PathBuf>,
    file: Option<HeadsFile>,
}

impl HeadSigner {
    /// Signs with a key, through a pool of the role `relevo_relay`; `heads_file` gets every head as
    /// a line, too.
    pub fn new(pool: PgPool, key: SigningKey, heads_file: Option<&Path>) -> Self {
        Self {
            pool,
            key,
            path: heads_file.map(Into::into),
            file: None,
        }
    }

    /// Signs a head if the log has grown since the last one, and brings the file up to date. Nothing
    /// is signed while the log contradicts its last head.
    ///
    /// # Errors
    /// When the database doesn't answer, the file can't be written, or either contradicts the heads.
    pub async fn sign(&mut self) -> Result<Option<SignedHead>, AuditError> {
        let log = EventLog::from_pool(self.pool.clone());
        let store = HeadStore {
            pool: self.pool.clone(),
            log_id: log.log_id().await?,
        };
        // The file first: while it knows more than the table, heads were taken away.
        self.bring_file_up_to_date(&store).await?;
        let signed = self.sign_next(&log, &store).await?;
        self.bring_file_up_to_date(&store).await?;
        Ok(signed)
    }

    async fn sign_next(
        &self,
        log: &EventLog,
        store: &HeadStore,
    ) -> Result<Option<SignedHead>, AuditError> {
        let last = store.last().await?;
        let end = log.head().await?;
        let last_position = last.as_ref().map_or(0, |last| last.position);
        if let Some(last) = &last {
            confirm(log, last, end.position).await?;
        }
        let Ok(chain) = end.chain.as_slice().try_into() else {
            return Ok(None);
        };
        if end.position <= last_position {
            return Ok(None);
        }
        let now: DateTime<Utc> = sqlx::query_scalar("select clock_timestamp()")
            .fetch_one(&self.pool)
            .await?;
        let head = self.key.sign(SignedHead {
            log_id: store.log_id,
            position: end.position,
            chain,
            // The database's clock may have been set back.
            signed_at: last.as_ref().map_or(now, |last| now.max(last.signed_at)),
            previous: last.as_ref().map_or(NO_HEAD, SignedHead::hash),
            key_id: [0; 8],
            signature: [0; 64],
        });
        // Its commit flushes whatever was committed before it, so a head that is in the file never
        // speaks of an event that a power cut can still take back.
        Ok(store.add(&head).await?.then_some(head))
    }

    async fn bring_file_up_to_date(&mut self, store: &HeadStore) -> Result<(), AuditError> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        // Opened anew after an error, which may have left half a line.
        let mut file = match self.file.take() {
            Some(file) => file,
            None => HeadsFile::open(path)?,
        };
        if let Some(last) = &file.last {
            let before = last.position - 1;
            if store.read_after(before, 1).await?.first() != Some(last) {
                let (path, position) = (file.path, last.position);
                return Err(AuditError::HeadsFileAhead { path, position });
            }
        }
        loop {
            let after = file.last.as_ref().map_or(0, |last| last.position);
            let heads = store.read_after(after, PAGE).await?;
            if heads.is_empty() {
                self.file = Some(file);
                return Ok(());
            }
            file.append(&heads)?;
        }
    }
}

/// Whether the log still has what its last head says.
async fn confirm(log: &EventLog, last: &SignedHead, end: u64) -> Result<(), AuditError> {
    let head = last.position;
    match log.at(head).await? {
        Some(event) if event.chain == last.chain => Ok(()),
        Some(event) if event.position == head => Err(Misfit::Recomputed { good: 0, bad: head })?,
        _ => Err(Misfit::Shorter { end, head })?,
    }
}
