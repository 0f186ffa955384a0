//! One iterator over a log, wherever it is: events in order, each head behind its event.

use super::error::AuditError;
use super::head::SignedHead;
use super::history::History;
use super::lines::{Lines, write_entry, write_log};
use super::store::HeadStore;
use crate::log::{Ahead, EventLog, GENESIS_CHAIN, StoredEvent};
use sqlx::PgPool;
use std::collections::VecDeque;
use std::io::Write;
use std::path::Path;
use uuid::Uuid;

/// Events read at once: at 64 KiB each, no more than 32 MiB.
const PAGE: u32 = 500;
/// Aggregates whose last sequence is kept by a check.
const REMEMBERED: usize = 1 << 16;
/// Of a file, which can't be asked.
const REMEMBERED_OF_A_FILE: usize = 1 << 20;

/// What a log is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Event(StoredEvent),
    Head(SignedHead),
}

/// A log's entries, read page by page and in no transaction: nothing in a log changes.
#[derive(Debug)]
pub struct Entries {
    pub(super) history: History,
    /// The first position.
    pub(super) from: u64,
    /// The chain before it.
    pub(super) previous_chain: Vec<u8>,
    /// Logs of which lost events are known and accepted.
    pub(super) accepted_losses: Vec<Uuid>,
    /// Of how many aggregates a check keeps the last sequence in memory.
    pub(super) remembered: usize,
    source: Source,
    /// Heads that were kept apart from the log.
    apart: Option<Merge>,
}

#[derive(Debug)]
enum Source {
    Database(Box<Pages>),
    File(Lines),
}

/// A second source of heads, and what is to come next of each.
#[derive(Debug)]
struct Merge {
    lines: Lines,
    head: Option<SignedHead>,
    entry: Option<Entry>,
}

impl Entries {
    /// Of a database, from a position (at least 1) to where the log ends now. `heads` is a file or a
    /// folder as [`super::HeadSigner`] writes it, whose heads are taken as well.
    ///
    /// # Errors
    /// When the database doesn't answer, the file can't be read, or the log ends before `from`.
    pub async fn of_database(
        pool: PgPool,
        from: u64,
        heads: Option<&Path>,
    ) -> Result<Self, AuditError> {
        let from = from.max(1);
        // Heads first: whatever was signed by now is in the log by then.
        let apart = heads.map(Lines::open_all).transpose()?.flatten();
        let log = EventLog::from_pool(pool.clone());
        let history = History::read(&pool).await?;
        let log_id = history.log_id;
        let heads = HeadStore { pool, log_id };
        let head_until = heads.last().await?.map_or(0, |head| head.position);
        let until = log.head().await?.position;
        let previous_chain = match from {
            1 => GENESIS_CHAIN.to_vec(),
            _ => match log.at(from - 1).await? {
                Some(event) => event.chain,
                None => return Err(AuditError::NothingFrom { from, end: until }),
            },
        };
        let pages = Pages {
            events: log.ahead(from - 1, until, PAGE),
            log,
            heads,
            head_until,
            head_era: 0,
            head_at: 0,
            history: history.clone(),
            event_page: VecDeque::new(),
            head_page: VecDeque::new(),
        };
        let source = Source::Database(Box::new(pages));
        Self::new(source, history, from, previous_chain, apart).await
    }

    /// Of a file that [`Self::export`] wrote.
    ///
    /// # Errors
    /// When a file can't be read.
    pub async fn of_file(path: &Path, heads: Option<&Path>) -> Result<Self, AuditError> {
        let apart = heads.map(Lines::open_all).transpose()?.flatten();
        let mut lines = Lines::open(path)?;
        let history = lines.history()?;
        Self::new(
            Source::File(lines),
            history,
            1,
            GENESIS_CHAIN.to_vec(),
            apart,
        )
        .await
    }

    async fn new(
        mut source: Source,
        history: History,
        from: u64,
        previous_chain: Vec<u8>,
        apart: Option<Lines>,
    ) -> Result<Self, AuditError> {
        let apart = match apart {
            None => None,
            Some(mut lines) => Some(Merge {
                head: lines.next_head()?,
                entry: source.next().await?,
                lines,
            }),
        };
        Ok(Self {
            history,
            from,
            previous_chain,
            accepted_losses: Vec::new(),
            remembered: match source {
                Source::Database(_) => REMEMBERED,
                Source::File(_) => REMEMBERED_OF_A_FILE,
            },
            source,
            apart,
        })
    }

    /// Lets a check pass over heads behind the end of these adopted logs: their events are known to
    /// be lost.
    #[must_use]
    pub fn accepting_losses(mut self, of_logs: &[Uuid]) -> Self {
        self.accepted_losses = of_logs.to_vec();
        self
    }

    /// Of how many aggregates a check keeps the last sequence in memory: 65,536, or a million of a file,
    /// 50 bytes each. Those that rested longer are looked up in the database; of a file their next
    /// event's sequence is taken as it stands.
    #[must_use]
    pub fn remembering(mut self, aggregates: usize) -> Self {
        self.remembered = aggregates;
        self
    }

    /// The last sequence of the event's aggregate before the event, 0 if there is none; `None` when
    /// there is no database to ask.
    pub(super) async fn sequence_before(
        &self,
        event: &StoredEvent,
    ) -> Result<Option<u64>, AuditError> {
        match &self.source {
            Source::Database(pages) => Ok(Some(pages.log.sequence_before(event).await?)),
            Source::File(_) => Ok(None),
        }
    }

    /// Where a database's log ended when this began; `None` for a file.
    pub fn until(&self) -> Option<u64> {
        match &self.source {
            Source::Database(pages) => Some(pages.events.until()),
            Source::File(_) => None,
        }
    }

    /// The next entry; `None` behind the last.
    ///
    /// # Errors
    /// When the database doesn't answer, or a line of a file can't be read.
    pub async fn next(&mut self) -> Result<Option<Entry>, AuditError> {
        let Some(merge) = &mut self.apart else {
            return self.source.next().await;
        };
        let history = &self.history;
        let head_first = match (&merge.head, &merge.entry) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(head), Some(entry)) => head_place(history, head) < entry_place(history, entry),
        };
        if head_first {
            let next = merge.lines.next_head()?;
            Ok(std::mem::replace(&mut merge.head, next).map(Entry::Head))
        } else {
            let next = self.source.next().await?;
            Ok(std::mem::replace(&mut merge.entry, next))
        }
    }

    /// Writes all of it as JSON Lines, and answers how many entries there were.
    ///
    /// # Errors
    /// When an entry can't be read or written.
    pub async fn export(mut self, to: &mut impl Write) -> Result<u64, AuditError> {
        write_log(to, &self.history)?;
        let mut written = 0;
        while let Some(entry) = self.next().await? {
            write_entry(to, &entry)?;
            written += 1;
        }
        to.flush().map_err(AuditError::Write)?;
        Ok(written)
    }
}

impl Source {
    async fn next(&mut self) -> Result<Option<Entry>, AuditError> {
        match self {
            Self::Database(pages) => pages.next().await,
            Self::File(lines) => lines.next_entry(),
        }
    }
}

/// Where an entry belongs: an adopted log's heads come before the first event under the next id,
/// also those behind its end.
type EntryPlace = (usize, u64);

fn entry_place(history: &History, entry: &Entry) -> EntryPlace {
    match entry {
        Entry::Event(event) => (history.era_at(event.position), event.position),
        Entry::Head(head) => head_place(history, head),
    }
}

/// A head of a log that this one never was is none of the present one's, and found out as such.
fn head_place(history: &History, head: &SignedHead) -> EntryPlace {
    let era = history.era_of(head.log_id);
    (era.unwrap_or(history.last_era()), head.position)
}

/// A page of events and one of heads, and where the next ones begin.
#[derive(Debug)]
struct Pages {
    history: History,
    log: EventLog,
    events: Ahead,
    heads: HeadStore,
    head_until: u64,
    head_era: usize,
    head_at: u64,
    event_page: VecDeque<StoredEvent>,
    head_page: VecDeque<SignedHead>,
}

impl Pages {
    async fn next(&mut self) -> Result<Option<Entry>, AuditError> {
        self.fill().await?;
        let head_first = match (self.head_page.front(), self.event_page.front()) {
            (Some(head), Some(event)) => {
                let event_place = (self.history.era_at(event.position), event.position);
                head_place(&self.history, head) < event_place
            }
            (head, _) => head.is_some(),
        };
        Ok(if head_first {
            self.head_page.pop_front().map(Entry::Head)
        } else {
            self.event_page.pop_front().map(Entry::Event)
        })
    }

    async fn fill(&mut self) -> Result<(), AuditError> {
        if self.event_page.is_empty() {
            self.event_page = self.events.next().await?.into();
        }
        while self.head_page.is_empty() && self.head_era < self.history.last_era() {
            self.heads.log_id = self.history.id_of(self.head_era);
            self.head_page = self.next_heads().await?;
            if self.head_page.is_empty() {
                (self.head_era, self.head_at) = (self.head_era + 1, 0);
            }
        }
        if self.head_page.is_empty() && self.head_at < self.head_until {
            self.heads.log_id = self.history.log_id;
            self.head_page = self.next_heads().await?;
            self.head_page
                .retain(|head| head.position <= self.head_until);
            if self.head_page.is_empty() {
                self.head_at = self.head_until;
            }
        }
        Ok(())
    }

    async fn next_heads(&mut self) -> Result<VecDeque<SignedHead>, AuditError> {
        let page = self.heads.read_after(self.head_at, PAGE.into()).await?;
        if let Some(last) = page.last() {
            self.head_at = last.position;
        }
        Ok(page.into())
    }
}
