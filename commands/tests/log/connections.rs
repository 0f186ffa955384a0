//! Connections cut at the worst moments.

use crate::harness::*;
use crate::line::{Break, Line};
use commands::{CommandBus, ExecuteError, LogConfig};
use domain::task::Task;
use futures::future::join_all;
use sqlx::Row as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends backends of the service role: of the writers only, or all.
async fn cut(db: &Database, only_busy: bool) -> i64 {
    sqlx::query(
        "select count(pg_terminate_backend(pid)) as n from pg_stat_activity \
         where datname = current_database() and usename = 'relevo_api' \
         and (not $1 or query like '%log.append%')",
    )
    .bind(only_busy)
    .fetch_one(&db.admin)
    .await
    .unwrap()
    .get("n")
}

#[test]
fn every_command_has_exactly_one_outcome_while_connections_are_cut() {
    with_database(async |db| {
        let bus = db.bus().await;
        let done = Arc::new(AtomicBool::new(false));
        let cutter = tokio::spawn({
            let (db, done) = (Arc::clone(&db), Arc::clone(&done));
            async move {
                let mut cuts = 0;
                while !done.load(Ordering::Relaxed) {
                    cuts += cut(&db, true).await;
                    tokio::task::yield_now().await;
                }
                cuts
            }
        });
        let writers = (0..40).map(|n| {
            let bus = bus.clone();
            tokio::spawn(async move {
                let id = loop {
                    let id = task_id().to_string();
                    let submit = domain::task::TaskCommand::SubmitTask(submission(&id));
                    if bus.execute::<Task>(&id, submit, &context()).await.is_ok() {
                        break id;
                    }
                };
                let start = domain::task::TaskCommand::StartTask {
                    worker: "w".to_owned(),
                    profile_version: 1,
                };
                until_done(&bus, &id, start).await;
                for m in 0..5 {
                    until_done(&bus, &id, step(format!("{n}.{m}"))).await;
                }
                id
            })
        });
        let mut ids = Vec::new();
        for writer in join_all(writers).await {
            ids.push(writer.unwrap());
        }
        done.store(true, Ordering::Relaxed);
        assert!(cutter.await.unwrap() > 0, "nothing was cut");
        for (n, id) in ids.iter().enumerate() {
            let contents: Vec<String> = bus
                .history::<Task>(id)
                .await
                .unwrap()
                .into_iter()
                .filter_map(|r| match r.event {
                    domain::task::TaskEvent::StepRecorded { step, .. } => step.content,
                    _ => None,
                })
                .collect();
            let wanted: Vec<String> = (0..5).map(|m| format!("{n}.{m}")).collect();
            assert_eq!(contents, wanted);
        }
    });
}

/// Repeats a command under its id until it has an answer, as a client would.
async fn until_done(bus: &commands::CommandBus, id: &str, command: domain::task::TaskCommand) {
    let same = context();
    loop {
        match bus.execute::<Task>(id, command.clone(), &same).await {
            Ok(_) => return,
            Err(ExecuteError::Unavailable(_) | ExecuteError::Busy(_) | ExecuteError::Conflict) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[test]
fn a_connection_cut_before_the_commit_loses_nothing() {
    with_database(async |db| {
        let bus = db.bus().await;
        let id = running_task(&bus).await;
        // Somebody holds the log's lock, so that the append can't go on.
        let mut holder = db.admin.begin().await.unwrap();
        sqlx::query("select pg_advisory_xact_lock(7305460, 1)")
            .execute(&mut *holder)
            .await
            .unwrap();
        let waiting = tokio::spawn({
            let (bus, id) = (bus.clone(), id.clone());
            async move { run(&bus, &id, step("kept")).await }
        });
        while cut(&db, true).await == 0 || waits(&db).await == 0 {
            tokio::task::yield_now().await;
        }
        holder.rollback().await.unwrap();
        let executed = waiting.await.unwrap();
        assert_eq!((executed.sequence, executed.position), (3, 3));
        assert_eq!(bus.history::<Task>(&id).await.unwrap().len(), 3);
    });
}

/// How many wait for the log's lock.
async fn waits(db: &Database) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_locks l join pg_database d on d.oid = l.database \
         where l.locktype = 'advisory' and not l.granted and d.datname = current_database()",
    )
    .fetch_one(&db.admin)
    .await
    .unwrap()
}

#[test]
fn a_lock_that_is_never_given_back_makes_the_log_busy_not_lost() {
    with_database(async |db| {
        let url = format!("{}?options[lock_timeout]=20ms", db.url("relevo_api"));
        let bus = CommandBus::connect(&LogConfig::new(url)).await.unwrap();
        let id = running_task(&bus).await;
        let mut holder = db.admin.begin().await.unwrap();
        sqlx::query("select pg_advisory_xact_lock(7305460, 1)")
            .execute(&mut *holder)
            .await
            .unwrap();
        let same = context();
        let busy = bus.execute::<Task>(&id, step("later"), &same).await;
        assert!(matches!(busy, Err(ExecuteError::Busy(_))), "{busy:?}");
        holder.rollback().await.unwrap();
        let done = bus.execute::<Task>(&id, step("later"), &same).await;
        assert_eq!(done.unwrap().position, 3);
    });
}

#[test]
fn a_connection_cut_after_the_commit_gives_the_first_result() {
    with_database(async |db| {
        let line = Line::to(db.port(), Break::AfterCommit).await;
        let bus = line.bus(&db).await;
        let id = running_task(&bus).await;
        line.arm();
        let executed = run(&bus, &id, step("BREAKME")).await;
        assert!(!line.is_armed(), "the line was not broken");
        assert!(executed.repeated, "the log had it already");
        assert_eq!((executed.sequence, executed.position), (3, 3));
        assert_eq!(run(&bus, &id, step("next")).await.position, 4);
        assert_eq!(bus.history::<Task>(&id).await.unwrap().len(), 4);
    });
}

#[test]
fn a_backend_left_behind_by_a_cut_connection_cannot_commit_later() {
    with_database(async |db| {
        let line = Line::to(db.port(), Break::BeforeCommit).await;
        let bus = line.bus(&db).await;
        let id = running_task(&bus).await;
        let mut holder = db.admin.begin().await.unwrap();
        sqlx::query("select pg_advisory_xact_lock(7305460, 1)")
            .execute(&mut *holder)
            .await
            .unwrap();
        line.arm();
        let waiting = tokio::spawn({
            let (bus, id) = (bus.clone(), id.clone());
            async move { run(&bus, &id, step("BREAKME")).await }
        });
        // The line breaks; the backend behind it may wait for the lock and know nothing of that.
        // A new connection takes its place, and only one is ever in line for the lock.
        while line.is_armed() || waits(&db).await != 1 {
            tokio::task::yield_now().await;
        }
        holder.rollback().await.unwrap();
        let executed = waiting.await.unwrap();
        assert_eq!((executed.sequence, executed.position), (3, 3));
        assert_eq!(run(&bus, &id, step("next")).await.position, 4);
        assert_eq!(bus.history::<Task>(&id).await.unwrap().len(), 4);
    });
}
