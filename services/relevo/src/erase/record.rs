//! The record of erasures: JSON Lines in a file that outlives the database, so that a restored one
//! is told what to forget.

use anyhow::Context as _;
use commands::Erasure;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Everything on record; nothing when there is no file yet.
///
/// # Errors
/// When it can't be read, or a line is no erasure.
pub fn read(path: &Path) -> anyhow::Result<Vec<Erasure>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let path = path.display();
            return Err(error).with_context(|| format!("the record {path} can't be read"));
        }
    };
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(n, line)| {
            serde_json::from_str(line).with_context(|| {
                let (path, n) = (path.display(), n + 1);
                format!("line {n} of the record {path} is no erasure: mend or remove it")
            })
        })
        .collect()
}

/// Puts an erasure on record, on disk, unless it is there already.
///
/// # Errors
/// When the file can't be read or written.
pub fn add(path: &Path, erasure: Erasure) -> anyhow::Result<()> {
    if read(path)?.contains(&erasure) {
        return Ok(());
    }
    let line = serde_json::to_string(&erasure)?;
    let written = open(path).and_then(|mut file| {
        writeln!(file, "{line}")?;
        file.sync_all()
    });
    let path = path.display();
    written.with_context(|| format!("the record {path} can't be written"))
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use domain::{ProfileId, UserId};
    use uuid::Uuid;

    #[test]
    fn what_was_put_on_record_is_read_once_each_and_nonsense_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("erasures.jsonl");
        assert_eq!(read(&path).unwrap(), []);
        let account = Erasure {
            user: UserId(Uuid::from_u128(1)),
            profile: None,
        };
        let profile = Erasure {
            profile: Some(ProfileId(Uuid::from_u128(2))),
            ..account
        };
        for erasure in [account, profile, account] {
            add(&path, erasure).unwrap();
        }
        assert_eq!(read(&path).unwrap(), [account, profile]);
        let mut file = open(&path).unwrap();
        file.write_all(b"{\"user\":\"").unwrap();
        let error = add(&path, profile).unwrap_err();
        assert!(error.to_string().contains("line 3"), "{error}");
    }
}
