//! A store that fails, in every way that a network has.

use crate::world::*;
use bytes::Bytes;
use commands::Objects;
use devstack::s3::Fault;
use futures::TryStreamExt as _;
use hyper::Method;
use std::time::Duration;

#[tokio::test]
async fn what_passes_is_tried_again() {
    let (server, objects) = bucket().await;
    let content = content(LONG);
    for fault in [
        Fault::Status(500),
        Fault::Status(503),
        Fault::NoAnswer,
        Fault::DoneWithoutAnswer,
    ] {
        for method in [Method::PUT, Method::GET] {
            server.fail(method, 1, fault);
        }
        put(&objects, "long", &content).await.unwrap();
        server.fail(Method::PUT, 1, fault);
        put(&objects, "short", b"text").await.unwrap();
        assert!(get(&objects, "long").await.unwrap().unwrap() == content);
        // Whoever removes tries again after no answer.
        server.fail(Method::DELETE, 1, fault);
        let removed = objects.remove("short").await;
        assert_eq!(removed.is_ok(), matches!(fault, Fault::Status(_)));
        objects.remove("short").await.unwrap();
        assert_eq!(server.names(), ["relevo/a/long"]);
        assert_eq!(server.open_uploads(), 0);
        server.heal();
    }
}

#[tokio::test]
async fn a_store_that_goes_on_failing_is_an_error_and_nothing_is_left_half_done() {
    let (server, objects) = bucket().await;
    put(&objects, "file", b"before").await.unwrap();
    // The parts; and their end.
    for method in [Method::PUT, Method::POST] {
        let mut upload = objects.write("file").await.unwrap();
        upload.buffer().extend_from_slice(&content(LONG));
        upload.flush().await.unwrap();
        server.fail(method, 9, Fault::Status(500));
        let error = upload.finish().await.unwrap_err();
        assert!(told(&error).contains("500"), "{}", told(&error));
        server.heal();
        assert_eq!(server.open_uploads(), 0);
        assert_eq!(get(&objects, "file").await.unwrap().unwrap(), b"before");
    }
    for status in [401, 403, 404, 409] {
        server.fail(Method::PUT, 1, Fault::Status(status));
        let error = put(&objects, "file", b"after").await.unwrap_err();
        assert!(told(&error).contains("at http://127.0.0.1"), "{error}");
        assert_eq!(get(&objects, "file").await.unwrap().unwrap(), b"before");
    }
    server.fail(Method::GET, 9, Fault::Status(403));
    assert!(objects.read("file").await.is_err(), "not: there is none");
    server.fail(Method::DELETE, 9, Fault::Status(500));
    assert!(objects.remove("file").await.is_err());
}

#[tokio::test]
async fn a_bucket_that_is_not_there_has_no_word_on_what_is() {
    let (server, objects) = bucket().await;
    put(&objects, "file", b"text").await.unwrap();
    // A bucket's name that is wrong, and a proxy that answers for a store that is away.
    let other = commands::S3 {
        bucket: "others".to_owned(),
        ..settings(&server)
    };
    let other = Objects::s3(&other).unwrap();
    let missing = [
        other.read("file").await.map(drop).unwrap_err(),
        other.remove("file").await.unwrap_err(),
    ];
    for error in missing {
        assert!(told(&error).contains("NoSuchBucket"), "{}", told(&error));
    }
    for method in [Method::GET, Method::DELETE] {
        server.fail(method, 9, Fault::Status(404));
    }
    assert!(objects.read("file").await.is_err());
    assert!(objects.remove("file").await.is_err());
    server.heal();
    // Stores that have the bucket are believed.
    server.fail(Method::DELETE, 1, Fault::Status(404));
    objects.remove("none").await.unwrap();
    assert_eq!(get(&objects, "file").await.unwrap().unwrap(), b"text");
}

#[tokio::test]
async fn an_upload_that_nobody_waits_for_any_more_is_aborted() {
    let (server, objects) = bucket().await;
    let mut upload = objects.write("file").await.unwrap();
    upload.buffer().extend_from_slice(&content(LONG));
    upload.flush().await.unwrap();
    assert_eq!(server.open_uploads(), 1);
    drop(upload);
    while server.open_uploads() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(server.names().is_empty());
}

#[tokio::test]
async fn an_upload_is_aborted_wherever_it_was_given_up() {
    let (server, objects) = bucket().await;
    let until = async |there: &dyn Fn() -> bool| {
        while !there() {
            tokio::task::yield_now().await;
        }
    };
    let failing = || server.failures_to_come() == 0;
    let gone = || server.open_uploads() == 0;
    let late = Fault::Late(Duration::from_secs(60));
    // During its first part, and during its abortion.
    let mut upload = objects.write("file").await.unwrap();
    upload.buffer().extend_from_slice(&content(LONG));
    server.fail(Method::PUT, 1, late);
    tokio::select! {
        sent = upload.flush() => panic!("{sent:?}"),
        () = until(&failing) => assert_eq!(server.open_uploads(), 1),
    }
    drop(upload);
    until(&gone).await;

    let mut upload = objects.write("file").await.unwrap();
    upload.buffer().extend_from_slice(&content(LONG));
    upload.flush().await.unwrap();
    server.fail(Method::DELETE, 1, late);
    tokio::select! {
        () = upload.abort() => panic!("it has no end"),
        () = until(&failing) => assert_eq!(server.open_uploads(), 1),
    }
    until(&gone).await;
    assert!(server.names().is_empty());
}

#[tokio::test]
async fn a_download_that_is_cut_goes_on_where_it_was() {
    let (server, objects) = bucket().await;
    let content = content(LONG);
    put(&objects, "file", &content).await.unwrap();
    server.fail(Method::GET, 2, Fault::HalfAnAnswer);
    assert!(get(&objects, "file").await.unwrap().unwrap() == content);

    // Another one in its place meanwhile is not joined to its beginning.
    server.fail(Method::GET, 1, Fault::HalfAnAnswer);
    let object = objects.read("file").await.unwrap().unwrap();
    put(&objects, "file", &content[1..]).await.unwrap();
    let read: Result<Vec<Bytes>, _> = object.content.try_collect().await;
    assert!(read.is_err());

    // And one that is always cut is no file.
    server.fail(Method::GET, 99, Fault::HalfAnAnswer);
    assert!(get(&objects, "file").await.is_err());
}

#[tokio::test]
async fn a_store_that_is_silent_too_long_is_given_up() {
    let (server, _) = bucket().await;
    let settings = commands::S3 {
        timeout: Duration::from_millis(200),
        retries: 0,
        ..settings(&server)
    };
    let objects = Objects::s3(&settings).unwrap();
    server.fail(Method::PUT, 1, Fault::Late(Duration::from_secs(60)));
    let error = put(&objects, "file", b"text").await.unwrap_err();
    assert!(told(&error).contains("timed out"), "{}", told(&error));
    put(&objects, "file", b"text").await.unwrap();
    server.fail(Method::GET, 1, Fault::Late(Duration::from_secs(60)));
    let error = get(&objects, "file").await.unwrap_err();
    assert!(told(&error).contains("timed out"), "{}", told(&error));
    // What is long is on its way longer.
    server.fail(Method::PUT, 1, Fault::Late(Duration::from_millis(500)));
    let long = content(2 * 1024 * 1024);
    put(&objects, "long", &long).await.unwrap();
}

#[tokio::test]
async fn a_creation_without_an_answer_was_done_or_not_and_never_half() {
    let (server, objects) = bucket().await;
    for (fault, there) in [(Fault::NoAnswer, false), (Fault::DoneWithoutAnswer, true)] {
        server.fail(Method::PUT, 1, fault);
        let text = Bytes::from_static(b"text");
        assert!(objects.create("file", text.clone()).await.is_err());
        assert_eq!(server.names().len(), usize::from(there));
        assert_eq!(objects.create("file", text).await.unwrap(), !there);
        objects.remove("file").await.unwrap();
    }
    // Another one was putting it there, says the store, and then nobody had.
    server.fail(Method::PUT, 1, Fault::Status(409));
    let text = Bytes::from_static(b"text");
    assert!(objects.create("file", text.clone()).await.is_err());
    assert!(objects.create("file", text.clone()).await.unwrap());
    server.fail(Method::PUT, 1, Fault::Status(409));
    assert!(!objects.create("file", text).await.unwrap());
}

#[tokio::test]
async fn a_listing_that_begins_too_early_is_read_from_where_it_matters() {
    let (server, objects) = bucket().await;
    for n in 0..25 {
        let name = format!("one/{n:03}");
        assert!(objects.create(&name, Bytes::new()).await.unwrap());
    }
    for (after, next) in [("one/003", Some("one/004")), ("one/024", None)] {
        server.fail(Method::GET, 1, Fault::FromTheStart);
        let found = objects.next("one", after).await.unwrap();
        assert_eq!((found.as_deref(), server.failures_to_come()), (next, 0));
    }
}
