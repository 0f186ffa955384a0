//! The projector against a real log: poison, another log, another version, and proof by fold.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../relay/tests/support/mod.rs"]
mod support;

use commands::EventLog;
use commands::log::{LeafInput, leaf_hash};
use domain::TaskId;
use projections::{ReadError, ReadPool};
use sqlx::PgPool;
use support::{World, execute, live, live_some, start, step, submit, user};
use uuid::Uuid;

/// Appends an event as a broken or newer program would.
async fn append(world: &World, task: TaskId, sequence: i64, event: (&str, &str, &str)) {
    let (event_type, version, payload) = event;
    let pool = world.pool("relevo_api").await;
    let log_id = EventLog::from_pool(pool.clone()).log_id().await.unwrap();
    let event_id = Uuid::now_v7();
    let leaf = leaf_hash(LeafInput {
        log_id,
        event_id,
        aggregate_type: "task",
        aggregate_id: &task.to_string(),
        sequence: sequence.unsigned_abs(),
        event_type,
        event_version: version,
        payload,
        metadata: "{}",
    });
    sqlx::query(
        "select log.append($1, 'on', array['task'], array[$2], array[$3::bigint], array[1], \
         array[$3::bigint + 1], array[$4::uuid], array[$5], array[$6], array[$7], array['{}'], \
         array[$8::bytea])",
    )
    .bind(log_id)
    .bind(task.to_string())
    .bind(sequence - 1)
    .bind(event_id)
    .bind(event_type)
    .bind(version)
    .bind(payload)
    .bind(leaf.to_vec())
    .execute(&pool)
    .await
    .unwrap();
}

async fn parked(admin: &PgPool) -> Vec<(String, i64, String)> {
    sqlx::query_as("select aggregate_id, sequence, reason from read.parked order by position")
        .fetch_all(admin)
        .await
        .unwrap()
}

#[tokio::test]
async fn poison_parks_with_what_follows_it_and_nothing_else_waits() {
    let mut world = World::start().await;
    world.run_projector();
    let bus = world.bus().await;
    let owner = user();
    let (newer, malformed, healthy) = (
        submit(&bus, owner, "plain").await,
        submit(&bus, owner, "plain").await,
        submit(&bus, owner, "plain").await,
    );
    append(&world, newer, 2, ("TaskPaused", "9", r#""TaskPaused""#)).await;
    append(&world, newer, 3, ("TaskParked", "1", r#""TaskParked""#)).await;
    append(
        &world,
        malformed,
        2,
        ("TaskStarted", "1", r#"{"TaskStarted":{"epoch":"x"}}"#),
    )
    .await;
    append(&world, malformed, 3, ("TaskPaused", "1", r#""TaskPaused""#)).await;
    let epoch = start(&bus, healthy).await;
    step(&bus, healthy, epoch).await;
    world.projector_converges().await;
    let parked = parked(&world.admin).await;
    let of = |task: TaskId| -> Vec<i64> {
        let id = task.to_string();
        parked
            .iter()
            .filter(|(aggregate, ..)| *aggregate == id)
            .map(|(_, sequence, _)| *sequence)
            .collect()
    };
    assert_eq!(of(newer), vec![2, 3]);
    assert_eq!(of(malformed), vec![2, 3]);
    assert!(of(healthy).is_empty());
    let rows: Vec<(Uuid, String, i64)> =
        sqlx::query_as("select task_id, status, sequence from read.tasks order by task_id")
            .fetch_all(&world.admin)
            .await
            .unwrap();
    let mut expected = vec![
        (newer.0, "PENDING".to_owned(), 1),
        (malformed.0, "PENDING".to_owned(), 1),
        (healthy.0, "RUNNING".to_owned(), 4),
    ];
    expected.sort();
    assert_eq!(rows, expected);
    world.assert_fold().await;
    world.end().await;
}

#[tokio::test]
async fn an_event_the_tables_refuse_parks_and_its_batch_goes_on() {
    let mut world = World::start().await;
    let bus = world.bus().await;
    let owner = user();
    // Both are applied in one batch: the projector starts later.
    let refused = submit(&bus, owner, "plain").await;
    let healthy = live(&bus, owner).await;
    // A row the table refuses: SQLSTATE class 23.
    sqlx::query("alter table read.task_steps add constraint poison check (duration_ms <> 666)")
        .execute(&world.admin)
        .await
        .unwrap();
    let epoch = start(&bus, refused).await;
    let step = domain::task::Step {
        kind: domain::task::StepKind::Wait,
        field: None,
        content: None,
        outcome: domain::task::StepOutcome::Ok,
        duration_ms: 666,
    };
    execute(
        &bus,
        refused,
        domain::task::TaskCommand::RecordStep { epoch, step },
    )
    .await;
    support::step(&bus, refused, epoch).await;
    world.run_projector();
    // The first fold is made in a copy that has the check, too.
    world.projector_converges().await;
    let parked = parked(&world.admin).await;
    assert_eq!(parked.len(), 2, "{parked:?}");
    assert!(parked.iter().all(|(id, ..)| *id == refused.to_string()));
    assert!(parked[1].2.starts_with("behind "), "{parked:?}");
    let steps: i64 = sqlx::query_scalar("select count(*) from read.task_steps where task_id = $1")
        .bind(healthy.0)
        .fetch_one(&world.admin)
        .await
        .unwrap();
    assert_eq!(steps, 2);
    world.assert_fold().await;
    world.end().await;
}

#[tokio::test]
async fn another_log_and_another_version_are_folded_anew() {
    let mut world = World::start().await;
    world.run_projector();
    let bus = world.bus().await;
    live_some(&bus, 4).await;
    world.projector_converges().await;
    // The same events under a new id: nothing is folded anew, and a mark stays.
    drop(bus);
    world.stop_services().await;
    sqlx::query("update read.tasks set portal = 'kept'")
        .execute(&world.admin)
        .await
        .unwrap();
    let adopted = world.adopt().await.successor;
    world.run_projector();
    world
        .until(&format!(
            "select bool_and(log_id = '{adopted}') from read.checkpoints"
        ))
        .await;
    world
        .until("select bool_and(portal = 'kept') from read.tasks")
        .await;
    // A row that is no fold of the log, and checkpoints of an older program.
    sqlx::query("update read.tasks set portal = 'tampered'")
        .execute(&world.admin)
        .await
        .unwrap();
    let pool = world.pool("relevo_projector").await;
    let log = EventLog::from_pool(pool.clone());
    let checked = projector::check(&pool, &log).await.unwrap();
    assert_eq!(
        checked.differences.len(),
        8,
        "each task: one row too many, one missing"
    );
    sqlx::query("update read.checkpoints set version = 0")
        .execute(&world.admin)
        .await
        .unwrap();
    let bus = world.bus().await;
    live_some(&bus, 1).await;
    world
        .until("select not exists (select from read.tasks where portal = 'tampered')")
        .await;
    world.projector_converges().await;
    world.assert_fold().await;
    world.end().await;
}

#[tokio::test]
async fn two_projectors_do_no_harm() {
    let mut world = World::start().await;
    world.run_relay();
    world.run_projector();
    world.run_projector();
    let bus = world.bus().await;
    for _ in 0..4 {
        live_some(&bus, 10).await;
    }
    world.projector_converges().await;
    world.assert_fold().await;
    world.end().await;
}

#[tokio::test]
async fn a_log_that_lost_its_tail_takes_the_read_models_back() {
    let mut world = World::start().await;
    world.run_projector();
    let bus = world.bus().await;
    live_some(&bus, 3).await;
    world.projector_converges().await;
    let kept = world.head().await;
    live_some(&bus, 2).await;
    world.projector_converges().await;
    drop(bus);
    // As a failover without synchronous standbys does.
    for sql in [
        "alter table log.events disable trigger refuse_delete".to_owned(),
        format!("delete from log.events where position > {kept}"),
        "alter table log.events enable trigger refuse_delete".to_owned(),
    ] {
        sqlx::query(&sql).execute(&world.admin).await.unwrap();
    }
    // Nobody said that this is meant: it stops, and stops again, and nobody is shown what is gone.
    let said = world.ended().await.unwrap_err();
    assert!(format!("{said:#}").contains("relevo log adopt"), "{said:#}");
    world.run_projector();
    world.ended().await.unwrap_err();
    let reads = ReadPool::connect(&world.url("relevo_api"), 1)
        .await
        .unwrap();
    let refused = reads.begin(user()).await.unwrap_err();
    assert!(matches!(refused, ReadError::OtherLog));
    drop(reads);
    world.adopt().await;
    world.run_projector();
    world
        .until(&format!(
            "select bool_and(position = {kept}) from read.checkpoints"
        ))
        .await;
    world.assert_fold().await;
    let reads = ReadPool::connect(&world.url("relevo_api"), 1)
        .await
        .unwrap();
    assert_eq!(reads.begin(user()).await.unwrap().position(), kept);
    // Other events at the same positions.
    let bus = world.bus().await;
    live_some(&bus, 2).await;
    world.projector_converges().await;
    world.assert_fold().await;
    world.end().await;
}
