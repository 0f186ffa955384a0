//! The heads once more, in a file that is meant to leave the machine.

use super::entries::Entry;
use super::error::AuditError;
use super::head::SignedHead;
use super::lines::{Line, write_entry};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// More than the longest line of a head.
const TAIL_BYTES: u64 = 4096;

/// JSON Lines, one head each; only ever appended to.
#[derive(Debug)]
pub(super) struct HeadsFile {
    pub(super) path: PathBuf,
    file: File,
    /// The head of its last line.
    pub(super) last: Option<SignedHead>,
}

impl HeadsFile {
    /// Opens or makes it. What a crash left of a line is cut off: it comes again.
    pub(super) fn open(path: &Path) -> Result<Self, AuditError> {
        let open = || -> std::io::Result<Self> {
            let mut file = OpenOptions::new()
                .read(true)
                .append(true)
                .create(true)
                .open(path)?;
            let length = file.metadata()?.len();
            let begin = length.saturating_sub(TAIL_BYTES);
            file.seek(SeekFrom::Start(begin))?;
            let mut tail = Vec::new();
            file.read_to_end(&mut tail)?;
            let whole = tail.iter().rposition(|byte| *byte == b'\n');
            let whole = whole.map_or(0, |newline| newline + 1);
            if whole < tail.len() {
                file.set_len(begin + whole as u64)?;
            }
            let last = match tail[..whole].trim_ascii_end() {
                [] => None,
                lines => Some(last_head(lines)?),
            };
            let path = path.into();
            Ok(Self { path, file, last })
        };
        open().map_err(|source| AuditError::File {
            path: path.into(),
            source,
        })
    }

    /// Appends heads and waits until they are on the disk.
    pub(super) fn append(&mut self, heads: &[SignedHead]) -> Result<(), AuditError> {
        let Some(last) = heads.last() else {
            return Ok(());
        };
        let mut lines = Vec::new();
        for head in heads {
            write_entry(&mut lines, &Entry::Head(head.clone()))?;
        }
        let written = self.file.write_all(&lines);
        written
            .and_then(|()| self.file.sync_data())
            .map_err(|source| AuditError::File {
                path: self.path.clone(),
                source,
            })?;
        self.last = Some(last.clone());
        Ok(())
    }
}

fn last_head(lines: &[u8]) -> std::io::Result<SignedHead> {
    let last = lines.rsplit(|byte| *byte == b'\n').next();
    match serde_json::from_slice(last.unwrap_or_default()) {
        Ok(Line::Head(head)) => Ok(head),
        _ => Err(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "its last line is no head",
        )),
    }
}
