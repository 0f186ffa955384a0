//! The executor over a store.

use crate::harness::{context, run, running_task, step};
use crate::world::*;
use commands::ExecuteError;
use domain::task::{Status, Task, TaskCommand, TaskEvent};
use futures::future::join_all;

pub async fn a_repeated_command_gets_its_first_result(world: &World) {
    let bus = world.bus().await;
    let id = running_task(&bus).await;
    let same = context().with_body_hash("h");
    let first = bus.execute::<Task>(&id, step("once"), &same).await.unwrap();
    assert!(!first.repeated);
    run(&bus, &id, step("later")).await;
    run(&bus, &id, TaskCommand::CancelTask).await;
    for bus in [bus.clone(), world.bus().await] {
        let again = bus.execute::<Task>(&id, step("once"), &same).await.unwrap();
        assert!(again.repeated);
        assert_eq!(again.events, first.events);
        assert_eq!(
            (again.sequence, again.position),
            (first.sequence, first.position)
        );
    }
    assert_eq!(bus.history::<Task>(&id).await.unwrap().len(), 5);
}

pub async fn a_command_repeated_at_the_same_instant_is_executed_once(world: &World) {
    let buses = [world.bus().await, world.bus().await, world.bus().await];
    let id = running_task(&buses[0]).await;
    let same = context();
    let tries = (0..30).map(|number| {
        let (bus, id, same) = (buses[number % 3].clone(), id.clone(), same.clone());
        tokio::spawn(async move { bus.execute::<Task>(&id, step("once"), &same).await })
    });
    let tried = join_all(tries).await;
    let results: Vec<_> = tried.into_iter().map(|r| r.unwrap().unwrap()).collect();
    assert_eq!(results.iter().filter(|r| !r.repeated).count(), 1);
    assert!(results.iter().all(|r| r.events == results[0].events));
    assert_eq!(buses[0].history::<Task>(&id).await.unwrap().len(), 3);
}

pub async fn two_processes_race_and_nothing_is_lost(world: &World) {
    let buses = [world.bus().await, world.bus().await];
    let id = running_task(&buses[0]).await;
    let writers = (0..20).map(|number| {
        let (bus, id) = (buses[number % 2].clone(), id.clone());
        tokio::spawn(async move {
            let same = context();
            loop {
                let done = bus
                    .execute::<Task>(&id, step(number.to_string()), &same)
                    .await;
                match done {
                    Ok(executed) => return executed.sequence,
                    Err(ExecuteError::Conflict | ExecuteError::Busy(_)) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        })
    });
    let done = join_all(writers).await;
    let mut sequences: Vec<u64> = done.into_iter().map(|s| s.unwrap()).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (3..23).collect::<Vec<u64>>());
    let history = buses[1].history::<Task>(&id).await.unwrap();
    let mut contents: Vec<usize> = history
        .into_iter()
        .filter_map(|recorded| match recorded.event {
            TaskEvent::StepRecorded { step, .. } => step.content?.parse().ok(),
            _ => None,
        })
        .collect();
    contents.sort_unstable();
    assert_eq!(contents, (0..20).collect::<Vec<usize>>());
}

pub async fn another_body_under_the_same_id_is_refused(world: &World) {
    let bus = world.bus().await;
    let id = running_task(&bus).await;
    let one = context().with_body_hash("one");
    bus.execute::<Task>(&id, step("one"), &one).await.unwrap();
    let two = one.clone().with_body_hash("two");
    for (command, context) in [(step("two"), &two), (TaskCommand::PauseTask, &one)] {
        for bus in [bus.clone(), world.bus().await] {
            let result = bus.execute::<Task>(&id, command.clone(), context).await;
            assert!(matches!(result, Err(ExecuteError::IdReused)), "{result:?}");
        }
    }
    assert_eq!(bus.history::<Task>(&id).await.unwrap().len(), 3);
}

pub async fn a_loaded_aggregate_is_what_its_events_say(world: &World) {
    let bus = world.bus().await;
    assert!(bus.load::<Task>(&new_id()).await.unwrap().is_none());
    let id = running_task(&bus).await;
    let cancelled = run(&bus, &id, TaskCommand::CancelTask).await;
    let other = world.bus().await;
    let loaded = other.load::<Task>(&id).await.unwrap().unwrap();
    assert_eq!((loaded.sequence, loaded.position), (3, cancelled.position));
    assert_eq!(loaded.state.status, Status::Failed);
    // A refusal is confirmed on the newest events, whoever appended them.
    let refused = bus
        .execute::<Task>(&id, TaskCommand::PauseTask, &context())
        .await;
    assert!(
        matches!(refused, Err(ExecuteError::Refused(_))),
        "{refused:?}"
    );
    assert!(*bus.appended().borrow() >= cancelled.position);
}
