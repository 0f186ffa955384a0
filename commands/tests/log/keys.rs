//! Key-encryption keys and data keys that are exchanged while values are sealed and opened.

use crate::harness::*;
use crate::vault::written;
use commands::{Cursor, KekStatus, KeyAdmin, KeySource, Scope, Vault, VaultError};
use domain::UserId;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A key file with the keys `k1` (digits `ab`), `k2` (`cd`) … that are named.
pub fn key_file(folder: &Path, active: &str, held: &[&str]) -> KeySource {
    let digits = HashMap::from([("k1", "ab"), ("k2", "cd"), ("k3", "ef")]);
    let line = |id: &&str| format!("{id} = \"{}\"\n", digits[id].repeat(32));
    let lines: String = held.iter().map(line).collect();
    let text = format!("active = \"{active}\"\n[keys]\n{lines}");
    KeySource::File(written(folder, "keys.toml", &text, 0o600))
}

pub async fn vault(db: &Database, source: &KeySource) -> Vault {
    let pool = db.pool("relevo_api").await;
    Vault::open(pool, source).await.unwrap()
}

pub async fn admin(db: &Database, source: &KeySource) -> KeyAdmin {
    let pool = db.pool("relevo_keys").await;
    KeyAdmin::open(pool, source).await.unwrap()
}

fn user() -> Scope {
    Scope::User(UserId(Uuid::now_v7()))
}

/// Values of that many users.
pub async fn seal_many(vault: &Vault, users: usize) -> Vec<(Scope, Vec<u8>)> {
    let mut values = Vec::new();
    for _ in 0..users {
        let scope = user();
        let sealed = vault.seal_bytes(scope, "a", "f", b"text").await.unwrap();
        values.push((scope, sealed));
    }
    values
}

pub async fn all_open(vault: &Vault, values: &[(Scope, Vec<u8>)]) {
    for (scope, sealed) in values {
        let opened = vault.open_bytes(*scope, "a", "f", sealed).await.unwrap();
        assert_eq!(opened.as_slice(), b"text");
    }
}

pub async fn rewrap_all(admin: &KeyAdmin) -> u64 {
    let (mut done, mut after) = (0, Cursor::default());
    loop {
        let batch = admin.rewrap_batch(after).await.unwrap();
        assert!(batch.failed.is_empty(), "{:?}", batch.failed);
        done += batch.done;
        match batch.next {
            Some(next) => after = next,
            None => return done,
        }
    }
}

/// Key id → (held, active, data keys).
async fn status(admin: &KeyAdmin) -> Vec<(String, bool, bool, u64)> {
    let line = |kek: KekStatus| (kek.id, kek.held, kek.active, kek.data_keys);
    let status = admin.status().await.unwrap();
    status.into_iter().map(line).collect()
}

#[test]
fn a_key_is_rotated_out_and_removed_while_values_open() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let old = key_file(folder.path(), "k1", &["k1"]);
        let running = vault(&db, &old).await;
        let values = seal_many(&running, 250).await;

        // The file changes under the running service, which is not told.
        let both = key_file(folder.path(), "k2", &["k1", "k2"]);
        let keys = admin(&db, &both).await;
        assert_eq!(keys.active(), "k2");
        let before = status(&keys).await;
        assert_eq!(before[0], ("k1".to_owned(), true, false, 251));
        assert_eq!(before[1], ("k2".to_owned(), true, true, 0));
        let opening = {
            let (running, values) = (running.clone(), values.clone());
            tokio::spawn(async move { all_open(&running, &values).await })
        };
        assert_eq!(rewrap_all(&keys).await, 251);
        opening.await.unwrap();
        assert_eq!(rewrap_all(&keys).await, 0);
        assert_eq!(status(&keys).await[0].3, 0);

        // What it makes now lies under the new key.
        let more = seal_many(&running, 3).await;
        assert_eq!(status(&keys).await[0].3, 0);
        let new = key_file(folder.path(), "k2", &["k2"]);
        let later = vault(&db, &new).await;
        all_open(&later, &values).await;
        all_open(&later, &more).await;
        let hash = running.keyed_hash(UserId(Uuid::nil()), "p", "text");
        assert_eq!(hash, later.keyed_hash(UserId(Uuid::nil()), "p", "text"));
    });
}

#[test]
fn a_running_process_without_anything_in_memory_finds_the_new_key() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let old = key_file(folder.path(), "k1", &["k1"]);
        let values = seal_many(&vault(&db, &old).await, 5).await;
        let running = vault(&db, &old).await;
        let both = key_file(folder.path(), "k2", &["k1", "k2"]);
        rewrap_all(&admin(&db, &both).await).await;
        all_open(&running, &values).await;
    });
}

#[test]
fn a_key_removed_too_early_is_named() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let old = key_file(folder.path(), "k1", &["k1"]);
        let values = seal_many(&vault(&db, &old).await, 1).await;
        let both = key_file(folder.path(), "k2", &["k1", "k2"]);
        vault(&db, &both).await;
        let running = vault(&db, &both).await;

        let early = key_file(folder.path(), "k2", &["k2"]);
        let refused = Vault::open(db.pool("relevo_api").await, &early).await;
        let error = refused.unwrap_err();
        assert!(matches!(&error, VaultError::KekMissing { id, .. } if id == "k1"));
        let told = error.to_string();
        assert!(told.contains("keys.toml") && told.contains("relevo keys status"));
        let keys = admin(&db, &early).await;
        assert_eq!(status(&keys).await[0], ("k1".to_owned(), false, false, 2));
        let batch = keys.rewrap_batch(Cursor::default()).await.unwrap();
        assert_eq!((batch.done, batch.failed.len()), (0, 2));
        // Who has it in memory goes on.
        all_open(&running, &values).await;
    });
}

#[test]
fn a_rotation_that_was_killed_goes_on() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let old = key_file(folder.path(), "k1", &["k1"]);
        let values = seal_many(&vault(&db, &old).await, 230).await;
        let both = key_file(folder.path(), "k2", &["k1", "k2"]);

        // Between batches.
        let keys = admin(&db, &both).await;
        assert_eq!(
            keys.rewrap_batch(Cursor::default()).await.unwrap().done,
            100
        );
        drop(keys);
        // Within batches, after a few milliseconds each.
        for milliseconds in 0..12 {
            let keys = admin(&db, &both).await;
            let batch = keys.rewrap_batch(Cursor::default());
            let _ = tokio::time::timeout(Duration::from_millis(milliseconds), batch).await;
            let running = vault(&db, &both).await;
            all_open(&running, &values[..20]).await;
        }
        let keys = admin(&db, &both).await;
        rewrap_all(&keys).await;
        let after = status(&keys).await;
        assert_eq!(after[0].3, 0);
        assert_eq!(after[1].3, 231);
        all_open(&vault(&db, &both).await, &values).await;
    });
}

#[test]
fn two_rotations_at_once_do_each_key_once() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let old = key_file(folder.path(), "k1", &["k1"]);
        let values = seal_many(&vault(&db, &old).await, 300).await;
        let both = key_file(folder.path(), "k2", &["k1", "k2"]);
        let (one, two) = (admin(&db, &both).await, admin(&db, &both).await);
        let (a, b) = tokio::join!(rewrap_all(&one), rewrap_all(&two));
        assert_eq!(a + b, 301);
        let before = one.now().await.unwrap();
        let (a, b) = tokio::join!(renew_all(&one, before), renew_all(&two, before));
        assert_eq!(a + b, 300);
        all_open(&vault(&db, &both).await, &values).await;
    });
}

pub async fn renew_all(admin: &KeyAdmin, before: chrono::DateTime<chrono::Utc>) -> u64 {
    let (mut done, mut after) = (0, Cursor::default());
    loop {
        let batch = admin.renew_batch(before, after).await.unwrap();
        done += batch.done;
        match batch.next {
            Some(next) => after = next,
            None => return done,
        }
    }
}

#[test]
fn a_new_version_seals_and_the_old_one_opens() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let source = key_file(folder.path(), "k1", &["k1"]);
        let (first, clock) = clocked(&db, &source).await;
        let values = seal_many(&first, 120).await;
        let (scope, old) = &values[0];
        assert_eq!(version(old), 1);

        let keys = admin(&db, &source).await;
        let before = keys.now().await.unwrap();
        // Stopped after the first batch, and repeated with the same moment.
        let batch = keys.renew_batch(before, Cursor::default()).await.unwrap();
        assert_eq!(batch.done, 100);
        assert_eq!(renew_all(&keys, before).await, 20);
        assert_eq!(renew_all(&keys, before).await, 0);

        let second = vault(&db, &source).await;
        let new = second.seal_bytes(*scope, "a", "f", b"text").await.unwrap();
        assert_eq!(version(&new), 2);
        // Who has the old version in memory opens the new one at once, and seals with it then.
        all_open(&first, &[(*scope, new)]).await;
        let (scope, old) = &values[1];
        let still = first.seal_bytes(*scope, "a", "f", b"text").await.unwrap();
        assert_eq!(version(&still), 1);
        clock.fetch_add(60, Ordering::Relaxed);
        let then = first.seal_bytes(*scope, "a", "f", b"text").await.unwrap();
        assert_eq!(version(&then), 2);
        all_open(&second, &values).await;
        all_open(&second, &[(*scope, still), (*scope, then)]).await;

        // A value doesn't pass for one of another version.
        let mut other = old.clone();
        other[21] = 2;
        let refused = second.open_bytes(*scope, "a", "f", &other).await;
        assert!(matches!(refused, Err(VaultError::DoesNotOpen)));
        other[21] = 3;
        let refused = second.open_bytes(*scope, "a", "f", &other).await;
        assert!(matches!(refused, Err(VaultError::DoesNotOpen)));
    });
}

/// The version of the data key, from a sealed value's header.
fn version(sealed: &[u8]) -> u32 {
    u32::from_be_bytes(sealed[18..22].try_into().unwrap())
}

/// A vault whose clock stands still, and the seconds it shows.
async fn clocked(db: &Database, source: &KeySource) -> (Vault, Arc<AtomicU64>) {
    let (start, seconds) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let shown = Arc::clone(&seconds);
    let clock = move || start + Duration::from_secs(shown.load(Ordering::Relaxed));
    let pool = db.pool("relevo_api").await;
    let vault = Vault::with_clock(pool, source, clock).await.unwrap();
    (vault, seconds)
}

#[test]
fn a_destroyed_key_stops_working_in_running_processes() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let source = key_file(folder.path(), "k1", &["k1"]);
        let (vault, clock) = clocked(&db, &source).await;
        let values = seal_many(&vault, 2).await;
        let keys = admin(&db, &source).await;
        let before = keys.now().await.unwrap();
        renew_all(&keys, before).await;
        let Scope::User(gone) = values[0].0 else {
            panic!("a user's")
        };
        // With its first version all others go.
        let destroy = "delete from vault.data_keys where user_id = $1 and version = 1";
        let destroy = sqlx::query(destroy).bind(gone.0);
        destroy.execute(&db.admin).await.unwrap();
        clock.store(59, Ordering::Relaxed);
        all_open(&vault, &values).await;
        clock.store(60, Ordering::Relaxed);
        let (scope, sealed) = &values[0];
        let opened = vault.open_bytes(*scope, "a", "f", sealed).await;
        assert!(matches!(opened, Err(VaultError::Erased)));
        all_open(&vault, &values[1..]).await;
    });
}
