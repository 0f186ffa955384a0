//! A long file needs no memory of its length. Alone in its binary: it looks at the whole process.
#![allow(clippy::unwrap_used, reason = "tests")]

#[expect(dead_code, reason = "shared with the other tests of the write side")]
#[path = "../log/harness.rs"]
mod harness;

use bytes::Bytes;
use commands::{ArtifactStore, KeySource, Scope, Vault};
use domain::{ArtifactId, UserId};
use futures::TryStreamExt as _;
use std::os::unix::fs::PermissionsExt as _;
use uuid::Uuid;

const FILE: u64 = 200 * 1024 * 1024;
const PIECE: usize = 1024 * 1024;
/// More than this above the start, and the file is in memory.
const ALLOWED: u64 = 40 * 1024 * 1024;

/// A line of `/proc/self/status`, in bytes.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

#[test]
fn a_file_of_200_mb_is_sealed_and_opened_in_little_memory() {
    harness::with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key.toml");
        let text = format!("id = \"k1\"\nkey = \"{}\"\n", "ab".repeat(32));
        std::fs::write(&key, text).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let pool = db.pool("relevo_agent").await;
        let vault = Vault::open(pool, &KeySource::File(key)).await.unwrap();
        let store = ArtifactStore::new(vault, folder.path().join("artifacts"));
        let scope = Scope::User(UserId(Uuid::now_v7()));
        let id = ArtifactId(Uuid::now_v7());
        store
            .put(scope, id, b"what is used once is in memory")
            .await
            .unwrap();

        let before = status("VmRSS:");
        let pieces = (0..FILE / PIECE as u64).map(|n| Ok(Bytes::from(vec![n as u8; PIECE])));
        let put = store.put_stream(scope, id, futures::stream::iter(pieces));
        assert_eq!(put.await.unwrap().size_bytes, FILE);
        let opened = store.get_stream(scope, id).await.unwrap();
        let add = |size, piece: Bytes| async move { Ok(size + piece.len() as u64) };
        let read = opened.into_stream().try_fold(0_u64, add).await.unwrap();
        assert_eq!(read, FILE);
        let more = status("VmHWM:").saturating_sub(before);
        println!("{} KiB above the start", more / 1024);
        assert!(
            more < ALLOWED,
            "{} MiB above the start",
            more / (1024 * 1024)
        );
    });
}
