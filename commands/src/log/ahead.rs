//! Reading a long stretch of the log: the next page comes while this one is used.

use super::{EventLog, StoredEvent};
use crate::error::LogError;
use tokio::task::JoinHandle;

type Page = Result<Vec<StoredEvent>, LogError>;

/// Pages of the log, in order. At most two are in memory, each of `size` events.
#[derive(Debug)]
pub struct Ahead {
    log: EventLog,
    until: u64,
    size: u32,
    coming: Option<JoinHandle<Page>>,
}

impl EventLog {
    /// The events after one position and up to another, in pages of so many.
    pub fn ahead(&self, after: u64, until: u64, size: u32) -> Ahead {
        let mut ahead = Ahead {
            log: self.clone(),
            until,
            size,
            coming: None,
        };
        ahead.begin(after);
        ahead
    }
}

impl Ahead {
    /// Where it ends.
    pub fn until(&self) -> u64 {
        self.until
    }

    /// The next page; empty at the end.
    ///
    /// # Errors
    /// When the database does not answer; the stretch ends there.
    pub async fn next(&mut self) -> Page {
        let Some(coming) = &mut self.coming else {
            return Ok(Vec::new());
        };
        let page = coming.await;
        self.coming = None;
        let page = page.map_err(|_| sqlx::Error::WorkerCrashed)??;
        if let Some(last) = page.last() {
            self.begin(last.position);
        }
        Ok(page)
    }

    fn begin(&mut self, after: u64) {
        let left = self.until.saturating_sub(after);
        let limit = u32::try_from(left).unwrap_or(u32::MAX).min(self.size);
        if limit > 0 {
            let log = self.log.clone();
            let read = async move { log.read_after(after, limit).await };
            self.coming = Some(tokio::spawn(read));
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        if let Some(coming) = &self.coming {
            coming.abort();
        }
    }
}
