//! Order, verdicts and neighbours.

use crate::harness::*;
use commands::{CommandBus, CommandId, Context, ExecuteError, LogConfig, LogError};
use domain::task::{Status, Task, TaskCommand, TaskError, TaskEvent};
use futures::future::join_all;
use std::collections::BTreeSet;

#[test]
fn a_command_answers_its_events_with_their_places() {
    with_database(async |db| {
        let bus = db.bus().await;
        let id = task_id().to_string();
        let first = run(&bus, &id, TaskCommand::SubmitTask(submission("k"))).await;
        assert_eq!((first.sequence, first.position), (1, 1));
        assert!(!first.repeated);
        assert_eq!(first.state.status, Status::Pending);
        let [recorded] = &first.events[..] else {
            panic!("one event")
        };
        assert!(matches!(recorded.event, TaskEvent::TaskSubmitted(_)));
        let stored = bus.log().at(1).await.unwrap().unwrap();
        assert_eq!(stored.event_id, recorded.event_id);
        assert_eq!(stored.recorded_at, recorded.recorded_at);
        assert_eq!(stored.task_event().unwrap(), recorded.event);

        let loaded = bus.load::<Task>(&id).await.unwrap().unwrap();
        assert_eq!(loaded.state, *first.state);
        assert_eq!((loaded.sequence, loaded.position), (1, 1));
        assert!(bus.load::<Task>("nobody").await.unwrap().is_none());
    });
}

#[test]
fn hundreds_of_writers_on_one_task_all_get_their_turn() {
    with_database(async |db| {
        let bus = db.bus().await;
        let id = running_task(&bus).await;
        let writers = (0..300).map(|n| {
            let (bus, id) = (bus.clone(), id.clone());
            tokio::spawn(async move { run(&bus, &id, step(n.to_string())).await.sequence })
        });
        let sequences: BTreeSet<u64> = join_all(writers)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(sequences, (3..=302).collect());
        let history = bus.history::<Task>(&id).await.unwrap();
        assert_eq!(history.len(), 302);
    });
}

#[test]
fn hundreds_of_writers_on_many_tasks_leave_no_gap() {
    with_database(async |db| {
        let bus = db.bus().await;
        let writers = (0..300).map(|n| {
            let bus = bus.clone();
            tokio::spawn(async move {
                let id = running_task(&bus).await;
                for m in 0..4 {
                    run(&bus, &id, step(format!("{n}.{m}"))).await;
                }
            })
        });
        for writer in join_all(writers).await {
            writer.unwrap();
        }
        let events = bus.log().read_after(0, 10_000).await.unwrap();
        let positions: Vec<u64> = events.iter().map(|e| e.position).collect();
        assert_eq!(positions, (1..=1800).collect::<Vec<_>>());
        assert!(events.is_sorted_by_key(|e| e.recorded_at));
        assert_eq!(bus.log().head().await.unwrap().position, 1800);
    });
}

#[test]
fn two_processes_on_one_log_interleave_without_gaps() {
    with_database(async |db| {
        let (one, two) = (db.bus().await, db.bus_as("relevo_agent").await);
        let id = running_task(&one).await;
        let writers = (0..200).map(|n| {
            let bus = if n % 2 == 0 { one.clone() } else { two.clone() };
            let id = id.clone();
            tokio::spawn(async move {
                // Who has lost too often in a row is told so and asks again, as a client does.
                while let Err(error) = bus
                    .execute::<Task>(&id, step(format!("shared {n}")), &context())
                    .await
                {
                    assert!(matches!(error, ExecuteError::Conflict), "{error:?}");
                }
                let own = running_task(&bus).await;
                run(&bus, &own, step(format!("own {n}"))).await;
            })
        });
        for writer in join_all(writers).await {
            writer.unwrap();
        }
        let events = one.log().read_after(0, 10_000).await.unwrap();
        let positions: Vec<u64> = events.iter().map(|e| e.position).collect();
        assert_eq!(positions, (1..=802).collect::<Vec<_>>());
        let of_shared: Vec<u64> = events
            .iter()
            .filter(|e| e.aggregate_id == id)
            .map(|e| e.sequence)
            .collect();
        assert_eq!(of_shared, (1..=202).collect::<Vec<_>>());
    });
}

#[test]
fn an_event_that_cannot_be_stored_spoils_no_neighbour() {
    with_database(async |db| {
        let bus = db.bus().await;
        let bad = ["x".repeat(70_000), "a\0b".to_owned()];
        let ids = join_all((0..100).map(|_| running_task(&bus))).await;
        let before = bus.log().head().await.unwrap().position;
        let writers = ids.iter().enumerate().map(|(n, id)| {
            let text = match n {
                13 => bad[0].clone(),
                57 => bad[1].clone(),
                // A backslash before "u0000" is text like any other.
                _ => format!("fine \\u0000 {n}"),
            };
            let bus = bus.clone();
            async move { bus.execute::<Task>(id, step(text), &context()).await }
        });
        for (n, result) in join_all(writers).await.into_iter().enumerate() {
            match (n, result) {
                (13 | 57, Err(ExecuteError::Rejected(_))) => {}
                (13 | 57, other) => panic!("{n}: {other:?}"),
                (_, result) => assert_eq!(result.unwrap().sequence, 3),
            }
        }
        assert_eq!(bus.log().head().await.unwrap().position, before + 98);
        // And the task itself goes on.
        assert_eq!(run(&bus, &ids[13], step("better")).await.sequence, 3);
    });
}

#[test]
fn a_refusal_from_a_kept_state_is_confirmed_on_the_newest_events() {
    with_database(async |db| {
        let (one, two) = (db.bus().await, db.bus().await);
        let id = task_id().to_string();
        run(&one, &id, TaskCommand::SubmitTask(submission("k"))).await;
        // `one` keeps the task as PENDING, where ResumeTask is refused.
        run(&two, &id, TaskCommand::PauseTask).await;
        let resumed = run(&one, &id, TaskCommand::ResumeTask).await;
        assert_eq!(resumed.sequence, 3);

        let refused = one
            .execute::<Task>(&id, TaskCommand::RetryTask, &context())
            .await;
        let Err(ExecuteError::Refused(error)) = refused else {
            panic!("{refused:?}")
        };
        assert!(matches!(
            error,
            TaskError::WrongStatus { .. } | TaskError::NotRetryable
        ));
        assert_eq!(one.log().head().await.unwrap().position, 3);
    });
}

#[test]
fn nothing_to_do_answers_the_place_where_the_aggregate_stands() {
    with_database(async |db| {
        let bus = db.bus().await;
        let id = running_task(&bus).await;
        let stored = run(&bus, &id, artifact(1)).await;
        running_task(&bus).await;
        for bus in [bus.clone(), db.bus().await] {
            let again = run(&bus, &id, artifact(1)).await;
            assert!(again.events.is_empty() && !again.repeated);
            assert_eq!(again.position, stored.position);
            assert_eq!(again.sequence, stored.sequence);
        }
    });
}

#[test]
fn roles_that_may_do_more_than_append_are_refused() {
    with_database(async |db| {
        let superuser = CommandBus::connect(&LogConfig::new(db.admin_url())).await;
        assert!(matches!(superuser, Err(LogError::TooPowerful { .. })));
        // And one that may only read can't append.
        let reader = db.bus_as("relevo_relay").await;
        let command = TaskCommand::SubmitTask(submission("k"));
        let context = Context::reactor(CommandId::random());
        let refused = reader.execute::<Task>("t", command, &context).await;
        assert!(
            matches!(refused, Err(ExecuteError::Unavailable(_))),
            "{refused:?}"
        );
    });
}
