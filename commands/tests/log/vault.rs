//! Keys, and what they seal.

use crate::harness::*;
use commands::{BlobError, KeySource, Scope, Vault, VaultError};
use domain::{ProfileId, Sealed, UserId};
use sha2::{Digest as _, Sha256};
use sqlx::Executor as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A key file with one key; its digits are made of the file's name.
pub fn key_file(folder: &Path, name: &str, id: &str) -> KeySource {
    let digits = hex::encode(Sha256::digest(name));
    let text = format!("id = \"{id}\"\nkey = \"{digits}\"\n");
    KeySource::File(written(folder, name, &text, 0o600))
}

/// A file of that text and mode.
pub fn written(folder: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn user() -> UserId {
    UserId(Uuid::now_v7())
}

#[test]
fn a_bad_key_file_is_refused_by_name() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let pool = db.pool("relevo_api").await;
        let open = async |path: &Path| {
            let source = KeySource::File(path.into());
            Vault::open(pool.clone(), &source).await.unwrap_err()
        };
        let written = |name: &str, text: &str, mode| written(folder.path(), name, text, mode);
        let good = format!("id = \"k1\"\nkey = \"{}\"\n", "ab".repeat(32));

        let error = open(&folder.path().join("none.toml")).await;
        assert!(matches!(error, VaultError::KeyFileMissing { .. }));
        assert!(error.to_string().contains("none.toml"));
        let error = open(folder.path()).await;
        assert!(!matches!(error, VaultError::KeyFileMissing { .. }));
        for mode in [0o644, 0o640, 0o604] {
            let error = open(&written("open.toml", &good, mode)).await;
            assert!(matches!(error, VaultError::KeyFileOpenToOthers { .. }));
        }
        let short = good.replace("abab", "");
        let no_hex = good.replace("ab", "zz");
        let zeros = good.replace("ab", "00");
        let more = format!("{good}more = 1\n");
        for text in ["", "key", "\u{fffd}", &short, &no_hex, &zeros, &more] {
            let error = open(&written("bad.toml", text, 0o600)).await;
            let VaultError::KeysMalformed { .. } = &error else {
                panic!("{text}: {error:?}")
            };
            assert!(!format!("{error} {error:?}").contains("abab"));
        }
    });
}

#[test]
fn only_the_key_file_the_database_was_sealed_with_opens_it() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let pool = db.pool("relevo_api").await;
        let right = key_file(folder.path(), "right.toml", "k1");
        Vault::open(pool.clone(), &right).await.unwrap();
        for id in ["k1", "k2"] {
            let wrong = key_file(folder.path(), &format!("wrong-{id}.toml"), id);
            let error = Vault::open(pool.clone(), &wrong).await.unwrap_err();
            let named = match &error {
                VaultError::WrongKey { id, .. } => id == "k1",
                VaultError::ForeignKeys { known, .. } => known == &["k1"],
                _ => false,
            };
            assert!(named, "{error:?}");
            let told = error.to_string();
            assert!(told.contains("wrong-") && told.contains("k1"), "{told}");
        }
        // Another process with the right one is welcome.
        let agent = db.pool("relevo_agent").await;
        Vault::open(agent, &right).await.unwrap();
    });
}

#[test]
fn what_is_sealed_opens_only_where_it_was_sealed() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let key = key_file(folder.path(), "key.toml", "k1");
        let one = Vault::open(db.pool("relevo_api").await, &key)
            .await
            .unwrap();
        let two = Vault::open(db.pool("relevo_agent").await, &key)
            .await
            .unwrap();
        let (user, profile) = (user(), ProfileId(Uuid::now_v7()));
        let scope = Scope::Profile(user, profile);
        let sealed = one
            .seal(scope, "task-1", "rfc", b"XAXX010101000")
            .await
            .unwrap();
        let again = one
            .seal(scope, "task-1", "rfc", b"XAXX010101000")
            .await
            .unwrap();
        assert_ne!(sealed, again);
        let opened = two
            .open_sealed(scope, "task-1", "rfc", &sealed)
            .await
            .unwrap();
        assert_eq!(opened.as_slice(), b"XAXX010101000");

        for (scope, aggregate, field) in [
            (scope, "task-2", "rfc"),
            (scope, "task-1", "name"),
            (scope, "task-1r", "fc"),
            (Scope::User(user), "task-1", "rfc"),
            (
                Scope::Profile(user, ProfileId(Uuid::now_v7())),
                "task-1",
                "rfc",
            ),
        ] {
            let moved = two.open_sealed(scope, aggregate, field, &sealed).await;
            assert!(matches!(
                moved,
                Err(VaultError::DoesNotOpen | VaultError::Erased)
            ));
        }
    });
}

#[test]
fn an_altered_value_does_not_open() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let key = key_file(folder.path(), "key.toml", "k1");
        let vault = Vault::open(db.pool("relevo_api").await, &key)
            .await
            .unwrap();
        let scope = Scope::User(user());
        let sealed = vault.seal_bytes(scope, "a", "f", b"text").await.unwrap();
        for n in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[n] ^= 1;
            let opened = vault.open_bytes(scope, "a", "f", &altered).await;
            let named = matches!(
                (n, opened),
                (0, Err(VaultError::Malformed(BlobError::UnknownVersion(3))))
                    | (
                        1,
                        Err(VaultError::Malformed(BlobError::UnknownAlgorithm(0)))
                    )
                    | (2.., Err(VaultError::DoesNotOpen))
            );
            assert!(named, "byte {n}");
            let cut = vault.open_bytes(scope, "a", "f", &sealed[..n]).await;
            let cut_short = matches!(cut, Err(VaultError::Malformed(BlobError::CutShort)));
            assert_eq!(cut_short, n < 62, "{n} bytes");
            assert!(cut.is_err());
        }
        let no_base64 = Sealed("not base64!".to_owned());
        let refused = vault.open_sealed(scope, "a", "f", &no_base64).await;
        let named = matches!(refused, Err(VaultError::Malformed(BlobError::NoBase64)));
        assert!(named);
        assert!(vault.open_bytes(scope, "a", "f", &sealed).await.is_ok());
    });
}

#[test]
fn the_first_keys_of_a_scope_made_at_once_are_one_key() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let key = key_file(folder.path(), "key.toml", "k1");
        let vaults = [
            Vault::open(db.pool("relevo_api").await, &key)
                .await
                .unwrap(),
            Vault::open(db.pool("relevo_agent").await, &key)
                .await
                .unwrap(),
        ];
        for _ in 0..20 {
            let scope = Scope::User(user());
            let (a, b) = tokio::join!(
                vaults[0].seal(scope, "a", "f", b"a"),
                vaults[1].seal(scope, "a", "f", b"b")
            );
            let (a, b) = (a.unwrap(), b.unwrap());
            for vault in &vaults {
                assert!(vault.open_sealed(scope, "a", "f", &a).await.is_ok());
                assert!(vault.open_sealed(scope, "a", "f", &b).await.is_ok());
            }
        }
    });
}

#[test]
fn a_value_whose_key_was_erased_is_gone() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let key = key_file(folder.path(), "key.toml", "k1");
        let user = user();
        let vault = Vault::open(db.pool("relevo_api").await, &key)
            .await
            .unwrap();
        let sealed = vault.seal(Scope::User(user), "a", "f", b"a").await.unwrap();
        db.admin
            .execute("delete from vault.data_keys where kind = 'user'")
            .await
            .unwrap();
        let later = Vault::open(db.pool("relevo_api").await, &key)
            .await
            .unwrap();
        let gone = later
            .open_sealed(Scope::User(user), "a", "f", &sealed)
            .await;
        assert!(matches!(gone, Err(VaultError::Erased)));
    });
}

#[test]
fn keyed_hashes_are_equal_for_one_owner_and_purpose_only() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let key = key_file(folder.path(), "key.toml", "k1");
        let vault = Vault::open(db.pool("relevo_api").await, &key)
            .await
            .unwrap();
        let later = Vault::open(db.pool("relevo_agent").await, &key)
            .await
            .unwrap();
        let (one, two) = (user(), user());
        let hash = vault.keyed_hash(one, "rfc", "XAXX010101000");
        assert_eq!(hash.0.len(), 64);
        assert_eq!(hash, later.keyed_hash(one, "rfc", "XAXX010101000"));
        assert_ne!(hash, vault.keyed_hash(two, "rfc", "XAXX010101000"));
        assert_ne!(hash, vault.keyed_hash(one, "ticket", "XAXX010101000"));
        assert_ne!(hash, vault.keyed_hash(one, "rfcX", "AXX010101000"));
    });
}
