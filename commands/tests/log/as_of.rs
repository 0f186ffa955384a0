//! A task's state at any place or time of the log.

use crate::harness::*;
use chrono::{DateTime, TimeDelta, Utc};
use commands::CommandBus;
use commands::log::{AsOf, AsOfError, At};
use domain::TaskId;
use domain::task::{Status, Task, TaskCommand};

fn id_of(task: &str) -> TaskId {
    task.parse().unwrap()
}

async fn as_of(bus: &CommandBus, task: &str, at: At) -> Result<AsOf, AsOfError> {
    bus.log().as_of(id_of(task), at).await
}

#[test]
fn a_task_is_folded_up_to_any_position_and_any_time() {
    with_database(async |db| {
        let bus = db.bus().await;
        let (one, other) = (running_task(&bus).await, running_task(&bus).await);
        run(&bus, &one, TaskCommand::PauseTask).await;
        run(&bus, &other, step("between")).await;
        run(&bus, &one, artifact(1)).await;
        let stored = bus.log().read_stream("task", &one, 0).await.unwrap();
        let end = bus.log().head().await.unwrap().position;
        let mut expected = Task::default();
        for (n, event) in stored.iter().enumerate() {
            expected.fold(&event.task_event().unwrap());
            // Up to the task's next event nothing changes, whatever happens to others.
            let next = stored.get(n + 1).map_or(end + 1, |next| next.position);
            for position in event.position..next {
                let was = as_of(&bus, &one, At::Position(position)).await.unwrap();
                assert_eq!((&was.state, &was.last), (&expected, event), "{position}");
            }
            // Several may have one time: the last of them counts.
            if stored
                .get(n + 1)
                .is_none_or(|next| next.recorded_at > event.recorded_at)
            {
                let was = as_of(&bus, &one, At::Time(event.recorded_at))
                    .await
                    .unwrap();
                assert_eq!((&was.state, &was.last), (&expected, event));
            }
        }
        let now = as_of(&bus, &one, At::End).await.unwrap();
        assert_eq!(
            now.state,
            bus.load::<Task>(&one).await.unwrap().unwrap().state
        );
        assert_eq!(now.state.status, Status::Paused);
    });
}

#[test]
fn a_state_that_never_was_says_why() {
    with_database(async |db| {
        let bus = db.bus().await;
        running_task(&bus).await;
        let task = running_task(&bus).await;
        let first = bus.log().at(3).await.unwrap().unwrap();
        let end = bus.log().head().await.unwrap().position;
        for at in [
            At::Position(0),
            At::Position(2),
            At::Time(first.recorded_at - TimeDelta::microseconds(1)),
            At::Time(DateTime::UNIX_EPOCH),
        ] {
            let refused = as_of(&bus, &task, at).await.unwrap_err();
            assert!(
                matches!(refused, AsOfError::NotYet { position: 3, .. }),
                "{refused}"
            );
            assert!(
                refused.to_string().contains("at position 3, 20"),
                "{refused}"
            );
        }
        for beyond in [end + 1, u64::MAX] {
            let refused = as_of(&bus, &task, At::Position(beyond)).await.unwrap_err();
            let (text, named) = (refused.to_string(), format!("ends at position {end}"));
            assert!(
                matches!(refused, AsOfError::BeyondEnd { .. }) && text.contains(&named),
                "{text}"
            );
        }
        let ahead = At::Time(Utc::now() + TimeDelta::days(1));
        let refused = as_of(&bus, &task, ahead).await.unwrap_err();
        assert!(matches!(refused, AsOfError::NotNow { .. }), "{refused}");
        let unknown = task_id().to_string();
        let refused = as_of(&bus, &unknown, At::End).await.unwrap_err();
        assert!(matches!(refused, AsOfError::Unknown(id) if id.to_string() == unknown));
    });
}

#[test]
fn a_long_history_is_stepped_through_page_by_page() {
    with_database(async |db| {
        let bus = db.bus().await;
        let task = running_task(&bus).await;
        let paused = ("TaskPaused", "1", r#""TaskPaused""#);
        append_raw(&db, &task, 2, &[paused; 1200]).await;
        let archived = ("TaskArchived", "1", r#""TaskArchived""#);
        append_raw(&db, &task, 1202, &[archived]).await;
        let log = bus.log();
        for (to, last) in [
            (At::End, 1203),
            (At::Position(1000), 1000),
            (At::Position(1), 1),
        ] {
            let mut replay = log.replay(id_of(&task), to).await.unwrap();
            let mut seen = 0;
            while let Some(event) = replay.next().await.unwrap() {
                seen += 1;
                assert_eq!(event.sequence, seen);
                assert_eq!(replay.state().archived, seen == 1203);
            }
            assert_eq!(seen, last);
            // What comes later is not of this replay.
            assert_eq!(replay.next().await.unwrap(), None);
        }
    });
}

#[test]
fn an_event_that_cant_be_read_is_named_and_what_is_before_it_is_not_hidden() {
    with_database(async |db| {
        let bus = db.bus().await;
        let task = running_task(&bus).await;
        let newer = ("TaskPaused", "9", r#"{"TaskPaused":{}}"#);
        append_raw(&db, &task, 2, &[newer]).await;
        let before = as_of(&bus, &task, At::Position(2)).await.unwrap();
        assert_eq!(before.state.status, Status::Running);
        let refused = as_of(&bus, &task, At::End).await.unwrap_err();
        let AsOfError::Decode {
            position: 3,
            source,
        } = refused
        else {
            panic!("{refused}");
        };
        assert!(source.to_string().contains("version 9"), "{source}");
    });
}
