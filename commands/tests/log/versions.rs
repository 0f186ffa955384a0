//! An event that a newer program wrote.

use crate::harness::*;
use commands::{DecodeError, ExecuteError, LogError};
use domain::task::{Status, Task, TaskCommand};
use std::error::Error as _;

#[test]
fn a_command_on_a_newer_history_is_refused_and_other_tasks_go_on() {
    with_database(async |db| {
        let (bus, fresh) = (db.bus().await, db.bus().await);
        let task = running_task(&bus).await;
        let newer = ("TaskPaused", "2", r#"{"TaskPaused":{"by":"x"}}"#);
        append_raw(&db, &task, 2, &[newer]).await;
        let end = bus.log().head().await.unwrap().position;
        // One bus has a state from before in its memory, the other reads all.
        for bus in [&bus, &fresh] {
            for command in [step("x"), TaskCommand::PauseTask] {
                let refused = bus.execute::<Task>(&task, command, &context()).await;
                let Err(ExecuteError::Unreadable(why)) = refused else {
                    panic!("{refused:?}");
                };
                let known = DecodeError::NewerVersion {
                    aggregate: "task".to_owned(),
                    event_type: "TaskPaused".to_owned(),
                    version: 2,
                    known: 1,
                };
                assert_eq!(why, known);
            }
            let loaded = bus.load::<Task>(&task).await;
            assert!(matches!(loaded, Err(LogError::Decode(_))), "{loaded:?}");
        }
        assert_eq!(bus.log().head().await.unwrap().position, end);
        let refused = bus.execute::<Task>(&task, step("x"), &context()).await;
        let cause = refused.unwrap_err().source().unwrap().to_string();
        assert_eq!(
            cause,
            "task.TaskPaused has version 2, this program knows up to 1"
        );

        let other = running_task(&bus).await;
        let done = run(&bus, &other, TaskCommand::PauseTask).await;
        assert_eq!(done.state.status, Status::Paused);
    });
}
