//! What every place keeps.

use crate::world::*;
use bytes::Bytes;
use commands::Objects;

/// Tries it over each.
async fn over_each(promise: impl AsyncFn(Objects)) {
    let folder = tempfile::tempdir().unwrap();
    promise(Objects::folder(folder.path().join("files"))).await;
    let (_server, objects) = bucket().await;
    promise(objects).await;
    if let Some(objects) = real_bucket() {
        promise(objects).await;
    }
}

#[tokio::test]
async fn a_file_is_there_whole_when_it_is_said_to_be_stored() {
    over_each(async |objects| {
        objects.check().await.unwrap();
        assert_eq!(get(&objects, "0a/none").await.unwrap(), None);
        for length in [0, 1, 8 * 1024 * 1024, LONG] {
            let content = content(length);
            put(&objects, "0a/file", &content).await.unwrap();
            assert!(get(&objects, "0a/file").await.unwrap().unwrap() == content);
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_not_finished_leaves_what_was_there() {
    over_each(async |objects| {
        put(&objects, "0a/file", b"before").await.unwrap();
        for length in [10, LONG] {
            let mut upload = objects.write("0a/file").await.unwrap();
            upload.buffer().extend_from_slice(&content(length));
            upload.flush().await.unwrap();
            assert_eq!(get(&objects, "0a/file").await.unwrap().unwrap(), b"before");
            upload.abort().await;
            assert_eq!(get(&objects, "0a/file").await.unwrap().unwrap(), b"before");
        }
    })
    .await;
}

#[tokio::test]
async fn a_created_file_is_never_written_over() {
    over_each(async |objects| {
        let (first, second) = (Bytes::from_static(b"first"), Bytes::from_static(b"second"));
        assert!(objects.create("a/b/file", first).await.unwrap());
        assert!(!objects.create("a/b/file", second).await.unwrap());
        assert_eq!(get(&objects, "a/b/file").await.unwrap().unwrap(), b"first");
    })
    .await;
}

#[tokio::test]
async fn of_those_who_create_at_once_one_wins() {
    over_each(async |objects| {
        let created = (0..8_u8).map(|n| objects.create("file", vec![n].into()));
        let created = futures::future::join_all(created).await;
        let won: Vec<u8> = (0..8)
            .filter(|n| *created[usize::from(*n)].as_ref().unwrap())
            .collect();
        assert_eq!(get(&objects, "file").await.unwrap().unwrap(), won);
    })
    .await;
}

#[tokio::test]
async fn a_removed_file_is_gone_and_removing_is_repeatable() {
    over_each(async |objects| {
        objects.remove("0a/file").await.unwrap();
        put(&objects, "0a/file", b"text").await.unwrap();
        objects.remove("0a/file").await.unwrap();
        objects.remove("0a/file").await.unwrap();
        assert_eq!(get(&objects, "0a/file").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn names_come_in_order_and_folders_too() {
    over_each(async |objects| {
        assert_eq!(objects.next("one", "one/0").await.unwrap(), None);
        assert!(objects.folders().await.unwrap().is_empty());
        for n in 0..25 {
            let name = format!("one/{n:03}");
            assert!(objects.create(&name, Bytes::new()).await.unwrap());
            let folder = format!("folder-{n:02}/file");
            assert!(objects.create(&folder, Bytes::new()).await.unwrap());
        }
        let next = async |after: &str| objects.next("one", after).await.unwrap();
        assert_eq!(next("one/").await.as_deref(), Some("one/000"));
        assert_eq!(next("one/011").await.as_deref(), Some("one/012"));
        assert_eq!(next("one/0115").await.as_deref(), Some("one/012"));
        assert_eq!(next("one/024").await, None);
        let folders = objects.folders().await.unwrap();
        assert_eq!((folders.len(), folders[25].as_str()), (26, "one"));
        assert_eq!(folders[7], "folder-07");
    })
    .await;
}

#[tokio::test]
async fn names_are_those_that_were_given_whatever_goes_before_them() {
    let (server, _) = bucket().await;
    for prefix in ["", "a", "a/b", "a~b", "a%b/ñ", "a b", "a//b"] {
        let s3 = commands::S3 {
            prefix: prefix.to_owned(),
            ..settings(&server)
        };
        let objects = Objects::s3(&s3).unwrap();
        assert!(objects.create("one/000", Bytes::new()).await.unwrap());
        let next = objects.next("one", "one/").await.unwrap();
        assert_eq!(next.as_deref(), Some("one/000"), "{prefix}");
        assert_eq!(objects.folders().await.unwrap(), ["one"], "{prefix}");
        let stored = [prefix, "one/000"].join("/");
        let as_spelled = server.names() == [stored.trim_start_matches('/')];
        assert_eq!(as_spelled, commands::S3::is_plain(prefix), "{prefix}");
        objects.remove("one/000").await.unwrap();
    }
}
