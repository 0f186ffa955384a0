//! A log as a file, checked where there is no database.

use crate::forger::*;
use crate::harness::*;
use commands::audit::{AuditError, Entries, Misfit, Verified, verify};
use std::path::Path;

async fn exported(signed: &Signed) -> Vec<u8> {
    let pool = signed.db.pool("relevo_relay").await;
    let entries = Entries::of_database(pool, 1, None).await.unwrap();
    let mut bytes = Vec::new();
    assert_eq!(entries.export(&mut bytes).await.unwrap(), 14);
    bytes
}

async fn check(signed: &Signed, file: &Path, bytes: &[u8]) -> Result<Verified, AuditError> {
    std::fs::write(file, bytes).unwrap();
    let entries = Entries::of_file(file, None).await?;
    verify(entries, &[signed.key()], |_| {}).await
}

#[test]
fn an_exported_log_holds_and_no_byte_of_a_line_may_change() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        // One event is behind the last head.
        signed.grow(1).await;
        let file = signed.folder.path().join("log.jsonl");
        let bytes = exported(&signed).await;
        let verified = check(&signed, &file, &bytes).await.unwrap();
        assert_eq!(verified, signed.verify().await.unwrap());
        // The log's line, an event's, a head's, and that of an event which no head covers.
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let ends: Vec<usize> = ends.map(|(at, _)| at).collect();
        let lines = [0..=ends[0], ends[3] + 1..=ends[5], ends[13] + 1..=ends[14]];
        for changed in lines.into_iter().flatten() {
            let mut other = bytes.clone();
            other[changed] ^= 1;
            let result = check(&signed, &file, &other).await;
            assert!(
                matches!(result, Err(AuditError::Misfit(_))),
                "byte {changed}: {result:?}"
            );
        }
    });
}

#[test]
fn lines_removed_or_moved_show() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        signed.grow(1).await;
        let file = signed.folder.path().join("log.jsonl");
        let bytes = exported(&signed).await;
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        // The last one is an event that no head covers.
        for gone in 0..lines.len() - 2 {
            let mut left = lines.clone();
            left.remove(gone);
            let result = check(&signed, &file, &left.concat()).await;
            assert!(matches!(result, Err(AuditError::Misfit(_))), "line {gone}");
        }
        for swapped in 0..lines.len() - 1 {
            let mut other = lines.clone();
            other.swap(swapped, swapped + 1);
            let result = check(&signed, &file, &other.concat()).await;
            assert!(
                matches!(result, Err(AuditError::Misfit(_))),
                "line {swapped}"
            );
        }
    });
}

#[test]
fn a_shortened_file_shows_by_heads_kept_apart() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        signed.grow(1).await;
        let file = signed.folder.path().join("log.jsonl");
        let bytes = exported(&signed).await;
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        // Up to the head at position 8.
        let short = lines[..11].concat();
        assert_eq!(check(&signed, &file, &short).await.unwrap().to, 8);
        let heads = signed.heads_file();
        let entries = Entries::of_file(&file, Some(&heads)).await.unwrap();
        let result = verify(entries, &[signed.key()], |_| {}).await;
        assert_eq!(misfit(result), Misfit::Shorter { end: 8, head: 10 });
    });
}
