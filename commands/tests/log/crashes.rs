//! Postgres killed under load, with all that it had not written yet.

use crate::harness::*;
use crate::server::Server;
use commands::audit::{AuditError, Entries, HeadSigner, SigningKey, verify};
use commands::log::GENESIS_CHAIN;
use commands::{CommandBus, EventLog, ExecuteError, Executed};
use domain::task::{Task, TaskCommand};
use std::collections::HashMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// Kept outside of the database: what anybody was told.
#[derive(Default)]
struct Told {
    stop: AtomicBool,
    /// Position and event of each acknowledged command.
    acknowledged: Mutex<Vec<(u64, Uuid)>>,
    /// Position and chain of each event that a reader was given.
    read: Mutex<Vec<(u64, Vec<u8>)>>,
}

impl Told {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    fn read(&self) -> usize {
        self.read.lock().unwrap().len()
    }
}

/// Does a command under its id until there is an answer, as a client would.
async fn answered(
    bus: &CommandBus,
    id: &str,
    command: &TaskCommand,
    same: &commands::Context,
) -> Executed<Task> {
    loop {
        match bus.execute::<Task>(id, command.clone(), same).await {
            Ok(executed) => return executed,
            Err(ExecuteError::Unavailable(_) | ExecuteError::Busy(_) | ExecuteError::Conflict) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn place(executed: &Executed<Task>) -> (u64, Uuid) {
    let event = executed.events.first().unwrap();
    (event.position, event.event_id)
}

/// The steps of one task, told to one process, or each to two at once: then one of them answers
/// what the other wrote.
async fn work(bus: CommandBus, twin: Option<CommandBus>, told: Arc<Told>) {
    let id = task_id().to_string();
    let start = TaskCommand::StartTask {
        worker: "w".to_owned(),
        profile_version: 1,
    };
    let mut next = vec![start, TaskCommand::SubmitTask(submission(&id))];
    while !told.stopped() {
        let (command, same) = (next.pop().unwrap_or_else(|| step("step")), context());
        let result = match &twin {
            None => place(&answered(&bus, &id, &command, &same).await),
            Some(twin) => {
                let (one, other) = tokio::join!(
                    answered(&bus, &id, &command, &same),
                    answered(twin, &id, &command, &same),
                );
                assert_eq!(place(&one), place(&other), "one command, two results");
                place(&one)
            }
        };
        told.acknowledged.lock().unwrap().push(result);
    }
}

/// Follows the log as a relay does.
async fn follow(log: EventLog, told: Arc<Told>) {
    let (mut position, mut chain) = (0, GENESIS_CHAIN.to_vec());
    while !told.stopped() {
        let events = log.read_after(position, 256).await.unwrap_or_default();
        if events.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for event in events {
            assert_eq!(event.previous_chain, chain, "{position} was another event");
            (position, chain) = (event.position, event.chain);
            told.read.lock().unwrap().push((position, chain.clone()));
        }
    }
}

async fn sign(mut signer: HeadSigner, told: Arc<Told>) {
    while !told.stopped() {
        match signer.sign().await {
            Ok(_) | Err(AuditError::Log(_)) => {}
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Fails for the first thing that somebody was told and that is not in the log.
async fn check(server: &Server, told: &Told) {
    let (acknowledged, read) = (
        told.acknowledged.lock().unwrap().clone(),
        told.read.lock().unwrap().clone(),
    );
    let rows: Vec<(i64, Uuid, Vec<u8>)> =
        sqlx::query_as("select position, event_id, chain from log.events")
            .fetch_all(&server.admin)
            .await
            .unwrap();
    let rows = rows
        .into_iter()
        .map(|(p, id, chain)| (p.unsigned_abs(), (id, chain)));
    let rows: HashMap<u64, (Uuid, Vec<u8>)> = rows.collect();
    for (position, event_id) in acknowledged {
        let found = rows.get(&position).map(|(id, _)| *id);
        assert_eq!(
            found,
            Some(event_id),
            "acknowledged at {position}, and lost"
        );
    }
    for (position, chain) in read {
        let found = rows.get(&position).map(|(_, chain)| chain);
        assert_eq!(found, Some(&chain), "given out at {position}, and lost");
    }
}

fn key(dir: &Path) -> SigningKey {
    let path = dir.join("key");
    std::fs::write(&path, "07".repeat(32)).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    SigningKey::read(&path).unwrap()
}

#[test]
fn nothing_that_was_acknowledged_given_out_or_signed_is_lost_in_a_crash() {
    Server::run(async |server| {
        let dir = tempfile::tempdir().unwrap();
        let heads = dir.path().join("heads.jsonl");
        let signing_key = key(dir.path());
        let public = signing_key.public();
        let told = Arc::new(Told::default());
        let buses = [server.bus().await, server.bus().await];
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let [one, other] = buses.clone();
            tasks.spawn(work(one.clone(), None, Arc::clone(&told)));
            tasks.spawn(work(one, Some(other), Arc::clone(&told)));
        }
        let relay = server.pool("relevo_relay").await;
        tasks.spawn(follow(
            EventLog::from_pool(relay.clone()),
            Arc::clone(&told),
        ));
        let signer = HeadSigner::new(relay, signing_key, Some(&heads));
        tasks.spawn(sign(signer, Arc::clone(&told)));
        for _ in 0..4 {
            let (acknowledged, read) = (told.acknowledged(), told.read());
            let more = async {
                while told.acknowledged() < acknowledged + 200 || told.read() < read + 200 {
                    assert!(tasks.try_join_next().is_none(), "a task has ended");
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            let waited = tokio::time::timeout(Duration::from_secs(120), more).await;
            assert!(waited.is_ok(), "nothing goes on");
            server.crash().await;
            check(&server, &told).await;
        }
        told.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        check(&server, &told).await;
        let sql = "select count(*) = count(distinct metadata ->> 'command_id') from log.events";
        let once: bool = sqlx::query_scalar(sql)
            .fetch_one(&server.admin)
            .await
            .unwrap();
        assert!(once, "a command was executed twice");
        let entries = Entries::of_database(server.admin.clone(), 1, Some(&heads)).await;
        let verified = verify(entries.unwrap(), &[public], |_| {}).await.unwrap();
        assert!(verified.heads > 0);
    });
}
