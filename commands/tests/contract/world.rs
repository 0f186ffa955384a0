//! The backends that the contract is tried on.

use crate::harness::{Database, with_database};
use crate::server::Server;
use commands::store::{Append, Cursor, NewEvent, Store, Tailed, Verdict};
use commands::{CommandBus, CommandId, LogConfig};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long anything may take on a slow machine.
pub const SOON: Duration = Duration::from_secs(120);

/// A backend.
pub enum World {
    Postgres(Arc<Database>),
    Small(Server),
    Real(String),
}

impl World {
    /// A bus of its own, as another process would have it.
    pub async fn bus(&self) -> CommandBus {
        let config = match self {
            Self::Postgres(database) => LogConfig::new(database.url("relevo_api")),
            Self::Small(server) => LogConfig::eventstore(server.url()),
            Self::Real(url) => LogConfig::eventstore(url),
        };
        CommandBus::connect(&config).await.unwrap()
    }
}

pub fn postgres<F: Future<Output = ()>>(rule: impl FnOnce(World) -> F) {
    with_database(|database| rule(World::Postgres(database)));
}

pub fn small_server<F: Future<Output = ()>>(rule: impl FnOnce(World) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { rule(World::Small(Server::start().await)).await });
}

/// Over a real server, if there is one.
pub fn real_server<F: Future<Output = ()>>(rule: impl FnOnce(World) -> F) {
    let Ok(url) = std::env::var("RELEVO_TEST_EVENTSTORE_URL") else {
        eprintln!("no real server: RELEVO_TEST_EVENTSTORE_URL is not set");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(rule(World::Real(url)));
}

/// An aggregate nobody else has.
pub fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// An append of events whose payloads say which they are.
pub fn append(id: &str, expected: u64, payloads: &[&str]) -> Append {
    let event = |text: &&str| NewEvent {
        event_type: "StepRecorded".to_owned(),
        event_version: "1".to_owned(),
        payload: format!("{{\"text\": \"{text}\"}}"),
    };
    let command_id = CommandId::random();
    Append {
        aggregate_type: "task",
        aggregate_id: id.to_owned(),
        expected,
        command_id,
        metadata: format!("{{\"command_id\":\"{command_id}\"}}"),
        events: payloads.iter().map(event).collect(),
    }
}

/// Appends and wants it accepted.
pub async fn accepted(store: &Store, append: Append) -> Vec<u64> {
    match store.append(append).await {
        Verdict::Accepted(places) => places.into_iter().map(|place| place.position).collect(),
        other => panic!("{other:?}"),
    }
}

/// The payloads of an aggregate from a sequence on, with their sequences.
pub async fn history(store: &Store, id: &str, from: u64) -> Vec<(u64, String)> {
    let events = store.read("task", id, from, u64::MAX).await.unwrap();
    events
        .into_iter()
        .map(|event| (event.sequence, event.payload))
        .collect()
}

/// Follows the log until so many events of these aggregates are seen, and gives those; what is
/// between them belongs to others.
pub async fn follow(store: &Store, after: Cursor, ids: &[String], count: usize) -> Vec<Tailed> {
    let mut tail = store.tail(after);
    let (mut found, mut last) = (Vec::new(), after);
    let following = async {
        while found.len() < count {
            let tailed = tail.next().await.unwrap();
            assert!(tailed.cursor > last, "the cursor grows");
            assert_eq!(tailed.previous, last, "the one before it is named");
            last = tailed.cursor;
            if ids.contains(&tailed.event.aggregate_id) {
                found.push(tailed);
            }
        }
    };
    tokio::time::timeout(SOON, following)
        .await
        .expect("the tail brings every event");
    found
}
