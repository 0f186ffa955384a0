//! When heads are made, by whom, and where they go.

use crate::forger::*;
use crate::harness::*;
use commands::audit::{AuditError, HeadSigner, Misfit, SigningKey};
use futures::future::join_all;
use sqlx::Executor as _;
use std::io::Write as _;

#[test]
fn a_head_is_signed_only_when_the_log_has_grown() {
    with_database(async |db| {
        let mut signed = Signed::new(db).await;
        assert_eq!(signed.signer.sign().await.unwrap(), None);
        signed.grow(1).await;
        let head = signed.signer.sign().await.unwrap().unwrap();
        assert_eq!(head.position, 11);
        assert!(signed.key().signed(&head));
    });
}

#[test]
fn an_empty_log_has_no_head() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::read(&key_file(folder.path(), "a", 0o600)).unwrap();
        let mut signer = HeadSigner::new(db.pool("relevo_relay").await, key, None);
        assert_eq!(signer.sign().await.unwrap(), None);
    });
}

#[test]
fn signers_at_once_make_one_line_of_heads() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        let pool = signed.db.pool("relevo_relay").await;
        for _ in 0..10 {
            signed.grow(1).await;
            let made = join_all((0..3).map(async |_| {
                let key = SigningKey::read(&signed.folder.path().join("head-a.key")).unwrap();
                let mut signer = HeadSigner::new(pool.clone(), key, None);
                signer.sign().await.unwrap()
            }))
            .await;
            assert_eq!(made.iter().flatten().count(), 1);
        }
        assert_eq!(signed.verify().await.unwrap().heads, 13);
    });
}

#[test]
fn a_changed_log_is_not_signed() {
    with_database(async |db| {
        let mut signed = Signed::new(db).await;
        signed
            .forge(
                "update log.events set payload = (payload::text || ' ')::json where position = 10",
            )
            .await;
        signed.recompute().await;
        signed.grow(1).await;
        let refused = signed.signer.sign().await.unwrap_err();
        assert!(matches!(
            refused,
            AuditError::Misfit(Misfit::Recomputed { bad: 10, .. })
        ));
        signed
            .forge("delete from log.events where position > 9")
            .await;
        let refused = signed.signer.sign().await.unwrap_err();
        assert!(matches!(
            refused,
            AuditError::Misfit(Misfit::Shorter { end: 9, head: 10 })
        ));
    });
}

#[test]
fn the_file_gets_what_it_missed_and_a_torn_line_again() {
    with_database(async |db| {
        let mut signed = Signed::new(db).await;
        let path = signed.heads_file();
        let whole = std::fs::read_to_string(&path).unwrap();
        assert_eq!(whole.lines().count(), 3);
        let key = || SigningKey::read(&signed.folder.path().join("head-a.key")).unwrap();
        let pool = signed.db.pool("relevo_relay").await;
        // Lost altogether; and cut off in the middle of its last line.
        for left in [0, whole.len() - 40] {
            std::fs::write(&path, &whole[..left]).unwrap();
            let mut signer = HeadSigner::new(pool.clone(), key(), Some(&path));
            assert_eq!(signer.sign().await.unwrap(), None);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), whole);
        }
        // Signed by another one that has no file.
        signed.grow(1).await;
        let mut other = HeadSigner::new(pool, key(), None);
        other.sign().await.unwrap().unwrap();
        signed.signer.sign().await.unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 4);
        assert_eq!(signed.verify_with(1, Some(&path)).await.unwrap().heads, 4);
        // Whatever else stands in it is no head.
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap();
        writeln!(file, "{{}}").unwrap();
        assert!(matches!(
            signed.misfit_with_file().await,
            Misfit::Line { line: 5, .. }
        ));
    });
}

#[test]
fn a_signing_key_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [0o640, 0o604, 0o660] {
        let error = SigningKey::read(&key_file(folder.path(), "a", mode)).unwrap_err();
        assert!(
            matches!(error, AuditError::KeyOpenToOthers { .. }),
            "{mode:o}"
        );
    }
    let torn = key_file(folder.path(), "a", 0o600);
    std::fs::write(&torn, "ab\n").unwrap();
    let error = SigningKey::read(&torn).unwrap_err();
    assert!(matches!(error, AuditError::KeyMalformed { .. }));
    let missing = SigningKey::read(&folder.path().join("none")).unwrap_err();
    assert!(matches!(missing, AuditError::File { .. }));
}

#[test]
fn the_key_is_that_of_rfc_8032() {
    // The first test vector of section 7.1.
    let folder = tempfile::tempdir().unwrap();
    let path = key_file(folder.path(), "a", 0o600);
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    std::fs::write(&path, seed).unwrap();
    assert_eq!(
        SigningKey::read(&path).unwrap().public().to_string(),
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    );
}

#[test]
fn no_role_changes_or_removes_a_head_and_only_the_relay_adds_one() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        let mut roles = vec!["postgres", "relevo_log_owner"];
        roles.extend(commands::SERVICE_ROLES);
        for role in roles {
            for statement in [
                "update log.heads set position = 1 where false",
                "delete from log.heads",
                "truncate log.heads",
            ] {
                let mut transaction = signed.db.admin.begin().await.unwrap();
                let set_role = format!("set local role {role}");
                transaction.execute(set_role.as_str()).await.unwrap();
                let refused = transaction.execute(statement).await.unwrap_err();
                let code = refused.as_database_error().unwrap().code().unwrap();
                assert!(code == "RL003" || code == "42501", "{role}: {code}");
            }
        }
        for role in commands::SERVICE_ROLES {
            let pool = signed.db.pool(role).await;
            let insert = "insert into log.heads select * from log.heads on conflict do nothing";
            let added = pool.execute(insert).await;
            assert_eq!(added.is_ok(), role == "relevo_relay", "{role}");
        }
    });
}
