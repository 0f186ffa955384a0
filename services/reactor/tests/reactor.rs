//! The reactor against a real log: handing out work, timers, heartbeats, and making it all anew.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../relay/tests/support/mod.rs"]
mod support;

use chrono::{TimeDelta, Utc};
use commands::{CommandBus, EventLog};
use domain::task::*;
use domain::{ArtifactId, KeyedHash, TaskId};
use kit::config::Place;
use reactor::{ReactorOptions, rebuild_work};
use sqlx::PgPool;
use std::path::{Path, PathBuf};
use std::time::Duration;
use support::{World, ask, eventually, execute, start, submission, submit, submit_as, user};
use uuid::Uuid;

impl World {
    async fn reactor_converges(&self) {
        let head = self.head().await;
        self.until(&format!(
            "select coalesce((select position from work.checkpoint), -1) >= {head}"
        ))
        .await;
    }
}

async fn next_work(agent: &PgPool, slots: i32, caps: serde_json::Value) -> Vec<TaskId> {
    let rows: Vec<(Uuid, Uuid, String)> =
        sqlx::query_as("select task_id, owner, portal from work.next_work('w', $1, $2)")
            .bind(slots)
            .bind(caps)
            .fetch_all(agent)
            .await
            .unwrap();
    rows.into_iter().map(|(task, ..)| TaskId(task)).collect()
}

/// What was offered and not claimed is on offer again.
async fn forget_reservations(world: &World) {
    sqlx::query("update work.work set reserved_by = null, reserved_until = null")
        .execute(&world.admin)
        .await
        .unwrap();
}

async fn becomes(bus: &CommandBus, task: TaskId, what: &str, is: impl Fn(&Task) -> bool) -> Task {
    let mut last = Task::default();
    eventually(what, async || {
        last = bus
            .load::<Task>(&task.to_string())
            .await
            .unwrap()
            .unwrap()
            .state;
        is(&last)
    })
    .await;
    last
}

#[tokio::test]
async fn work_is_handed_out_fairly_and_within_the_portals_caps() {
    let mut world = World::start().await;
    world.run_reactor(ReactorOptions::default());
    let bus = world.bus().await;
    let agent = world.pool("relevo_agent").await;
    let (many, few) = (user(), user());
    let any = serde_json::json!({"*": 100});
    let mut of_many = Vec::new();
    for _ in 0..3 {
        of_many.push(submit(&bus, many, "plain").await);
    }
    let of_few = submit(&bus, few, "wizard").await;
    let mut later = submission(few, "plain");
    later.not_before = Some(Utc::now() + TimeDelta::hours(1));
    submit_as(&bus, later).await;
    let mut with_owner = submission(few, "plain");
    with_owner.needs_human = true;
    let with_owner = submit_as(&bus, with_owner).await;
    world.reactor_converges().await;

    // The first of each owner before the second of one; then what is offered is not offered again.
    assert_eq!(
        next_work(&agent, 2, any.clone()).await,
        vec![of_many[0], of_few]
    );
    assert_eq!(
        next_work(&agent, 9, any.clone()).await,
        vec![of_many[1], of_many[2]]
    );
    assert!(next_work(&agent, 9, any.clone()).await.is_empty());
    forget_reservations(&world).await;

    // A portal's cap counts what runs; one not named has one place, if `*` says nothing.
    assert_eq!(
        next_work(&agent, 9, serde_json::json!({})).await,
        vec![of_many[0], of_few]
    );
    forget_reservations(&world).await;
    let epoch = start(&bus, of_many[0]).await;
    world.reactor_converges().await;
    let caps = serde_json::json!({"plain": 2, "wizard": 1});
    assert_eq!(
        next_work(&agent, 9, caps).await,
        vec![of_few, of_many[1]],
        "the busy owner comes later, and plain has one place left"
    );
    forget_reservations(&world).await;

    // What a human has just done their part of goes before the older.
    execute(&bus, with_owner, TaskCommand::ResumeTask).await;
    let fail = TaskCommand::FailTask {
        epoch: Some(epoch),
        failure: support::failure(),
    };
    execute(&bus, of_many[0], fail).await;
    world.reactor_converges().await;
    assert_eq!(next_work(&agent, 1, any.clone()).await, vec![with_owner]);
    let rows: i64 = sqlx::query_scalar("select count(*) from work.work where task_id = $1")
        .bind(of_many[0].0)
        .fetch_one(&world.admin)
        .await
        .unwrap();
    assert_eq!(rows, 0, "a finished task needs no worker");
    // Retried, it is there again.
    execute(&bus, of_many[0], TaskCommand::RetryTask).await;
    world.reactor_converges().await;
    assert!(next_work(&agent, 9, any).await.contains(&of_many[0]));
    world.end().await;
}

#[tokio::test]
async fn a_browser_nobody_comes_to_is_parked_and_its_task_waits() {
    let mut world = World::start().await;
    world.run_reactor(ReactorOptions {
        park: Duration::from_millis(300),
        tick: Duration::from_millis(100),
        ..ReactorOptions::default()
    });
    let bus = world.bus().await;
    let owner = user();
    let asked = submit(&bus, owner, "plain").await;
    let epoch = start(&bus, asked).await;
    let id = ask(&bus, asked, epoch).await;
    let paused = submit(&bus, owner, "plain").await;
    start(&bus, paused).await;
    execute(&bus, paused, TaskCommand::PauseTask).await;
    let parked = becomes(&bus, asked, "parked", Task::is_parked).await;
    assert_eq!(parked.status, Status::InterventionNeeded);
    assert_eq!(parked.intervention.unwrap().id, id);
    let parked = becomes(&bus, paused, "parked", Task::is_parked).await;
    assert_eq!(parked.status, Status::Paused);
    // Its place is free until the answer puts it at the head of the queue.
    world.reactor_converges().await;
    let work = "select not exists (select from work.work) and not exists (select from work.timers)";
    world.until(work).await;
    let answer = TaskCommand::AnswerIntervention {
        id,
        answer: domain::Sealed("c2VhbGVk".to_owned()),
    };
    execute(&bus, asked, answer).await;
    world
        .until("select exists (select from work.work where state = 'queued' and priority = 1)")
        .await;
    world.end().await;
}

#[tokio::test]
async fn a_question_with_a_deadline_parks_at_it_but_never_under_a_humans_hands() {
    let mut world = World::start().await;
    world.run_reactor(ReactorOptions {
        tick: Duration::from_millis(100),
        ..ReactorOptions::default()
    });
    let bus = world.bus().await;
    let owner = user();
    let mut tasks = Vec::new();
    for _ in 0..2 {
        let task = submit(&bus, owner, "plain").await;
        let epoch = start(&bus, task).await;
        let intervention = Intervention {
            answer_by: Some(Utc::now() + TimeDelta::seconds(3)),
            ..support::question()
        };
        let ask = TaskCommand::RequestIntervention {
            epoch: Some(epoch),
            intervention,
        };
        execute(&bus, task, ask).await;
        tasks.push(task);
    }
    execute(&bus, tasks[1], TaskCommand::TakeControl { user: owner }).await;
    becomes(&bus, tasks[0], "parked", Task::is_parked).await;
    let held = bus.load::<Task>(&tasks[1].to_string()).await.unwrap();
    assert!(!held.unwrap().state.is_parked());
    world.end().await;
}

#[tokio::test]
async fn only_a_binding_window_expires_a_task() {
    let mut world = World::start().await;
    world.run_reactor(ReactorOptions {
        tick: Duration::from_millis(100),
        ..ReactorOptions::default()
    });
    let bus = world.bus().await;
    let owner = user();
    let windowed = |verified| {
        let mut submission = submission(owner, "plain");
        submission.window = Some(TaskWindow {
            until: Utc::now() + TimeDelta::milliseconds(500),
            rule: "days".to_owned(),
            verified,
        });
        submission
    };
    let assumed = submit_as(&bus, windowed(WindowSource::Assumed)).await;
    let printed = submit_as(&bus, windowed(WindowSource::Printed)).await;
    let failed = becomes(&bus, printed, "expired", |t| t.status == Status::Failed).await;
    assert_eq!(failed.failure.unwrap().class, FailureClass::Expired);
    let open = bus.load::<Task>(&assumed.to_string()).await.unwrap();
    assert_eq!(open.unwrap().state.status, Status::Pending);
    world.end().await;
}

#[tokio::test]
async fn a_retry_that_looks_an_invoice_up_expires_only_when_the_portal_denies_it() {
    let mut world = World::start().await;
    let bus = world.bus().await;
    let owner = user();
    let mut submission = submission(owner, "plain");
    submission.window = Some(TaskWindow {
        until: Utc::now() - TimeDelta::hours(1),
        rule: "days".to_owned(),
        verified: WindowSource::Printed,
    });
    let outcome = |epoch, outcome| TaskCommand::RecordSubmitOutcome {
        epoch,
        outcome,
        evidence: "seen".to_owned(),
    };
    let task = submit_as(&bus, submission).await;
    let epoch = start(&bus, task).await;
    execute(&bus, task, outcome(epoch, SubmitOutcome::Unknown)).await;
    world.run_reactor(ReactorOptions {
        tick: Duration::from_millis(100),
        ..ReactorOptions::default()
    });
    let fail = TaskCommand::FailTask {
        epoch: Some(epoch),
        failure: support::failure(),
    };
    execute(&bus, task, fail).await;
    execute(&bus, task, TaskCommand::RetryTask).await;
    world.reactor_converges().await;
    let timers: i64 = sqlx::query_scalar("select count(*) from work.timers where kind = 'expire'")
        .fetch_one(&world.admin)
        .await
        .unwrap();
    assert_eq!(timers, 0, "nothing ends the search");
    let epoch = start(&bus, task).await;
    execute(&bus, task, outcome(epoch, SubmitOutcome::Rejected)).await;
    let expired = becomes(&bus, task, "expired", |t| t.status == Status::Failed).await;
    assert_eq!(
        expired.failure.as_ref().unwrap().class,
        FailureClass::Expired
    );
    assert!(!expired.can_retry());
    world.end().await;
}

#[tokio::test]
async fn an_invoice_that_does_not_come_is_asked_for_once() {
    let mut world = World::start().await;
    world.run_reactor(ReactorOptions {
        tick: Duration::from_millis(100),
        ..ReactorOptions::default()
    });
    let bus = world.bus().await;
    let task = submit(&bus, user(), "plain").await;
    let epoch = start(&bus, task).await;
    let intend = TaskCommand::IntendSubmit {
        epoch,
        by: SubmitBy::Agent,
        values_hash: "h".to_owned(),
    };
    execute(&bus, task, intend).await;
    let accepted = TaskCommand::RecordSubmitOutcome {
        epoch,
        outcome: SubmitOutcome::Accepted,
        evidence: "seen".to_owned(),
    };
    execute(&bus, task, accepted).await;
    let wait = TaskCommand::AwaitDelivery {
        epoch,
        channel: DeliveryChannel::Email,
        expected_by: Utc::now(),
    };
    execute(&bus, task, wait).await;
    let asked = becomes(&bus, task, "asked", |t| t.intervention.is_some()).await;
    assert_eq!(asked.intervention.unwrap().kind, InterventionKind::Delivery);
    assert_eq!(asked.status, Status::InterventionNeeded);
    world
        .until("select not exists (select from work.timers)")
        .await;
    world.end().await;
}

#[tokio::test]
async fn a_silent_worker_loses_its_lease_and_a_silent_human_control() {
    let mut world = World::start().await;
    world.run_reactor(ReactorOptions {
        lease: Duration::from_secs(4),
        control: Duration::from_secs(4),
        tick: Duration::from_millis(100),
        ..ReactorOptions::default()
    });
    let bus = world.bus().await;
    let owner = user();
    let agent = world.pool("relevo_agent").await;
    let api = world.pool("relevo_api").await;
    let healthy = submit(&bus, owner, "plain").await;
    let held = submit(&bus, owner, "plain").await;
    let silent = submit(&bus, owner, "plain").await;
    let (healthy_epoch, held_epoch) = (start(&bus, healthy).await, start(&bus, held).await);
    let beating = tokio::spawn(async move {
        loop {
            for (task, epoch) in [(healthy, healthy_epoch), (held, held_epoch)] {
                sqlx::query(
                    "insert into work.leases (task_id, epoch, worker, beat_at) \
                     values ($1, $2, 'worker-1', now()) on conflict (task_id) do update \
                     set epoch = excluded.epoch, worker = excluded.worker, beat_at = now()",
                )
                .bind(task.0)
                .bind(i64::try_from(epoch).unwrap())
                .execute(&agent)
                .await
                .unwrap();
            }
            // As an api node does for a holder's socket.
            sqlx::query(
                "insert into work.control_beats (task_id, control_epoch, beat_at) \
                 values ($1, 1, now()) on conflict (task_id) do update \
                 set control_epoch = excluded.control_epoch, beat_at = excluded.beat_at",
            )
            .bind(healthy.0)
            .execute(&api)
            .await
            .unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    execute(&bus, healthy, TaskCommand::TakeControl { user: owner }).await;
    execute(&bus, held, TaskCommand::TakeControl { user: owner }).await;
    start(&bus, silent).await;
    let expired = becomes(&bus, silent, "lease expired", Task::is_parked).await;
    assert_eq!((expired.status, expired.attempts), (Status::Pending, 1));
    let lapsed = becomes(&bus, held, "control lapsed", |t| {
        t.control == Control::Agent
    })
    .await;
    assert_eq!(lapsed.status, Status::InterventionNeeded);
    let state = bus.load::<Task>(&healthy.to_string()).await.unwrap();
    let state = state.unwrap().state;
    assert!(state.lease.is_some(), "heartbeats keep the lease");
    assert!(
        matches!(state.control, Control::User { .. }),
        "an open socket keeps control"
    );
    // Expired once, however often the sweeper looked.
    let expiries: i64 = sqlx::query_scalar(
        "select count(*) from log.events where aggregate_id = $1 and event_type = 'LeaseExpired'",
    )
    .bind(silent.to_string())
    .fetch_one(&world.admin)
    .await
    .unwrap();
    assert_eq!(expiries, 1);
    beating.abort();
    world.end().await;
}

async fn rows(admin: &PgPool) -> Vec<serde_json::Value> {
    let sql = "select to_jsonb(t) from work.tasks t union all \
               select to_jsonb(w) - 'reserved_by' - 'reserved_until' from work.work w union all \
               select to_jsonb(m) from work.timers m order by 1";
    sqlx::query_scalar(sql).fetch_all(admin).await.unwrap()
}

#[tokio::test]
async fn work_and_timers_are_a_fold_of_the_log_and_making_them_anew_sends_nothing() {
    let mut world = World::start().await;
    let options = ReactorOptions::default();
    world.run_reactor(options);
    let bus = world.bus().await;
    let owner = user();
    support::live_some(&bus, 3).await;
    submit(&bus, owner, "plain").await;
    let asked = submit(&bus, owner, "wizard").await;
    let epoch = start(&bus, asked).await;
    ask(&bus, asked, epoch).await;
    let mut windowed = submission(owner, "plain");
    windowed.window = Some(TaskWindow {
        until: Utc::now() + TimeDelta::days(30),
        rule: "calendar_month".to_owned(),
        verified: WindowSource::Assumed,
    });
    submit_as(&bus, windowed).await;
    world.reactor_converges().await;
    let followed = rows(&world.admin).await;
    assert!(followed.len() > 8);
    world.stop.cancel();
    world.ended().await.unwrap();
    let head = world.head().await;
    let pool = world.pool("relevo_reactor").await;
    let log = EventLog::from_pool(pool.clone());
    let at = rebuild_work(&pool, &log, &options).await.unwrap();
    assert_eq!(at.position, head);
    assert_eq!(rows(&world.admin).await, followed);
    assert_eq!(world.head().await, head);
    world.end().await;
}

#[tokio::test]
async fn a_log_that_lost_events_stops_the_reactor_until_it_is_adopted() {
    let mut world = World::start().await;
    world.run_reactor(ReactorOptions::default());
    let bus = world.bus().await;
    submit(&bus, user(), "plain").await;
    world.reactor_converges().await;
    let kept = rows(&world.admin).await;
    // The whole log under a new id: it goes on.
    drop(bus);
    world.stop_services().await;
    world.adopt().await;
    world.run_reactor(ReactorOptions::default());
    let bus = world.bus().await;
    submit(&bus, user(), "plain").await;
    world.reactor_converges().await;
    drop(bus);
    for sql in [
        "alter table log.events disable trigger refuse_delete",
        "delete from log.events where position > 1",
        "alter table log.events enable trigger refuse_delete",
    ] {
        sqlx::query(sql).execute(&world.admin).await.unwrap();
    }
    let said = format!("{:#}", world.ended().await.unwrap_err());
    assert!(said.contains("relevo log adopt"), "{said}");
    world.run_reactor(ReactorOptions::default());
    world.ended().await.unwrap_err();
    // It makes its tables anew and goes on; nothing was sent.
    world.adopt().await;
    world.run_reactor(ReactorOptions::default());
    world
        .until("select position = 1 from work.checkpoint")
        .await;
    assert_eq!(rows(&world.admin).await, kept);
    assert_eq!(world.head().await, 1);
    let bus = world.bus().await;
    submit(&bus, user(), "plain").await;
    world.reactor_converges().await;
    world.end().await;
}

#[tokio::test]
async fn every_table_of_a_users_data_has_row_security() {
    let world = World::start().await;
    let bare: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = 'work' and c.relkind in ('r', 'p', 'v', 'm', 'f') \
         and not (c.relrowsecurity and c.relforcerowsecurity) order by 1",
    )
    .fetch_all(&world.admin)
    .await
    .unwrap();
    assert_eq!(bare, vec!["_sqlx_migrations", "checkpoint"]);
    world.end().await;
}

/// Stores a fact about a file; the file itself lies in `dir` as the artifact store has it.
async fn stored(
    bus: &CommandBus,
    dir: &Path,
    task: TaskId,
    epoch: u64,
    kind: ArtifactKind,
) -> File {
    let id = ArtifactId(Uuid::now_v7());
    let folder = dir.join(format!("{:02x}", id.0.as_bytes()[15]));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(id.to_string());
    std::fs::write(&path, "sealed").unwrap();
    let command = TaskCommand::StoreArtifact {
        by: FactSource::Worker { epoch },
        artifact: Artifact {
            id,
            kind,
            size_bytes: 6,
            digest: KeyedHash("ab".repeat(32)),
        },
    };
    execute(bus, task, command).await;
    File { id, path }
}

struct File {
    id: ArtifactId,
    path: PathBuf,
}

#[tokio::test]
async fn passing_files_are_erased_so_long_after_the_end_of_their_task() {
    let mut world = World::start().await;
    let dir = world.stack.dir().join("artifacts");
    world.config.artifacts = Place::Folder(dir.clone());
    let bus = world.bus().await;
    let task = submit(&bus, user(), "plain").await;
    let epoch = start(&bus, task).await;
    let xml = stored(&bus, &dir, task, epoch, ArtifactKind::Xml).await;
    let picture = stored(&bus, &dir, task, epoch, ArtifactKind::Screenshot).await;
    let session = stored(&bus, &dir, task, epoch, ArtifactKind::Session).await;
    let open = submit(&bus, user(), "plain").await;
    let open_epoch = start(&bus, open).await;
    let of_open = stored(&bus, &dir, open, open_epoch, ArtifactKind::Screenshot).await;
    execute(&bus, task, TaskCommand::CancelTask).await;

    // Sixty days are not over.
    world.run_reactor(ReactorOptions::default());
    world.reactor_converges().await;
    world
        .until("select count(*) = 1 from work.retention where ended_at is not null")
        .await;
    let kept = becomes(&bus, task, "finished", |task| task.status.is_finished()).await;
    assert!(kept.erased.is_empty());

    // They are now.
    sqlx::query("update work.retention set ended_at = ended_at - interval '61 days'")
        .execute(&world.admin)
        .await
        .unwrap();
    let erased = [picture.id, session.id].into();
    becomes(&bus, task, "erased", |task| task.erased == erased).await;
    world.until("select count(*) = 0 from work.retention").await;
    assert!(!picture.path.exists() && !session.path.exists());
    assert!(xml.path.exists() && of_open.path.exists());

    // What comes late is erased by the end of the task, and what came back is removed anew.
    world.stop_services().await;
    std::fs::write(&picture.path, "of a backup").unwrap();
    let late = stored(&bus, &dir, task, epoch, ArtifactKind::Screenshot).await;
    let pool = world.pool("relevo_reactor").await;
    let options = ReactorOptions {
        screenshots: Duration::ZERO,
        ..ReactorOptions::default()
    };
    rebuild_work(&pool, &EventLog::from_pool(pool.clone()), &options)
        .await
        .unwrap();
    world.run_reactor(options);
    becomes(&bus, task, "erased", |task| task.erased.contains(&late.id)).await;
    world.until("select count(*) = 0 from work.retention").await;
    assert!(!late.path.exists() && !picture.path.exists());
    assert!(xml.path.exists() && of_open.path.exists());
    world.end().await;
}
