//! Connections cut at the worst moments.

use crate::harness::*;
use commands::{CommandBus, ExecuteError, LogConfig};
use domain::task::Task;
use futures::future::join_all;
use sqlx::Row as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

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

/// Stands between a bus and its database, and can break the line after the next append.
struct Line {
    port: u16,
    /// The next connection to send an append is broken.
    armed: Arc<AtomicBool>,
}

#[derive(Clone, Copy, PartialEq)]
enum Break {
    /// When the append's answer has come from the server, and before the client has it.
    AfterCommit,
    /// When the append has gone to the server: nobody waits for the answer.
    BeforeCommit,
}

impl Line {
    async fn to(server_port: u16, breaks: Break) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let armed = Arc::new(AtomicBool::new(false));
        tokio::spawn({
            let armed = Arc::clone(&armed);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = TcpStream::connect(("127.0.0.1", server_port))
                        .await
                        .unwrap();
                    tokio::spawn(carry(client, server, Arc::clone(&armed), breaks));
                }
            }
        });
        Self { port, armed }
    }

    async fn bus(&self, db: &Database) -> CommandBus {
        let mut url: url::Url = db.url("relevo_api").parse().unwrap();
        url.set_port(Some(self.port)).unwrap();
        let url = format!("{url}?sslmode=disable");
        CommandBus::connect(&LogConfig::new(url)).await.unwrap()
    }
}

/// Carries bytes both ways. An append is recognised by what the test put into it.
async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    armed: Arc<AtomicBool>,
    breaks: Break,
) {
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut breaking = false;
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                if up[..count].windows(7).any(|w| w == b"BREAKME") && armed.swap(false, Ordering::SeqCst) {
                    breaking = true;
                }
                server.write_all(&up[..count]).await.unwrap();
                if breaking && breaks == Break::BeforeCommit {
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                // The answer to Sync, which comes after the commit, ends with ReadyForQuery.
                if breaking && down[..count].ends_with(b"Z\0\0\0\x05I") {
                    return;
                }
                if client.write_all(&down[..count]).await.is_err() { return }
            }
        }
    }
}

#[test]
fn a_connection_cut_after_the_commit_gives_the_first_result() {
    with_database(async |db| {
        let line = Line::to(db.port(), Break::AfterCommit).await;
        let bus = line.bus(&db).await;
        let id = running_task(&bus).await;
        line.armed.store(true, Ordering::SeqCst);
        let executed = run(&bus, &id, step("BREAKME")).await;
        assert!(
            !line.armed.load(Ordering::SeqCst),
            "the line was not broken"
        );
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
        line.armed.store(true, Ordering::SeqCst);
        let waiting = tokio::spawn({
            let (bus, id) = (bus.clone(), id.clone());
            async move { run(&bus, &id, step("BREAKME")).await }
        });
        // The line breaks; the backend behind it may wait for the lock and know nothing of that.
        // A new connection takes its place, and only one is ever in line for the lock.
        while line.armed.load(Ordering::SeqCst) || waits(&db).await != 1 {
            tokio::task::yield_now().await;
        }
        holder.rollback().await.unwrap();
        let executed = waiting.await.unwrap();
        assert_eq!((executed.sequence, executed.position), (3, 3));
        assert_eq!(run(&bus, &id, step("next")).await.position, 4);
        assert_eq!(bus.history::<Task>(&id).await.unwrap().len(), 4);
    });
}
