//! Files of artifacts, in a folder.

use crate::harness::*;
use crate::vault::key_file;
use bytes::Bytes;
use commands::{ArtifactStore, BlobError, Objects, S3, Scope, Vault, VaultError};
use devstack::{S3Server, s3};
use domain::{ArtifactId, KeyedHash, TaskId, UserId};
use futures::{StreamExt as _, TryStreamExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

const CHUNK: usize = 64 * 1024;

struct Shelf {
    vault: Vault,
    store: ArtifactStore,
    folder: tempfile::TempDir,
}

impl Shelf {
    async fn new(db: &Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = key_file(folder.path(), "key.toml", "k1");
        let pool = db.pool("relevo_agent").await;
        let vault = Vault::open(pool, &key).await.unwrap();
        let store = ArtifactStore::new(vault.clone(), folder.path().join("artifacts"));
        Self {
            vault,
            store,
            folder,
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        walk(&self.folder.path().join("artifacts"))
    }

    fn only_file(&self) -> PathBuf {
        let files = self.files();
        let [file] = &files[..] else {
            panic!("one file, no temporary ones: {files:?}")
        };
        file.clone()
    }
}

fn somebody() -> Scope {
    Scope::User(UserId(Uuid::now_v7()))
}

fn some_id() -> ArtifactId {
    ArtifactId(Uuid::now_v7())
}

#[test]
fn artifacts_are_stored_sealed_and_whole() {
    with_database(async |db| {
        let shelf = Shelf::new(&db).await;
        let (store, scope, id) = (&shelf.store, somebody(), some_id());
        let bytes = b"<cfdi:Comprobante/>".repeat(1000);
        let stored = store.put(scope, id, &bytes).await.unwrap();
        assert_eq!(stored.size_bytes, bytes.len() as u64);
        assert_eq!(stored.digest, store.digest(scope, &bytes));
        assert_eq!(store.get(scope, id).await.unwrap().as_slice(), bytes);
        store.put(scope, id, &bytes).await.unwrap();

        let missing = store.get(scope, some_id()).await;
        assert!(matches!(missing, Err(VaultError::ArtifactMissing(_))));
        assert!(store.get(somebody(), id).await.is_err());

        let file = shelf.only_file();
        let mut raw = std::fs::read(&file).unwrap();
        assert!(!raw.windows(16).any(|w| w == &b"<cfdi:Comprobante"[..16]));
        raw[100] ^= 1;
        std::fs::write(file, raw).unwrap();
        assert!(matches!(
            store.get(scope, id).await,
            Err(VaultError::DoesNotOpen)
        ));
    });
}

#[test]
fn a_long_file_comes_and_goes_in_pieces() {
    with_database(async |db| {
        let shelf = Shelf::new(&db).await;
        let (store, scope, id) = (&shelf.store, somebody(), some_id());
        // More than one part of an upload.
        let bytes: Vec<u8> = (0..9_000_000_u32).map(|n| (n ^ (n >> 11)) as u8).collect();
        let pieces = bytes.chunks(99_999).map(|p| Ok(Bytes::copy_from_slice(p)));
        let pieces = futures::stream::iter(pieces);
        let stored = store.put_stream(scope, id, pieces).await.unwrap();
        assert_eq!(stored.size_bytes, bytes.len() as u64);
        assert_eq!(stored.digest, store.digest(scope, &bytes));
        assert!(store.get(scope, id).await.unwrap().as_slice() == bytes);

        let opened = store.get_stream(scope, id).await.unwrap();
        assert_eq!(opened.size_bytes, bytes.len() as u64);
        assert!(opened.beginning() == &bytes[..CHUNK]);
        let pieces: Vec<Bytes> = opened.into_stream().try_collect().await.unwrap();
        assert!(pieces.concat() == bytes);
        shelf.only_file();
    });
}

#[test]
fn a_damaged_file_gives_what_is_before_the_damage_and_then_an_error() {
    with_database(async |db| {
        let shelf = Shelf::new(&db).await;
        let (store, scope, id) = (&shelf.store, somebody(), some_id());
        let bytes = vec![7; 3 * CHUNK];
        store.put(scope, id, &bytes).await.unwrap();
        let file = shelf.only_file();
        let whole = std::fs::read(&file).unwrap();
        let mut altered = whole.clone();
        altered[2 * CHUNK] ^= 1;
        for (damaged, chunk) in [(altered, 1), (whole[..whole.len() - 1].to_vec(), 2)] {
            std::fs::write(&file, damaged).unwrap();
            let opened = store.get_stream(scope, id).await.unwrap();
            let pieces: Vec<_> = opened.into_stream().collect().await;
            let (last, before) = pieces.split_last().unwrap();
            let given: usize = before.iter().map(|p| p.as_ref().unwrap().len()).sum();
            assert_eq!(given, chunk * CHUNK);
            let Err(VaultError::ArtifactDamaged { chunk: at }) = last else {
                panic!("{last:?}")
            };
            assert_eq!(*at, chunk as u64);
            let read = store.get(scope, id).await;
            assert!(matches!(read, Err(VaultError::ArtifactDamaged { .. })));
        }
        for short in [0, 1, 30] {
            std::fs::write(&file, &whole[..short]).unwrap();
            assert!(matches!(
                store.get(scope, id).await,
                Err(VaultError::Malformed(BlobError::CutShort))
            ));
        }
    });
}

#[test]
fn a_file_sealed_as_one_value_is_read_for_ever() {
    with_database(async |db| {
        let shelf = Shelf::new(&db).await;
        let (scope, id) = (somebody(), some_id());
        let text = vec![9; 3 * CHUNK];
        let name = id.to_string();
        let sealing = shelf.vault.seal_bytes(scope, "artifact", &name, &text);
        let sealed = sealing.await.unwrap();
        let last = id.0.as_bytes()[15];
        let folder = shelf.folder.path().join(format!("artifacts/{last:02x}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(id.to_string()), sealed).unwrap();
        let store = &shelf.store;
        assert!(store.get(scope, id).await.unwrap().as_slice() == text);
        let opened = store.get_stream(scope, id).await.unwrap();
        assert_eq!(opened.size_bytes, text.len() as u64);
        let pieces: Vec<Bytes> = opened.into_stream().try_collect().await.unwrap();
        assert!(pieces.concat() == text);
    });
}

#[test]
fn a_file_whose_source_fails_is_not_stored() {
    with_database(async |db| {
        let shelf = Shelf::new(&db).await;
        let (store, scope, id) = (&shelf.store, somebody(), some_id());
        store.put(scope, id, b"before").await.unwrap();
        // Early, and after parts were sent.
        for pieces in [1, 90] {
            let whole = (0..pieces).map(|_| Ok(Bytes::from(vec![1; 100_000])));
            let broken = whole.chain([Err(std::io::Error::other("broken"))]);
            let put = store.put_stream(scope, id, futures::stream::iter(broken));
            assert!(matches!(
                put.await,
                Err(VaultError::ArtifactSource(error)) if error.to_string() == "broken"
            ));
            assert_eq!(store.get(scope, id).await.unwrap().as_slice(), b"before");
        }
        shelf.only_file();
    });
}

#[test]
fn a_removed_file_is_gone_and_removing_is_repeatable() {
    with_database(async |db| {
        let shelf = Shelf::new(&db).await;
        let (store, scope, id) = (&shelf.store, somebody(), some_id());
        store.remove(id).await.unwrap();
        store.put(scope, id, b"text").await.unwrap();
        store.remove(id).await.unwrap();
        store.remove(id).await.unwrap();
        assert!(shelf.files().is_empty());
        let missing = store.get(scope, id).await;
        assert!(matches!(missing, Err(VaultError::ArtifactMissing(of)) if of == id));
    });
}

#[test]
fn a_bucket_keeps_what_a_folder_keeps_and_nothing_in_the_clear() {
    with_database(async |db| {
        let shelf = Shelf::new(&db).await;
        let server = S3Server::start().await.unwrap();
        let s3 = S3 {
            bucket: s3::BUCKET.to_owned(),
            prefix: String::new(),
            endpoint: Some(server.endpoint()),
            region: s3::REGION.to_owned(),
            virtual_hosted: false,
            access_key_id: s3::ACCESS_KEY_ID.into(),
            secret_access_key: s3::SECRET_ACCESS_KEY.into(),
            timeout: Duration::from_secs(5),
            retries: 2,
        };
        let store = ArtifactStore::within(shelf.vault.clone(), Objects::s3(&s3).unwrap());
        let (scope, id) = (somebody(), some_id());
        let missing = store.get(scope, id).await;
        assert!(matches!(missing, Err(VaultError::ArtifactMissing(of)) if of == id));
        let bytes = b"<cfdi:Comprobante/>".repeat(500_000);
        let stored = store.put(scope, id, &bytes).await.unwrap();
        assert_eq!(stored.digest, store.digest(scope, &bytes));
        assert!(store.get(scope, id).await.unwrap().as_slice() == bytes);

        let name = server.names().pop().unwrap();
        let whole = server.file(&name).unwrap();
        assert!(!whole.windows(16).any(|w| w == &b"<cfdi:Comprobante"[..16]));
        let mut altered = whole.to_vec();
        altered[2 * CHUNK] ^= 1;
        for damaged in [altered, whole[..whole.len() - 1].to_vec()] {
            server.put(&name, damaged);
            let read = store.get(scope, id).await;
            assert!(matches!(read, Err(VaultError::ArtifactDamaged { .. })));
        }
        // What was stored goes on being there when the same is stored again and fails.
        server.put(&name, whole);
        let pieces = (0..90).map(|_| Ok(Bytes::from(vec![1; 100_000])));
        let broken = pieces.chain([Err(std::io::Error::other("broken"))]);
        let put = store.put_stream(scope, id, futures::stream::iter(broken));
        assert!(matches!(put.await, Err(VaultError::ArtifactSource(_))));
        assert_eq!(server.open_uploads(), 0);
        assert!(store.get(scope, id).await.unwrap().as_slice() == bytes);

        store.remove(id).await.unwrap();
        store.remove(id).await.unwrap();
        assert!(server.names().is_empty());
    });
}

#[test]
fn an_address_is_one_content_of_one_task() {
    let (one, two) = (TaskId(Uuid::from_u128(1)), TaskId(Uuid::from_u128(2)));
    let (digest, other) = (KeyedHash("ab".to_owned()), KeyedHash("cd".to_owned()));
    let address = ArtifactStore::address(one, &digest);
    assert_eq!(address, ArtifactStore::address(one, &digest));
    assert_ne!(address, ArtifactStore::address(two, &digest));
    assert_ne!(address, ArtifactStore::address(one, &other));
}

#[tokio::test]
async fn a_folder_that_cant_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let objects = Objects::folder(file.join("artifacts"));
    let error = objects.read("a").await.err().unwrap();
    assert!(error.to_string().contains("file/artifacts"), "{error}");
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
