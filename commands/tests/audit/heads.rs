//! Heads that are forged, foreign, missing or twice.

use crate::forger::*;
use crate::harness::*;
use commands::audit::{AuditError, Entries, HeadSigner, Misfit, PublicKey, SigningKey, verify};

#[test]
fn a_forged_head_shows() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        for change in [
            "signature = sha256(signature) || sha256(chain)",
            "signed_at = signed_at + interval '1 microsecond'",
            "chain = sha256(chain)",
        ] {
            let before = "create table kept as select * from log.heads";
            signed.forge(before).await;
            let change = format!("update log.heads set {change} where position = 8");
            signed.forge(&change).await;
            assert_eq!(signed.misfit().await, Misfit::Signature(8), "{change}");
            // The true one is in the file.
            assert!(matches!(
                signed.misfit_with_file().await,
                Misfit::Signature(8)
            ));
            signed
                .forge(
                    "delete from log.heads; insert into log.heads select * from kept; \
                     drop table kept",
                )
                .await;
        }
        assert_eq!(signed.verify().await.unwrap().heads, 3);
    });
}

#[test]
fn a_foreign_key_shows_also_under_a_known_id() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        let foreign = SigningKey::read(&key_file(signed.folder.path(), "b", 0o600)).unwrap();
        let (id, foreign_id) = (signed.key().id(), foreign.public().id());
        signed.grow(1).await;
        let pool = signed.db.pool("relevo_relay").await;
        let mut forger = HeadSigner::new(pool, foreign, None);
        let head = forger.sign().await.unwrap().unwrap();
        assert_eq!(head.key_id, foreign_id);
        let unknown = Misfit::UnknownKey {
            position: 11,
            key_id: foreign_id,
        };
        assert_eq!(signed.misfit().await, unknown);
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        signed
            .forge(&format!(
                "update log.heads set key_id = '\\x{id}' where position = 11"
            ))
            .await;
        assert_eq!(signed.misfit().await, Misfit::Signature(11));
    });
}

#[test]
fn a_log_whose_key_was_exchanged_is_checked_with_both() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        let key = SigningKey::read(&key_file(signed.folder.path(), "b", 0o600)).unwrap();
        let keys = signed.folder.path().join("keys.txt");
        let text = format!("{} old\n\n{} new\n", signed.key(), key.public());
        std::fs::write(&keys, text).unwrap();
        signed.grow(1).await;
        let pool = signed.db.pool("relevo_relay").await;
        HeadSigner::new(pool.clone(), key, None)
            .sign()
            .await
            .unwrap();
        let keys = PublicKey::parse(keys.to_str().unwrap()).unwrap();
        let entries = Entries::of_database(pool, 1, None).await.unwrap();
        let verified = verify(entries, &keys, |_| {}).await.unwrap();
        assert_eq!((verified.heads, verified.to), (4, 11));
    });
}

#[test]
fn a_head_of_another_log_shows() {
    with_database(async |db| {
        let other = Signed::new(db).await;
        with_other(other).await;
    });
}

async fn with_other(other: Signed) {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let file = other.heads_file();
    std::thread::spawn(move || {
        with_database(async |db| {
            let signed = Signed::new(db).await;
            // Instead of its own heads, and beside them.
            let beside = misfit(signed.verify_with(1, Some(&file)).await);
            signed.forge("delete from log.heads").await;
            let instead = misfit(signed.verify_with(1, Some(&file)).await);
            sender.send((beside, instead)).unwrap();
        });
    });
    let (beside, instead) = receiver.await.unwrap();
    assert_eq!(beside, Misfit::TwoHeads(4));
    assert!(matches!(instead, Misfit::OtherLog { position: 4, .. }));
}

#[test]
fn a_missing_head_shows() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        signed
            .forge("delete from log.heads where position = 8")
            .await;
        let missing = Misfit::Link {
            position: 10,
            previous: Some(4),
        };
        assert_eq!(signed.misfit().await, missing);
        // The file has it.
        let file = signed.heads_file();
        assert_eq!(signed.verify_with(1, Some(&file)).await.unwrap().heads, 3);
        signed
            .forge("delete from log.heads where position = 4")
            .await;
        let first = Misfit::Link {
            position: 10,
            previous: None,
        };
        assert_eq!(signed.misfit().await, first);
    });
}

#[test]
fn two_heads_for_one_position_show() {
    with_database(async |db| {
        let mut signed = Signed::new(db).await;
        // Gone, and signed again by one who doesn't look into the file.
        signed
            .forge("delete from log.heads where position = 10")
            .await;
        let ahead = signed.signer.sign().await.unwrap_err();
        assert!(matches!(
            ahead,
            AuditError::HeadsFileAhead { position: 10, .. }
        ));
        let key = SigningKey::read(&signed.folder.path().join("head-a.key")).unwrap();
        let pool = signed.db.pool("relevo_relay").await;
        HeadSigner::new(pool, key, None)
            .sign()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(signed.verify().await.unwrap().heads, 3);
        assert_eq!(signed.misfit_with_file().await, Misfit::TwoHeads(10));
    });
}

#[test]
fn heads_without_a_key_are_no_result() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        let pool = signed.db.pool("relevo_relay").await;
        let entries = Entries::of_database(pool, 1, None).await.unwrap();
        let error = verify(entries, &[], |_| {}).await.unwrap_err();
        assert!(matches!(error, AuditError::NoKey));
    });
}
