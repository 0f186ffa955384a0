//! Heads in a place of their own: a folder, or a bucket of a store that may be away.

use crate::forger::*;
use crate::harness::*;
use commands::audit::{AuditError, HeadSigner, SigningKey};
use commands::{Objects, S3};
use devstack::S3Server;
use devstack::s3::{self, Fault};
use hyper::Method;
use std::path::Path;
use std::time::Duration;

fn bucket(server: &S3Server) -> Objects {
    let s3 = S3 {
        bucket: s3::BUCKET.to_owned(),
        prefix: "heads".to_owned(),
        endpoint: Some(server.endpoint()),
        region: s3::REGION.to_owned(),
        virtual_hosted: false,
        access_key_id: s3::ACCESS_KEY_ID.into(),
        secret_access_key: s3::SECRET_ACCESS_KEY.into(),
        timeout: Duration::from_secs(5),
        retries: 0,
    };
    Objects::s3(&s3).unwrap()
}

async fn signer(signed: &Signed, objects: Objects) -> HeadSigner {
    let key = SigningKey::read(&signed.folder.path().join("head-a.key")).unwrap();
    let pool = signed.db.pool("relevo_relay").await;
    HeadSigner::new(pool, key, None).with_place(objects)
}

/// Every head of the bucket as a line, in the order of names.
fn lines(server: &S3Server) -> String {
    let file = |name: &String| server.file(name).unwrap().to_vec();
    let lines = server.names().iter().flat_map(file).collect();
    String::from_utf8(lines).unwrap()
}

fn heads_file(signed: &Signed) -> String {
    std::fs::read_to_string(signed.heads_file()).unwrap()
}

/// What `aws s3 cp --recursive` does.
fn copy(server: &S3Server, to: &Path) {
    for name in server.names() {
        let path = to.join(&name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, server.file(&name).unwrap()).unwrap();
    }
}

#[test]
fn each_head_is_a_file_of_its_own_and_a_folder_of_them_is_checked() {
    with_database(async |db| {
        let mut signed = Signed::new(db).await;
        let server = S3Server::start().await.unwrap();
        let folder = signed.folder.path().join("heads");
        let mut in_bucket = signer(&signed, bucket(&server)).await;
        let mut in_folder = signer(&signed, Objects::folder(&folder)).await;
        // Those that were signed before are brought there, and each that follows.
        assert_eq!(in_bucket.sign().await.unwrap(), None);
        signed.grow(2).await;
        in_bucket.sign().await.unwrap().unwrap();
        assert_eq!(in_folder.sign().await.unwrap(), None);
        signed.signer.sign().await.unwrap();
        assert_eq!(lines(&server), heads_file(&signed));
        let names = server.names();
        assert_eq!(names.len(), 4);
        let log_id: uuid::Uuid = sqlx::query_scalar("select log_id from log.identity")
            .fetch_one(&signed.db.admin)
            .await
            .unwrap();
        let begin = format!("heads/0000-{log_id}/00000000000000000012-");
        assert!(names[3].starts_with(&begin), "{names:?}");

        let copied = signed.folder.path().join("copied");
        copy(&server, &copied);
        for kept in [&folder, &copied] {
            let verified = signed.verify_with(1, Some(kept)).await.unwrap();
            assert_eq!(verified.heads, 4);
        }
        // The table's were taken away: the folder's show it.
        signed
            .forge("delete from log.events where position > 9; delete from log.heads")
            .await;
        signed.verify().await.unwrap();
        signed.verify_with(1, Some(&copied)).await.unwrap_err();
    });
}

#[test]
fn a_store_that_is_away_stops_no_signature_and_gets_what_it_missed() {
    with_database(async |db| {
        let mut signed = Signed::new(db).await;
        let server = S3Server::start().await.unwrap();
        let mut away = signer(&signed, bucket(&server)).await;
        for fault in [
            Fault::Status(503),
            Fault::NoAnswer,
            Fault::DoneWithoutAnswer,
        ] {
            for method in [Method::GET, Method::PUT] {
                server.fail(method, 99, fault);
            }
            signed.grow(1).await;
            away.sign().await.unwrap().unwrap();
            server.heal();
            // It goes on where it was; as does one that was started anew.
            signed.grow(1).await;
            away.sign().await.unwrap().unwrap();
            signed.signer.sign().await.unwrap();
            assert_eq!(lines(&server), heads_file(&signed));
            // Another signer's, that came to nothing, shows nothing of the log.
            server.fail(Method::PUT, 1, Fault::Status(409));
            signed.grow(1).await;
            away.sign().await.unwrap().unwrap();
            signed.grow(1).await;
            away.sign().await.unwrap().unwrap();
            signed.signer.sign().await.unwrap();
            assert_eq!(lines(&server), heads_file(&signed));
            away = signer(&signed, bucket(&server)).await;
        }
    });
}

#[test]
fn whatever_a_kill_left_of_the_copies_is_completed_in_order() {
    with_database(async |db| {
        let mut signed = Signed::new(db).await;
        for _ in 0..12 {
            signed.grow(1).await;
            signed.signer.sign().await.unwrap().unwrap();
        }
        let whole = heads_file(&signed);
        for kept in 0..=15 {
            let server = S3Server::start().await.unwrap();
            let mut before = signer(&signed, bucket(&server)).await;
            // So many are put there, and then every request fails, as after a kill.
            server.fail(Method::PUT, 99, Fault::NoAnswer);
            server.fail(Method::PUT, kept, Fault::Late(Duration::ZERO));
            assert_eq!(before.sign().await.unwrap(), None);
            assert_eq!(server.names().len(), kept.min(15));
            server.heal();
            let mut after = signer(&signed, bucket(&server)).await;
            assert_eq!(after.sign().await.unwrap(), None);
            assert_eq!(lines(&server), whole, "{kept}");
        }
    });
}

#[test]
fn a_place_that_knows_more_or_something_else_is_not_signed_against() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        let server = S3Server::start().await.unwrap();
        signer(&signed, bucket(&server)).await.sign().await.unwrap();
        let refused = async |added: &str| {
            server.put(added, "x");
            signed.grow(1).await;
            let error = signer(&signed, bucket(&server)).await.sign().await;
            let Err(AuditError::HeadsPlaceAhead { name }) = error else {
                panic!("{added}: {error:?}")
            };
            assert!(added.ends_with(&name), "{added}: {name}");
            server.remove(added);
        };
        let names = server.names();
        // A head behind the last one, another one at its position, and another log's.
        let later = names[2].replace("000010-", "000011-");
        refused(&later).await;
        let other = format!("heads/0000-{}/{:020}-00.json", uuid::Uuid::nil(), 1);
        server.put(&other, "x");
        let error = signer(&signed, bucket(&server)).await.sign().await;
        assert!(matches!(error, Err(AuditError::HeadsPlaceAhead { .. })));
        server.remove(&other);
        let content = server.file(&names[2]).unwrap();
        server.remove(&names[2]);
        let twin = format!("{}0000.json", names[2].split_at(names[2].len() - 9).0);
        refused(&twin).await;
        server.put(&names[2], content);
        // Nothing was signed meanwhile, and now it is.
        let mut signer = signer(&signed, bucket(&server)).await;
        assert_eq!(signer.sign().await.unwrap().unwrap().position, 12);
        assert_eq!(server.names().len(), 4);
    });
}

#[test]
fn heads_of_an_adopted_log_stay_and_the_next_ones_follow_them() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        let server = S3Server::start().await.unwrap();
        signer(&signed, bucket(&server)).await.sign().await.unwrap();
        // A backup from before the last head.
        signed
            .forge(
                "delete from log.events where position > 9; \
                 delete from log.heads where position > 9",
            )
            .await;
        let ahead = signer(&signed, bucket(&server)).await.sign().await;
        assert!(matches!(ahead, Err(AuditError::HeadsPlaceAhead { .. })));
        let (mut signed, adoption) = signed.adopt().await;
        signed.grow(1).await;
        let mut with_place = signer(&signed, bucket(&server)).await;
        with_place.sign().await.unwrap().unwrap();
        signed.signer.sign().await.unwrap();
        assert_eq!(lines(&server), heads_file(&signed));
        let names = server.names();
        assert!(names[2].contains(&adoption.log_id.to_string()), "{names:?}");
        assert!(names[3].starts_with("heads/0001-"), "{names:?}");
    });
}
