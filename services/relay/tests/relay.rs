//! The relay and its readers against a broker that is killed, wiped, put back and purged.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use async_nats::jetstream;
use commands::{CommandBus, EventLog};
use devstack::S3Server;
use devstack::s3::{self, Fault, Method};
use kit::subjects::{EVENTS_STREAM, header};
use std::time::Duration;
use support::{World, collect, eventually, live_some};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// All services, an api node's reader, and something in the log.
async fn world() -> (World, CommandBus, Collector) {
    let mut world = World::start().await;
    world.run_all();
    let bus = world.bus().await;
    let collector = Collector::start(&world).await;
    live_some(&bus, 5).await;
    world.readers_converge().await;
    stream_converges(&world, &bus).await;
    (world, bus, collector)
}

struct Collector {
    stop: CancellationToken,
    seen: watch::Receiver<Vec<u64>>,
}

impl Collector {
    async fn start(world: &World) -> Self {
        let stop = CancellationToken::new();
        let log = EventLog::connect(&world.url("relevo_api")).await.unwrap();
        let seen = collect(log, world.nats().await, stop.clone());
        Self { stop, seen }
    }

    /// It was given every event once, in order.
    async fn saw_all(mut self, world: &World) {
        let head = world.head().await;
        let reached = self.seen.wait_for(|seen| seen.last() == Some(&head));
        let positions = tokio::time::timeout(Duration::from_secs(60), reached)
            .await
            .unwrap()
            .unwrap()
            .clone();
        assert_eq!(positions, (1..=head).collect::<Vec<_>>());
        self.stop.cancel();
    }
}

/// Waits until a new event arrives at the stream's end. (A stream made anew stays empty while no
/// reader needs what is before.)
async fn stream_converges(world: &World, bus: &CommandBus) {
    let context = jetstream::new(world.nats().await);
    eventually("the stream ends where the log ends", async || {
        support::submit(bus, support::user(), "plain").await;
        let head = world.head().await;
        let arrives = async {
            while last_position(&context).await != Some(head) {
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(2), arrives)
            .await
            .is_ok()
    })
    .await;
}

async fn last_position(context: &jetstream::Context) -> Option<u64> {
    let stream = context.get_stream(EVENTS_STREAM).await.ok()?;
    let last = stream.cached_info().state.last_sequence;
    let message = stream.get_raw_message(last).await.ok()?;
    message.headers.get(header::POSITION)?.as_str().parse().ok()
}

/// Waits until every message follows its predecessor: no event is missing or twice, and no stranger
/// is among them.
async fn becomes_gapless(world: &World) {
    let context = jetstream::new(world.nats().await);
    eventually("every message follows its predecessor", async || {
        is_gapless(&context).await.unwrap_or(false)
    })
    .await;
}

async fn is_gapless(context: &jetstream::Context) -> Option<bool> {
    let stream = context.get_stream(EVENTS_STREAM).await.ok()?;
    let state = stream.cached_info().state.clone();
    if state.messages == 0 {
        return Some(true);
    }
    let mut chain: Option<String> = None;
    for sequence in state.first_sequence..=state.last_sequence {
        let message = stream.get_raw_message(sequence).await.ok()?;
        let text = |name| Some(message.headers.get(name)?.as_str().to_owned());
        if chain.is_some() && text(header::PREVIOUS_CHAIN) != chain {
            return Some(false);
        }
        chain = Some(text(header::CHAIN)?);
    }
    Some(true)
}

async fn converges(world: World, bus: CommandBus, collector: Collector) {
    stream_converges(&world, &bus).await;
    world.readers_converge().await;
    becomes_gapless(&world).await;
    stream_converges(&world, &bus).await;
    becomes_gapless(&world).await;
    world.readers_converge().await;
    world.assert_fold().await;
    collector.saw_all(&world).await;
    world.end().await;
}

#[tokio::test]
async fn a_broker_killed_and_wiped_while_tasks_run_heals() {
    let (world, bus, collector) = world().await;
    let writer = tokio::spawn({
        let bus = bus.clone();
        async move { live_some(&bus, 20).await }
    });
    world.stack.nats().kill9().await.unwrap();
    world.stack.nats().wipe().await.unwrap();
    // Readers go on without a broker.
    live_some(&bus, 3).await;
    writer.await.unwrap();
    world.readers_converge().await;
    world.stack.nats().start_again().await.unwrap();
    live_some(&bus, 5).await;
    converges(world, bus, collector).await;
}

#[tokio::test]
async fn a_store_put_back_from_an_older_copy_heals() {
    let (world, bus, collector) = world().await;
    let copy = world.stack.dir().join("older-copy");
    world.stack.nats().stop().await.unwrap();
    world.stack.nats().snapshot_store(&copy).await.unwrap();
    world.stack.nats().start_again().await.unwrap();
    live_some(&bus, 10).await;
    world.readers_converge().await;
    stream_converges(&world, &bus).await;
    world.stack.nats().kill9().await.unwrap();
    world.stack.nats().restore_store(&copy).await.unwrap();
    world.stack.nats().start_again().await.unwrap();
    live_some(&bus, 5).await;
    converges(world, bus, collector).await;
}

#[tokio::test]
async fn a_purged_stream_and_a_deleted_one_heal() {
    let (world, bus, collector) = world().await;
    let context = jetstream::new(world.nats().await);
    let stream = context.get_stream(EVENTS_STREAM).await.unwrap();
    stream.purge().await.unwrap();
    live_some(&bus, 3).await;
    stream_converges(&world, &bus).await;
    // Purged, and the relay comes back to a stream without a last message.
    stream.purge().await.unwrap();
    world.stack.nats().stop().await.unwrap();
    world.stack.nats().start_again().await.unwrap();
    live_some(&bus, 3).await;
    stream_converges(&world, &bus).await;
    // Gone while everything is up: consumers are left without their stream.
    context.delete_stream(EVENTS_STREAM).await.unwrap();
    live_some(&bus, 3).await;
    converges(world, bus, collector).await;
}

#[tokio::test]
async fn readers_leave_a_consumer_that_is_ahead_of_its_stream() {
    let (world, bus, collector) = world().await;
    let context = jetstream::new(world.nats().await);
    // The stream is made anew with the same settings and no messages: its sequences begin again
    // behind what the consumers have seen.
    let config = context.get_stream(EVENTS_STREAM).await.unwrap();
    let config = config.cached_info().config.clone();
    context.delete_stream(EVENTS_STREAM).await.unwrap();
    context.create_stream(config).await.unwrap();
    live_some(&bus, 3).await;
    stream_converges(&world, &bus).await;
    let stream = context.get_stream(EVENTS_STREAM).await.unwrap();
    // Projector, reactor and the collector follow the new one.
    eventually("three consumers on the new stream", async || {
        stream
            .get_info()
            .await
            .is_ok_and(|info| info.state.consumer_count >= 3)
    })
    .await;
    live_some(&bus, 3).await;
    converges(world, bus, collector).await;
}

#[tokio::test]
async fn a_stream_of_another_log_is_made_anew() {
    let (world, bus, collector) = world().await;
    let context = jetstream::new(world.nats().await);
    let mut headers = async_nats::HeaderMap::new();
    headers.insert(header::LOG_ID, uuid::Uuid::now_v7().to_string());
    headers.insert(header::POSITION, "7");
    headers.insert(header::CHAIN, "00");
    context
        .publish_with_headers("relevo.events.task.TaskPaused", headers, "{}".into())
        .await
        .unwrap()
        .await
        .unwrap();
    live_some(&bus, 3).await;
    converges(world, bus, collector).await;
}

#[tokio::test]
async fn two_relays_at_once_publish_each_event_once() {
    let (mut world, bus, collector) = world().await;
    world.run_relay();
    for _ in 0..3 {
        // The leader loses its lock without noticing, and the standby takes over.
        let lost = "select bool_or(pg_terminate_backend(pid)) from pg_stat_activity \
                    where application_name = 'relevo-relay-leader' and pid in \
                    (select pid from pg_locks where locktype = 'advisory' and granted)";
        let _: Option<bool> = sqlx::query_scalar(lost)
            .fetch_one(&world.admin)
            .await
            .unwrap();
        live_some(&bus, 5).await;
    }
    converges(world, bus, collector).await;
}

#[tokio::test]
async fn a_database_killed_and_started_again_is_waited_for() {
    let (world, bus, collector) = world().await;
    world.stack.postgres().kill9().await.unwrap();
    world.stack.postgres().start_again().await.unwrap();
    live_some(&bus, 5).await;
    converges(world, bus, collector).await;
}

#[tokio::test]
async fn heads_are_signed_as_the_log_grows_and_at_a_clean_stop_also_without_a_broker() {
    let mut world = World::start().await;
    world.config.audit.key_file = Some(world.stack.audit_key_file().to_owned());
    world.config.audit.interval_seconds = 1;
    world.run_relay();
    // A second one, which waits.
    world.run_relay();
    let bus = world.bus().await;
    live_some(&bus, 2).await;
    let signed = "select coalesce(max(h.position), 0) = (select max(position) from log.events) \
                  from log.heads h";
    world.until(signed).await;
    world.stack.nats().kill9().await.unwrap();
    live_some(&bus, 2).await;
    world.until(signed).await;
    // Stopped and started with an interval that never passes: one head at the start, one at the end.
    world.stop_services().await;
    live_some(&bus, 1).await;
    world.config.audit.interval_seconds = 3600;
    world.run_relay();
    world.until(signed).await;
    live_some(&bus, 1).await;
    let all_signed: bool = sqlx::query_scalar(signed)
        .fetch_one(&world.admin)
        .await
        .unwrap();
    assert!(!all_signed);
    world.stop_services().await;
    world.until(signed).await;
    world.stack.nats().start_again().await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn a_bucket_of_heads_that_is_away_keeps_nothing_up_and_is_filled_when_it_is_back() {
    let mut world = World::start().await;
    let store = S3Server::start().await.unwrap();
    store.fail(Method::GET, usize::MAX, Fault::NoAnswer);
    store.fail(Method::PUT, usize::MAX, Fault::NoAnswer);
    let place = serde_json::json!({
        "url": format!("s3://{}/heads", s3::BUCKET),
        "endpoint": store.endpoint(),
        "allow_http": true,
        "region": s3::REGION,
        "access_key_id": s3::ACCESS_KEY_ID,
        "secret_access_key": s3::SECRET_ACCESS_KEY,
        "retries": 0,
    });
    world.config.heads = Some(serde_json::from_value(place).unwrap());
    world.run_relay();
    let error = world.ended().await.unwrap_err();
    assert!(format!("{error:#}").contains("audit.key_file"), "{error:#}");
    world.config.audit.key_file = Some(world.stack.audit_key_file().to_owned());
    world.config.audit.interval_seconds = 1;
    world.run_relay();
    let bus = world.bus().await;
    for _ in 0..2 {
        live_some(&bus, 2).await;
        let signed = "select coalesce(max(h.position), 0) = (select max(position) from log.events) \
                      from log.heads h";
        world.until(signed).await;
    }
    assert!(store.names().is_empty());
    store.heal();
    let count = "select count(*) from log.heads";
    let heads: i64 = sqlx::query_scalar(count)
        .fetch_one(&world.admin)
        .await
        .unwrap();
    eventually("all heads in the bucket", async || {
        store.names().len() as i64 == heads
    })
    .await;
    world.end().await;
}

#[tokio::test]
async fn a_signing_key_that_others_may_read_is_no_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut world = World::start().await;
    let key = world.stack.audit_key_file().to_owned();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    world.config.audit.key_file = Some(key);
    world.run_relay();
    let error = world.ended().await.unwrap_err();
    assert!(format!("{error:#}").contains("chmod 600"), "{error:#}");
    world.end().await;
}

#[tokio::test]
async fn services_do_not_start_as_a_role_that_could_change_the_log() {
    let mut world = World::start().await;
    const ROLES: [&str; 3] = ["relevo_relay", "relevo_projector", "relevo_reactor"];
    for power in ["superuser", "bypassrls"] {
        for role in ROLES {
            let sql = format!("alter role {role} {power}");
            sqlx::query(&sql).execute(&world.admin).await.unwrap();
        }
        world.run_all();
        for (said, role) in world.all_ended().await.iter().zip(ROLES) {
            assert!(said.contains(role), "{said}");
        }
        for role in ROLES {
            let sql = format!("alter role {role} no{power}");
            sqlx::query(&sql).execute(&world.admin).await.unwrap();
        }
    }
    world.end().await;
}
