//! The heads once more, each a file of its own, in a place that is meant to be out of our reach.

use super::entries::Entry;
use super::error::AuditError;
use super::head::SignedHead;
use super::history::History;
use super::lines::write_entry;
use super::store::HeadStore;
use crate::objects::{Objects, ObjectsError};
use futures::TryStreamExt as _;
use sqlx::PgPool;
use uuid::Uuid;

/// Heads read from the table at once.
const PAGE: i64 = 100;

/// A folder per id that the log had (`0000-<id>`, counted as they followed each other), a file per
/// head in it (`<position>-<hash>.json`, twenty digits), which holds the head's line. So names in
/// order are heads in order. Files are created and never written over.
#[derive(Debug)]
pub(super) struct HeadsPlace {
    objects: Objects,
    /// Era and position of the last head that is there; `None` until it was looked for.
    reached: Option<(usize, u64)>,
}

impl HeadsPlace {
    pub(super) fn new(objects: Objects) -> Self {
        let reached = None;
        Self { objects, reached }
    }

    /// Puts there what is missing, in order. Given up in the middle, the next call goes on.
    pub(super) async fn bring_up_to_date(
        &mut self,
        pool: &PgPool,
        history: &History,
    ) -> Result<(), AuditError> {
        let (mut era, mut after) = match self.reached {
            Some(reached) => reached,
            None => self.look(pool, history).await?,
        };
        loop {
            self.reached = Some((era, after));
            let heads = heads_of(pool, history, era).read_after(after, PAGE).await?;
            for head in &heads {
                self.add(era, head).await?;
                self.reached = Some((era, head.position));
            }
            (era, after) = match heads.last() {
                Some(last) => (era, last.position),
                None if era < history.last_era() => (era + 1, 0),
                None => return Ok(()),
            };
        }
    }

    /// Era and position of the last head that is there. The table may lack heads of an adopted log,
    /// which were signed after the backup, but none of the present one.
    async fn look(&self, pool: &PgPool, history: &History) -> Result<(usize, u64), AuditError> {
        let mut last = 0;
        for name in self.objects.folders().await? {
            let Some((era, log_id)) = folder_of(&name) else {
                continue;
            };
            if history.era_of(log_id) != Some(era) {
                return Err(AuditError::HeadsPlaceAhead { name });
            }
            last = last.max(era);
        }
        let heads = heads_of(pool, history, last);
        let known = heads.last().await?.map_or(0, |head| head.position);
        let folder = folder(last, heads.log_id);
        if let Some(name) = self.next(&folder, known).await? {
            return match last == history.last_era() {
                true => Err(AuditError::HeadsPlaceAhead { name }),
                false => Ok((last, known)),
            };
        }
        let position = self.last_until(&folder, known).await?;
        if last == history.last_era() && position > 0 {
            let before = position - 1;
            let head = heads.read_after(before, 1).await?.pop();
            let there = self.next(&folder, before).await?;
            if there != head.map(|head| name(last, &head)) {
                let name = there.unwrap_or(folder);
                return Err(AuditError::HeadsPlaceAhead { name });
            }
        }
        Ok((last, position))
    }

    /// The last position in a folder that has none behind `end`, by halving: a listing of all would
    /// take as many requests as there are thousands of heads.
    async fn last_until(&self, folder: &str, mut end: u64) -> Result<u64, ObjectsError> {
        let mut found = 0;
        while found < end {
            let middle = found + (end - found) / 2;
            match self.next(folder, middle).await?.as_deref().map(position_of) {
                Some(position) => found = position.clamp(middle + 1, end),
                None => end = middle,
            }
        }
        Ok(found)
    }

    /// The first name in a folder behind a position.
    async fn next(&self, folder: &str, position: u64) -> Result<Option<String>, ObjectsError> {
        let after = format!("{folder}/{:020}", position.saturating_add(1));
        self.objects.next(folder, &after).await
    }

    async fn add(&self, era: usize, head: &SignedHead) -> Result<(), AuditError> {
        let name = name(era, head);
        let mut line = Vec::new();
        write_entry(&mut line, &Entry::Head(head.clone()))?;
        if self.objects.create(&name, line.clone().into()).await? {
            return Ok(());
        }
        // Put there before a crash, or by another signer.
        let there = self.objects.read(&name).await?;
        let same = match there {
            Some(there) if there.size == line.len() as u64 => {
                there.content.try_collect::<Vec<_>>().await?.concat() == line
            }
            _ => false,
        };
        match same {
            true => Ok(()),
            false => Err(AuditError::HeadsPlaceAhead { name }),
        }
    }
}

fn heads_of(pool: &PgPool, history: &History, era: usize) -> HeadStore {
    HeadStore {
        pool: pool.clone(),
        log_id: history.id_of(era),
    }
}

fn folder(era: usize, log_id: Uuid) -> String {
    format!("{era:04}-{log_id}")
}

fn folder_of(name: &str) -> Option<(usize, Uuid)> {
    let (era, log_id) = name.split_once('-')?;
    Some((era.parse().ok()?, log_id.parse().ok()?))
}

fn name(era: usize, head: &SignedHead) -> String {
    let (folder, position) = (folder(era, head.log_id), head.position);
    let hash = hex::encode(&head.hash()[..8]);
    format!("{folder}/{position:020}-{hash}.json")
}

/// The position in a name; 0 in one that is none of ours.
fn position_of(name: &str) -> u64 {
    let file = name.rsplit('/').next().unwrap_or_default();
    let digits = file.split('-').next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}
