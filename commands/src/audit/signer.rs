//! Signs where the log stands.

use super::error::{AuditError, Misfit};
use super::head::SignedHead;
use super::heads_file::HeadsFile;
use super::heads_place::HeadsPlace;
use super::history::{Adoption, History};
use super::key::SigningKey;
use super::store::HeadStore;
use crate::log::EventLog;
use crate::objects::Objects;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;

/// Heads copied to the file at once.
const PAGE: i64 = 1000;

/// How long a place of heads may keep the signer waiting.
const PLACE_WITHIN: Duration = Duration::from_secs(10);

/// Makes signed heads of a log. Several may be at work: the table lets one of them win.
#[derive(Debug)]
pub struct HeadSigner {
    pool: PgPool,
    key: SigningKey,
    path: Option<PathBuf>,
    file: Option<HeadsFile>,
    place: Option<HeadsPlace>,
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
            place: None,
        }
    }

    /// Every head goes there, too, as a file of its own. A place that can't be reached is waited for:
    /// heads are signed without it, and brought there later.
    #[must_use]
    pub fn with_place(mut self, objects: Objects) -> Self {
        self.place = Some(HeadsPlace::new(objects));
        self
    }

    /// Signs a head if the log has grown since the last one, and brings file and place up to date.
    /// Nothing is signed while the log contradicts its last head.
    ///
    /// # Errors
    /// When the database doesn't answer, the file can't be written, or one of them, or the place,
    /// contradicts the heads.
    pub async fn sign(&mut self) -> Result<Option<SignedHead>, AuditError> {
        let log = EventLog::from_pool(self.pool.clone());
        let history = History::read(&self.pool).await?;
        // The copies first: while one knows more than the table, heads were taken away.
        self.bring_file_up_to_date(&history).await?;
        let within_reach = self.bring_place_up_to_date(&history).await?;
        let signed = self.sign_next(&log, &history).await?;
        self.bring_file_up_to_date(&history).await?;
        if within_reach {
            self.bring_place_up_to_date(&history).await?;
        }
        Ok(signed)
    }

    /// `false` when the place can't be reached now.
    async fn bring_place_up_to_date(&mut self, history: &History) -> Result<bool, AuditError> {
        let Some(place) = &mut self.place else {
            return Ok(false);
        };
        let brought = timeout(PLACE_WITHIN, place.bring_up_to_date(&self.pool, history));
        let why = match brought.await {
            Ok(Ok(())) => return Ok(true),
            Ok(Err(AuditError::HeadsPlace(error))) => format!("{error}: {}", error.source),
            Ok(Err(contradiction)) => return Err(contradiction),
            Err(_) => format!("not done within {} s", PLACE_WITHIN.as_secs()),
        };
        tracing::warn!(why, "heads are not all in their place yet; trying again");
        Ok(false)
    }

    /// The heads of one of the log's ids.
    fn heads_of(&self, log_id: Uuid) -> HeadStore {
        HeadStore {
            pool: self.pool.clone(),
            log_id,
        }
    }

    /// Under an id that has no head yet this tells of the adoption, whether the log has grown or not.
    async fn sign_next(
        &self,
        log: &EventLog,
        history: &History,
    ) -> Result<Option<SignedHead>, AuditError> {
        let store = self.heads_of(history.log_id);
        let last = store.last().await?;
        let end = log.head().await?;
        let last_position = last.as_ref().map_or(0, |last| last.position);
        if let Some(last) = &last {
            confirm(log, last, end.position).await?;
        } else if let Some(adoption) = history.adoptions.last() {
            confirm_adopted(log, adoption).await?;
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
            previous: last
                .as_ref()
                .map_or_else(|| history.beginning(), SignedHead::hash),
            key_id: [0; 8],
            signature: [0; 64],
        });
        // Its commit flushes whatever was committed before it, so a head that is in the file never
        // speaks of an event that a power cut can still take back.
        Ok(store.add(&head).await?.then_some(head))
    }

    async fn bring_file_up_to_date(&mut self, history: &History) -> Result<(), AuditError> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        // Opened anew after an error, which may have left half a line.
        let mut file = match self.file.take() {
            Some(file) => file,
            None => HeadsFile::open(path)?,
        };
        let (mut era, mut after) = match &file.last {
            None => (0, 0),
            Some(last) => (self.era_of(last, history, &file).await?, last.position),
        };
        while era <= history.last_era() {
            let store = self.heads_of(history.id_of(era));
            let heads = store.read_after(after, PAGE).await?;
            (era, after) = match heads.last() {
                Some(last) => (era, last.position),
                None => (era + 1, 0),
            };
            file.append(&heads)?;
        }
        self.file = Some(file);
        Ok(())
    }

    /// The era of the file's last head. The table may lack a head of an adopted log: it was signed
    /// after the backup, and the file is where it is kept.
    async fn era_of(
        &self,
        last: &SignedHead,
        history: &History,
        file: &HeadsFile,
    ) -> Result<usize, AuditError> {
        let before = last.position - 1;
        match history.era_of(last.log_id) {
            Some(era) if era < history.last_era() => Ok(era),
            Some(era)
                if self
                    .heads_of(last.log_id)
                    .read_after(before, 1)
                    .await?
                    .first()
                    == Some(last) =>
            {
                Ok(era)
            }
            _ => Err(AuditError::HeadsFileAhead {
                path: file.path.clone(),
                position: last.position,
            }),
        }
    }
}

/// Whether the log still has the end that was adopted.
async fn confirm_adopted(log: &EventLog, adoption: &Adoption) -> Result<(), AuditError> {
    let (log_id, position) = (adoption.log_id, adoption.position);
    let there = match position {
        0 => true,
        _ => log
            .at(position)
            .await?
            .is_some_and(|event| event.chain == adoption.chain),
    };
    let what = "the log has another end there";
    match there {
        true => Ok(()),
        false => Err(Misfit::Adoption {
            log_id,
            position,
            what,
        })?,
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
