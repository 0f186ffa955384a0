//! Nobody changes the log, and it would show.

use crate::harness::*;
use commands::DecodeError;
use commands::log::{GENESIS_CHAIN, chain_hash};
use futures::future::join_all;
use sqlx::Executor as _;

#[test]
fn the_chain_computed_again_is_the_chain_stored() {
    with_database(async |db| {
        let (one, two) = (db.bus().await, db.bus().await);
        join_all((0..60).map(|n| {
            let bus = if n % 2 == 0 { &one } else { &two };
            async move {
                let id = running_task(bus).await;
                run(bus, &id, step("ñ \" \\ \n {}")).await;
            }
        }))
        .await;
        let log = one.log();
        let log_id = log.log_id().await.unwrap();
        let mut chain = GENESIS_CHAIN;
        let mut position = 0;
        // In pages, so that a page's first event gets its predecessor's chain, too.
        loop {
            let page = log.read_after(position, 7).await.unwrap();
            let Some(last) = page.last() else { break };
            position = last.position;
            for event in &page {
                assert!(event.hashes_hold(log_id));
                assert_eq!(event.previous_chain, chain);
                chain = chain_hash(&chain, event.position, event.recorded_at, &event.leaf);
                assert_eq!(event.chain, chain);
                assert_eq!(log.at(event.position).await.unwrap().as_ref(), Some(event));
            }
        }
        assert_eq!(position, 180);
        assert_eq!(log.head().await.unwrap().chain, chain);
    });
}

#[test]
fn no_role_changes_or_removes_an_event() {
    with_database(async |db| {
        let bus = db.bus().await;
        running_task(&bus).await;
        let mut roles = vec!["postgres", "relevo_log_owner"];
        roles.extend(commands::SERVICE_ROLES);
        for role in roles {
            for statement in [
                "update log.events set payload = '{}'",
                "update log.events set payload = '{}' where false",
                "delete from log.events",
                "truncate log.events",
            ] {
                let mut transaction = db.admin.begin().await.unwrap();
                let set_role = format!("set local role {role}");
                transaction.execute(set_role.as_str()).await.unwrap();
                let refused = transaction.execute(statement).await.unwrap_err();
                let code = refused.as_database_error().unwrap().code().unwrap();
                assert!(
                    code == "RL003" || code == "42501",
                    "{role}: {statement}: {code}"
                );
            }
        }
        for role in commands::SERVICE_ROLES {
            let pool = db.pool(role).await;
            let insert = "insert into log.events select * from log.events";
            assert!(pool.execute(insert).await.is_err(), "{role}");
            let trigger = "alter table log.events disable trigger all";
            assert!(pool.execute(trigger).await.is_err(), "{role}");
        }
        assert_eq!(bus.log().head().await.unwrap().position, 2);
    });
}

#[test]
fn the_function_refuses_another_isolation_than_read_committed() {
    with_database(async |db| {
        let pool = db.pool("relevo_api").await;
        let mut transaction = pool.begin().await.unwrap();
        transaction
            .execute("set transaction isolation level repeatable read")
            .await
            .unwrap();
        let refused = transaction
            .execute(
                "select log.append((select log_id from log.identity), 'on', '{}', '{}', '{}', \
                 '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
            )
            .await
            .unwrap_err();
        assert_eq!(
            refused.as_database_error().unwrap().code().unwrap(),
            "RL002"
        );
    });
}

#[test]
fn a_renewed_log_id_is_noticed_by_running_writers() {
    with_database(async |db| {
        let bus = db.bus().await;
        let id = running_task(&bus).await;
        db.admin
            .execute(
                "alter table log.identity disable trigger all; \
                 update log.identity set log_id = gen_random_uuid(); \
                 alter table log.identity enable trigger all",
            )
            .await
            .unwrap();
        run(&bus, &id, step("under the new id")).await;
        let log_id = bus.log().log_id().await.unwrap();
        let event = bus.log().at(3).await.unwrap().unwrap();
        assert!(event.hashes_hold(log_id));
    });
}

#[test]
fn a_newer_version_is_an_error_of_its_own() {
    with_database(async |db| {
        let bus = db.bus().await;
        running_task(&bus).await;
        let mut event = bus.log().at(1).await.unwrap().unwrap();
        assert!(event.account_event().is_err());
        event.event_version = "2".to_owned();
        assert!(matches!(
            event.task_event(),
            Err(DecodeError::NewerVersion {
                version: 2,
                known: 1,
                ..
            })
        ));
        event.event_version = "1".to_owned();
        event.event_type = "TaskForgotten".to_owned();
        event.payload = r#"{"TaskForgotten":{}}"#.to_owned();
        assert!(matches!(
            event.task_event(),
            Err(DecodeError::UnknownType { .. })
        ));
    });
}

#[test]
fn migrating_again_changes_nothing() {
    with_database(async |db| {
        let bus = db.bus().await;
        let before = bus.log().log_id().await.unwrap();
        for _ in 0..2 {
            commands::migrate(&db.admin, PASSWORD).await.unwrap();
        }
        assert_eq!(bus.log().log_id().await.unwrap(), before);
    });
}
