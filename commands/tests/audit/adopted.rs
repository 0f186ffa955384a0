//! A log that got another id: what still holds, what shows.

use crate::forger::*;
use crate::harness::*;
use commands::EventLog;
use commands::audit::{
    AdoptError, AuditError, Entries, History, Misfit, SignedHead, Verified, adopt, verify,
};
use sqlx::Executor as _;
use std::path::Path;
use uuid::Uuid;

async fn of_file(
    signed: &Signed,
    heads: Option<&Path>,
    accepted: &[Uuid],
) -> Result<Verified, AuditError> {
    let file = signed.folder.path().join("log.jsonl");
    let pool = signed.db.pool("relevo_relay").await;
    let entries = Entries::of_database(pool, 1, None).await.unwrap();
    let mut bytes = Vec::new();
    entries.export(&mut bytes).await.unwrap();
    std::fs::write(&file, bytes).unwrap();
    let entries = Entries::of_file(&file, heads).await?;
    verify(entries.accepting_losses(accepted), &[signed.key()], |_| {}).await
}

async fn of_database(signed: &Signed, accepted: &[Uuid]) -> Result<Verified, AuditError> {
    let pool = signed.db.pool("relevo_relay").await;
    let entries = Entries::of_database(pool, 1, Some(&signed.heads_file())).await?;
    verify(entries.accepting_losses(accepted), &[signed.key()], |_| {}).await
}

fn heads_in_file(signed: &Signed) -> Vec<SignedHead> {
    let text = std::fs::read_to_string(signed.heads_file()).unwrap();
    let line = |line: &str| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("kind");
        serde_json::from_value(line).unwrap()
    };
    text.lines().map(line).collect()
}

/// As a restore from a dump that was made at position 8.
const PUT_BACK: &str = "delete from log.events where position > 8; \
                        delete from log.heads where position > 8";

#[test]
fn an_adopted_log_holds_before_and_after_its_adoption() {
    with_database(async |db| {
        let (mut signed, adoption) = Signed::new(db).await.adopt().await;
        assert_eq!(adoption.position, 10);
        assert_eq!(
            signed.verify().await.unwrap().adoptions,
            vec![adoption.clone()]
        );
        // The signer tells of it before the log grows.
        let announced = signed.signer.sign().await.unwrap().unwrap();
        assert_eq!(announced.log_id, adoption.successor);
        assert_eq!(announced.position, 10);
        assert_eq!(announced.previous, adoption.hash());
        assert_eq!(signed.signer.sign().await.unwrap(), None);
        signed.grow(4).await;
        signed.signer.sign().await.unwrap().unwrap();
        signed.grow(1).await;

        let history = History::read(&signed.db.admin).await.unwrap();
        for event in signed.bus.log().read_after(0, 100).await.unwrap() {
            assert!(event.hashes_hold(history.id_at(event.position)));
            let under_old = event.position <= 10;
            assert_eq!(event.hashes_hold(adoption.log_id), under_old);
        }
        let verified = signed.verify().await.unwrap();
        assert_eq!((verified.to, verified.heads), (15, 5));
        assert_eq!(verified.log_id, adoption.successor);
        for from in [2, 10, 11, 12, 15] {
            assert_eq!(signed.verify_with(from, None).await.unwrap().to, 15);
        }
        assert_eq!(heads_in_file(&signed).len(), 5);
        let heads = signed.heads_file();
        assert_eq!(of_database(&signed, &[]).await.unwrap(), verified);
        assert_eq!(of_file(&signed, Some(&heads), &[]).await.unwrap(), verified);
    });
}

#[test]
fn a_log_is_adopted_again_also_where_nothing_was_added_or_signed() {
    with_database(async |db| {
        let (signed, first) = Signed::new(db).await.adopt().await;
        let (mut signed, second) = signed.adopt().await;
        assert_eq!(second.previous, first.hash());
        signed.grow(1).await;
        signed.signer.sign().await.unwrap().unwrap();
        let (mut signed, third) = signed.adopt().await;
        assert_eq!((third.position, third.log_id), (11, second.successor));
        signed.grow(1).await;
        signed.signer.sign().await.unwrap().unwrap();
        let verified = of_database(&signed, &[]).await.unwrap();
        assert_eq!((verified.to, verified.heads), (12, 5));
        assert_eq!(verified.adoptions, vec![first, second, third]);
        assert_eq!(of_file(&signed, None, &[]).await.unwrap(), verified);
    });
}

#[test]
fn heads_behind_an_adopted_end_are_lost_events_until_they_are_accepted() {
    with_database(async |db| {
        let mut signed = Signed::new(db).await;
        signed.forge(PUT_BACK).await;
        // Nobody goes on silently.
        let ahead = signed.signer.sign().await.unwrap_err();
        assert!(ahead.to_string().contains("relevo log adopt"), "{ahead}");
        assert_eq!(
            signed.misfit_with_file().await,
            Misfit::Shorter { end: 8, head: 10 }
        );

        let (mut signed, adoption) = signed.adopt().await;
        let log_id = adoption.log_id;
        let lost = Misfit::Lost {
            log_id,
            end: 8,
            head: 10,
        };
        assert_eq!(signed.misfit_with_file().await, lost);
        signed.grow(4).await;
        signed.signer.sign().await.unwrap().unwrap();
        assert_eq!(signed.misfit_with_file().await, lost);
        let heads = signed.heads_file();
        assert_eq!(misfit(of_file(&signed, Some(&heads), &[]).await), lost);
        // Another log's loss is not this one's.
        let other = misfit(of_database(&signed, &[adoption.successor]).await);
        assert_eq!(other, lost);

        let verified = of_database(&signed, &[log_id]).await.unwrap();
        assert_eq!((verified.to, verified.heads), (12, 3));
        let [lost] = &verified.lost[..] else {
            panic!("one loss")
        };
        assert_eq!((lost.end, lost.head), (8, 10));
        assert_eq!(
            of_file(&signed, Some(&heads), &[log_id]).await.unwrap(),
            verified
        );
        let positions: Vec<u64> = heads_in_file(&signed).iter().map(|h| h.position).collect();
        assert_eq!(positions, [4, 8, 10, 12]);
        // Who keeps no heads apart sees no loss.
        assert_eq!(signed.verify().await.unwrap().lost, vec![]);
    });
}

#[test]
fn a_head_that_only_the_file_kept_still_counts() {
    with_database(async |db| {
        let signed = Signed::new(db).await;
        // The dump was made behind the event at 8 and before its head.
        signed
            .forge("delete from log.events where position > 8; delete from log.heads where position > 4")
            .await;
        let (mut signed, adoption) = signed.adopt().await;
        signed.grow(1).await;
        signed.signer.sign().await.unwrap().unwrap();
        let verified = of_database(&signed, &[adoption.log_id]).await.unwrap();
        assert_eq!((verified.to, verified.heads), (9, 3));
        // It holds what it says.
        signed
            .forge(
                "update log.events set payload = (payload::text || ' ')::json where position = 8",
            )
            .await;
        assert!(matches!(signed.misfit_with_file().await, Misfit::Leaf(_)));
    });
}

#[test]
fn a_forged_adoption_shows() {
    with_database(async |db| {
        let (mut signed, adoption) = Signed::new(db).await.adopt().await;
        signed.grow(2).await;
        signed.signer.sign().await.unwrap().unwrap();
        signed
            .forge(
                "create table kept as select * from log.adoptions; \
                 create table kept_id as select * from log.identity",
            )
            .await;
        for change in [
            "update log.adoptions set position = 9",
            "update log.adoptions set position = 11",
            "update log.adoptions set chain = sha256(chain)",
            "update log.adoptions set previous = sha256(previous)",
            "update log.adoptions set adopted_at = adopted_at + interval '1 microsecond'",
            "update log.adoptions set adopted_at = adopted_at - interval '1 day'",
            "update log.adoptions set log_id = gen_random_uuid()",
            "update log.adoptions set successor = gen_random_uuid()",
            "delete from log.adoptions",
            "update log.identity set log_id = gen_random_uuid()",
            // A further one that nobody announced, with its end before the real one's.
            "update log.identity set log_id = gen_random_uuid(); insert into log.adoptions \
             select 2, a.successor, i.log_id, 10, a.chain, a.adopted_at, a.previous \
             from log.adoptions a, log.identity i",
        ] {
            signed.forge(change).await;
            let misfit = signed.misfit().await;
            let file = of_file(&signed, None, &[]).await;
            assert!(
                matches!(file, Err(AuditError::Misfit(_))),
                "{change}: {misfit}"
            );
            signed
                .forge(
                    "delete from log.adoptions; insert into log.adoptions select * from kept; \
                     delete from log.identity; insert into log.identity select * from kept_id",
                )
                .await;
        }
        assert_eq!(signed.verify().await.unwrap().adoptions, vec![adoption]);
    });
}

#[test]
fn an_id_is_renewed_by_an_adoption_only() {
    with_database(async |db| {
        let statements = [
            "update log.identity set log_id = gen_random_uuid()",
            "delete from log.identity",
            "truncate log.identity",
        ];
        for statement in statements {
            let refused = db.admin.execute(statement).await.unwrap_err();
            let code = refused.as_database_error().unwrap().code().unwrap();
            assert_eq!(code, "RL003", "{statement}");
        }
        // An empty log may be adopted, too.
        let before = History::read(&db.admin).await.unwrap();
        let adoption = adopt(&db.admin, 0).await.unwrap();
        assert_eq!((adoption.log_id, adoption.position), (before.log_id, 0));
        running_task(&db.bus().await).await;
        let pool = db.pool("relevo_relay").await;
        let entries = Entries::of_database(pool, 1, None).await.unwrap();
        assert_eq!(verify(entries, &[], |_| {}).await.unwrap().to, 2);
    });
}

#[test]
fn a_log_in_use_or_another_than_was_shown_is_not_adopted() {
    with_database(async |db| {
        let before = History::read(&db.admin).await.unwrap();
        let moved = adopt(&db.admin, 3).await.unwrap_err();
        let AdoptError::Moved {
            expected: 3,
            found: 0,
        } = moved
        else {
            panic!("{moved:?}")
        };
        let pool = db.pool("relevo_agent").await;
        let refused = adopt(&db.admin, 0).await.unwrap_err();
        assert!(refused.to_string().contains("relevo_agent"), "{refused}");
        // A service's role may not, whatever it calls.
        assert!(adopt(&pool, 0).await.is_err());
        let log = EventLog::from_pool(db.admin.clone());
        assert_eq!(log.log_id().await.unwrap(), before.log_id);
    });
}
