//! A log as JSON Lines: what `export` writes, what the file of heads has, and the way back.
//!
//! Each line is an object with its `kind`: first `log` (which log, which format, adoptions), then `event` and
//! `head`, each head behind the event at its position. Texts that are hashed stand in it as text.

use super::entries::Entry;
use super::error::{AuditError, Misfit};
use super::head::SignedHead;
use super::hex_bytes;
use super::history::{Adoption, History};
use crate::log::StoredEvent;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Take, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Of the format of these lines.
const FORMAT: u32 = 1;

/// No event's line is longer: 64 KiB of texts, each byte escaped as six, and names.
const LONGEST_LINE: u64 = 512 * 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Line {
    Log(LogLine),
    Event(EventLine),
    Head(SignedHead),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogLine {
    format: u32,
    log_id: Uuid,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    adoptions: Vec<Adoption>,
}

/// An event; the leaf is there to tell a changed text from a changed place.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventLine {
    position: u64,
    event_id: Uuid,
    recorded_at: DateTime<Utc>,
    aggregate_type: String,
    aggregate_id: String,
    sequence: u64,
    event_type: String,
    event_version: String,
    payload: String,
    metadata: String,
    #[serde(with = "hex_bytes")]
    leaf: [u8; 32],
    #[serde(with = "hex_bytes")]
    chain: [u8; 32],
}

impl EventLine {
    fn new(event: &StoredEvent) -> Self {
        // The table's checks keep both at 32 bytes; others are no hash of anything.
        let hash = |bytes: &[u8]| bytes.try_into().unwrap_or([0; 32]);
        Self {
            position: event.position,
            event_id: event.event_id,
            recorded_at: event.recorded_at,
            aggregate_type: event.aggregate_type.clone(),
            aggregate_id: event.aggregate_id.clone(),
            sequence: event.sequence,
            event_type: event.event_type.clone(),
            event_version: event.event_version.clone(),
            payload: event.payload.clone(),
            metadata: event.metadata.clone(),
            leaf: hash(&event.leaf),
            chain: hash(&event.chain),
        }
    }

    fn into_event(self) -> StoredEvent {
        StoredEvent {
            position: self.position,
            event_id: self.event_id,
            recorded_at: self.recorded_at,
            aggregate_type: self.aggregate_type,
            aggregate_id: self.aggregate_id,
            sequence: self.sequence,
            event_type: self.event_type,
            event_version: self.event_version,
            payload: self.payload,
            metadata: self.metadata,
            leaf: self.leaf.to_vec(),
            chain: self.chain.to_vec(),
            // A check keeps its own; a file has no say in it.
            previous_chain: Vec::new(),
        }
    }
}

/// Writes the line that says which log follows, and which ids it had before.
pub(super) fn write_log(to: &mut impl Write, history: &History) -> Result<(), AuditError> {
    let line = LogLine {
        format: FORMAT,
        log_id: history.log_id,
        adoptions: history.adoptions.clone(),
    };
    write_line(to, &Line::Log(line))
}

/// Writes an event's or a head's line.
///
/// # Errors
/// When it can't be written.
pub fn write_entry(to: &mut impl Write, entry: &Entry) -> Result<(), AuditError> {
    let line = match entry {
        Entry::Event(event) => Line::Event(EventLine::new(event)),
        Entry::Head(head) => Line::Head(head.clone()),
    };
    write_line(to, &line)
}

fn write_line(to: &mut impl Write, line: &Line) -> Result<(), AuditError> {
    serde_json::to_writer(&mut *to, line).map_err(|error| AuditError::Write(error.into()))?;
    to.write_all(b"\n").map_err(AuditError::Write)
}

/// Reads lines, as far as the file went when it was opened: a signer may be adding to it.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    file: Take<BufReader<File>>,
    left: u64,
    number: u64,
    /// Of a folder: the files that follow, the next one last.
    following: Vec<PathBuf>,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self, AuditError> {
        let unusable = |source| AuditError::File {
            path: path.into(),
            source,
        };
        let file = File::open(path).map_err(unusable)?;
        let left = file.metadata().map_err(unusable)?.len();
        Ok(Self {
            path: path.into(),
            file: BufReader::new(file).take(0),
            left,
            number: 0,
            following: Vec::new(),
        })
    }

    /// As [`Self::open`]; of a folder all its files `*.json`, and those below, in the order of their
    /// names.
    pub(super) fn open_all(path: &Path) -> Result<Option<Self>, AuditError> {
        if !path.is_dir() {
            return Self::open(path).map(Some);
        }
        let mut files = files_below(path).map_err(|source| AuditError::File {
            path: path.into(),
            source,
        })?;
        files.sort_by(|one, other| other.cmp(one));
        let Some(first) = files.pop() else {
            return Ok(None);
        };
        let mut lines = Self::open(&first)?;
        lines.following = files;
        Ok(Some(lines))
    }

    /// The next line; `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Line>, AuditError> {
        while self.left == 0
            && let Some(next) = self.following.pop()
        {
            let following = std::mem::take(&mut self.following);
            *self = Self::open(&next)?;
            self.following = following;
        }
        self.file.set_limit(self.left.min(LONGEST_LINE));
        let mut text = Vec::new();
        let read = self.file.read_until(b'\n', &mut text);
        let read = read.map_err(|source| AuditError::File {
            path: self.path.clone(),
            source,
        })?;
        if read == 0 {
            return Ok(None);
        }
        self.left -= read as u64;
        self.number += 1;
        match serde_json::from_slice(&text) {
            Ok(line) => Ok(Some(line)),
            Err(error) => Err(self.misfit(error.to_string())),
        }
    }

    /// The first line, which says which log follows.
    pub(super) fn history(&mut self) -> Result<History, AuditError> {
        match self.next()? {
            Some(Line::Log(line)) if line.format == FORMAT => Ok(History {
                log_id: line.log_id,
                adoptions: line.adoptions,
            }),
            Some(Line::Log(line)) => Err(self.misfit(format!("unknown format {}", line.format))),
            _ => Err(self.misfit("an exported log begins with a line of kind `log`".to_owned())),
        }
    }

    /// The next head of a file that has nothing else.
    pub(super) fn next_head(&mut self) -> Result<Option<SignedHead>, AuditError> {
        match self.next()? {
            None => Ok(None),
            Some(Line::Head(head)) => Ok(Some(head)),
            Some(_) => Err(self.misfit("a file of heads has nothing else".to_owned())),
        }
    }

    /// The next event or head of an exported log.
    pub(super) fn next_entry(&mut self) -> Result<Option<Entry>, AuditError> {
        match self.next()? {
            None => Ok(None),
            Some(Line::Event(event)) => Ok(Some(Entry::Event(event.into_event()))),
            Some(Line::Head(head)) => Ok(Some(Entry::Head(head))),
            Some(Line::Log(_)) => Err(self.misfit("a second log begins".to_owned())),
        }
    }

    fn misfit(&self, detail: String) -> AuditError {
        AuditError::Misfit(Misfit::Line {
            path: self.path.clone(),
            line: self.number,
            detail,
        })
    }
}

fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            files.push(path);
        }
    }
    Ok(files)
}
