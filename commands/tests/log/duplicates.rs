//! A command is known by its id.

use crate::harness::*;
use commands::{CommandId, ExecuteError};
use domain::UserId;
use domain::task::{Task, TaskCommand};
use futures::future::join_all;
use uuid::Uuid;

#[test]
fn a_repeated_command_gets_its_first_result() {
    with_database(async |db| {
        let bus = db.bus().await;
        let id = running_task(&bus).await;
        let same = context().with_body_hash("h");
        let first = bus.execute::<Task>(&id, step("once"), &same).await.unwrap();
        run(&bus, &id, step("later")).await;
        // From the kept state, from another process, and when it would be refused by now.
        run(&bus, &id, TaskCommand::CancelTask).await;
        for bus in [bus.clone(), db.bus().await] {
            let again = bus.execute::<Task>(&id, step("once"), &same).await.unwrap();
            assert!(again.repeated);
            assert_eq!(again.events, first.events);
            assert_eq!(
                (again.sequence, again.position),
                (first.sequence, first.position)
            );
        }
        assert_eq!(bus.log().head().await.unwrap().position, 5);
    });
}

#[test]
fn a_command_repeated_at_the_same_instant_is_executed_once() {
    with_database(async |db| {
        let buses = [db.bus().await, db.bus().await];
        let id = running_task(&buses[0]).await;
        let same = context();
        let tries = (0..40).map(|n| {
            let (bus, id, same) = (buses[n % 2].clone(), id.clone(), same.clone());
            tokio::spawn(async move { bus.execute::<Task>(&id, step("once"), &same).await })
        });
        let results: Vec<_> = join_all(tries)
            .await
            .into_iter()
            .map(|r| r.unwrap().unwrap())
            .collect();
        assert_eq!(results.iter().filter(|r| !r.repeated).count(), 1);
        assert!(results.iter().all(|r| r.events == results[0].events));
        assert_eq!(buses[0].log().head().await.unwrap().position, 3);
    });
}

#[test]
fn the_same_id_with_another_body_or_command_is_refused() {
    with_database(async |db| {
        let bus = db.bus().await;
        let id = running_task(&bus).await;
        let user = UserId(Uuid::now_v7());
        let key = CommandId::from_key(user, "key");
        assert_ne!(key, CommandId::from_key(UserId(Uuid::now_v7()), "key"));
        let context = context().with_command_id(key).with_body_hash("one");
        bus.execute::<Task>(&id, step("one"), &context)
            .await
            .unwrap();
        let other_body = context.clone().with_body_hash("two");
        for (command, context) in [
            (step("two"), &other_body),
            (TaskCommand::PauseTask, &context),
        ] {
            let result = bus.execute::<Task>(&id, command, context).await;
            assert!(matches!(result, Err(ExecuteError::IdReused)), "{result:?}");
        }
        assert_eq!(bus.log().head().await.unwrap().position, 3);
    });
}

#[test]
fn derived_ids_do_not_mix_up_their_parts() {
    assert_ne!(
        CommandId::derived(&["ab", "c"]),
        CommandId::derived(&["a", "bc"])
    );
    assert_eq!(CommandId::derived(&["a"]), CommandId::derived(&["a"]));
}
