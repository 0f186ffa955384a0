//! Whatever goes wrong under load, each command has one verdict, and a repeat gives the same.

use crate::harness::*;
use crate::line::{Break, Line};
use commands::{CommandBus, Context, ExecuteError, FlushMode, LogConfig};
use domain::task::{Task, TaskCommand};
use futures::future::join_all;
use sqlx::Executor as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

const PAUSE: Duration = Duration::from_millis(10);

/// A command that was answered, and where its event is.
struct Done {
    task: String,
    command: TaskCommand,
    same: Context,
    place: (Uuid, u64, u64),
}

/// Repeats a command under its id until it is answered, as a client would.
async fn done(bus: &CommandBus, task: &str, command: TaskCommand) -> Done {
    let same = context();
    loop {
        match bus.execute::<Task>(task, command.clone(), &same).await {
            Ok(executed) => {
                let event = &executed.events[0];
                return Done {
                    task: task.to_owned(),
                    command,
                    same,
                    place: (event.event_id, event.sequence, event.position),
                };
            }
            Err(ExecuteError::Unavailable(_) | ExecuteError::Busy(_) | ExecuteError::Conflict) => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Eight commands on each of 20 new tasks, all tasks at once.
async fn load(bus: &CommandBus) -> Vec<Done> {
    let tasks = (0..20).map(async |_| {
        let task = task_id().to_string();
        let start = TaskCommand::StartTask {
            worker: "w".to_owned(),
            profile_version: 1,
        };
        let mut answers = vec![
            done(bus, &task, TaskCommand::SubmitTask(submission(&task))).await,
            done(bus, &task, start).await,
        ];
        for n in 0..6 {
            answers.push(done(bus, &task, step(format!("{n}"))).await);
        }
        answers
    });
    join_all(tasks).await.into_iter().flatten().collect()
}

/// No gap, no command twice, and every answer given once more.
async fn all_is_sound(db: &Database, bus: &CommandBus, answers: &[Done]) {
    let sql = "select count(*) = max(position) and bool_and(sequence = place) \
               and count(*) = count(distinct metadata ->> 'command_id') and count(*) = $1 \
               from (select *, row_number() over (partition by aggregate_type, aggregate_id \
                     order by sequence) as place from log.events) e";
    let sound: bool = sqlx::query_scalar(sql)
        .bind(answers.len() as i64)
        .fetch_one(&db.admin)
        .await
        .unwrap();
    assert!(sound, "a gap, or a command twice");
    for answer in answers {
        let repeat = bus.execute::<Task>(&answer.task, answer.command.clone(), &answer.same);
        let repeated = repeat.await.unwrap();
        let event = &repeated.events[0];
        let place = (event.event_id, event.sequence, event.position);
        assert!(repeated.repeated && place == answer.place, "another result");
    }
}

async fn bus(db: &Database, flush: FlushMode, settings: &str) -> CommandBus {
    let url = format!("{}{settings}", db.url("relevo_api"));
    let config = LogConfig {
        flush,
        ..LogConfig::new(url)
    };
    CommandBus::connect(&config).await.unwrap()
}

/// Load while something happens again and again.
async fn load_while(db: &Arc<Database>, bus: &CommandBus, happens: impl AsyncFn(&Database)) {
    let over = AtomicBool::new(false);
    let trouble = async {
        while !over.load(Ordering::Relaxed) {
            happens(db).await;
            tokio::time::sleep(PAUSE).await;
        }
    };
    let loading = async {
        let answers = load(bus).await;
        over.store(true, Ordering::Relaxed);
        answers
    };
    let ((), answers) = tokio::join!(trouble, loading);
    all_is_sound(db, bus, &answers).await;
}

#[test]
fn all_connections_cut_again_and_again() {
    for flush in [FlushMode::Inside, FlushMode::Outside] {
        with_database(async |db| {
            let bus = bus(&db, flush, "").await;
            load_while(&db, &bus, async |db| {
                let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                           where datname = current_database() and usename = 'relevo_api' \
                           and state = 'active'";
                db.admin.execute(cut).await.unwrap();
            })
            .await;
        });
    }
}

#[test]
fn a_lock_held_for_longer_than_anybody_waits() {
    with_database(async |db| {
        let bus = bus(&db, FlushMode::Outside, "?options[lock_timeout]=20ms").await;
        load_while(&db, &bus, async |db| {
            let mut holder = db.admin.begin().await.unwrap();
            let lock = "select pg_advisory_xact_lock(7305460, 1)";
            holder.execute(lock).await.unwrap();
            tokio::time::sleep(10 * PAUSE).await;
            holder.rollback().await.unwrap();
        })
        .await;
    });
}

#[test]
fn a_client_that_dies_between_execute_and_sync_gives_the_lock_back() {
    with_database(async |db| {
        let line = Line::to(db.port(), Break::BeforeSync).await;
        let (stuck, other) = (line.bus(&db).await, db.bus().await);
        let task = running_task(&stuck).await;
        line.arm();
        let waiting = tokio::spawn({
            let (bus, task) = (stuck.clone(), task.clone());
            async move { done(&bus, &task, step("BREAKME")).await }
        });
        // Its events are inserted, and the lock is held, by a backend that waits for a message.
        let held = "select exists (select from pg_locks l join pg_stat_activity a using (pid) \
                    where l.locktype = 'advisory' and l.granted and a.wait_event = 'ClientRead' \
                    and a.datname = current_database())";
        let until_held = async {
            while !sqlx::query_scalar::<_, bool>(held)
                .fetch_one(&db.admin)
                .await
                .unwrap()
            {
                tokio::time::sleep(PAUSE).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), until_held).await;
        waited.expect("nobody holds the lock");
        let next = tokio::spawn(async move { running_task(&other).await });
        line.cut();
        let answer = waiting.await.unwrap();
        let next = next.await.unwrap();
        assert_ne!(next, task);
        assert_eq!(answer.place.1, 3);
        let steps = stuck.history::<Task>(&task).await.unwrap();
        assert_eq!(steps.len(), 3, "recorded once");
    });
}

/// A client that vanishes without a word is noticed by these, within 11 seconds.
#[test]
fn every_writers_connection_has_keepalives() {
    with_database(async |db| {
        for role in ["relevo_api", "relevo_agent", "relevo_reactor"] {
            let pool = db.pool(role).await;
            let sql = "select current_setting('tcp_keepalives_idle'), \
                       current_setting('tcp_keepalives_interval'), \
                       current_setting('tcp_keepalives_count')";
            let settings: (String, String, String) =
                sqlx::query_as(sql).fetch_one(&pool).await.unwrap();
            let seconds: Vec<u32> = [settings.0, settings.1, settings.2]
                .iter()
                .map(|text| text.parse().unwrap())
                .collect();
            assert!(seconds[0] + seconds[1] * seconds[2] <= 11, "{role}");
        }
    });
}

/// A small disk of its own; gone at the end.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where we may not mount.
    fn mount(mib: u32) -> Option<Self> {
        // Where the server's account can reach it, too.
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let mounted = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={mib}m,mode=0777"),
                "tmpfs",
            ])
            .arg(folder.path())
            .status();
        mounted.is_ok_and(|s| s.success()).then_some(Self(folder))
    }

    fn grow(&self, mib: u32) {
        let grown = Command::new("mount")
            .args(["-o", &format!("remount,size={mib}m")])
            .arg(self.0.path())
            .status();
        assert!(grown.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_makes_the_log_busy_and_spoils_nothing() {
    let Some(disk) = SmallDisk::mount(2) else {
        eprintln!("skipped: a small disk can't be mounted here (root may)");
        return;
    };
    with_database(async |db| {
        let place = disk.0.path().display();
        let folder = disk.0.path().join("t");
        std::fs::create_dir(&folder).unwrap();
        let owner = Command::new("chown")
            .arg("postgres")
            .arg(&folder)
            .arg(disk.0.path())
            .status();
        assert!(owner.unwrap().success());
        for sql in [
            format!("create tablespace small location '{place}/t'"),
            "alter table log.events set tablespace small".to_owned(),
        ] {
            db.admin.execute(sql.as_str()).await.unwrap();
        }
        let bus = bus(&db, FlushMode::Outside, "").await;
        let mut answers = Vec::new();
        let full = loop {
            let task = task_id().to_string();
            let mut submission = submission(&task);
            // Nothing that compression makes small.
            submission.ticket.fields =
                domain::Sealed((0..700).map(|_| Uuid::new_v4().to_string()).collect());
            let (submit, same) = (TaskCommand::SubmitTask(submission), context());
            match bus.execute::<Task>(&task, submit.clone(), &same).await {
                Ok(executed) => {
                    let event = &executed.events[0];
                    answers.push(Done {
                        task,
                        command: submit,
                        same,
                        place: (event.event_id, event.sequence, event.position),
                    });
                }
                Err(ExecuteError::Busy(_)) => break (task, submit),
                Err(error) => panic!("{error:?}"),
            }
        };
        assert!(answers.len() > 3, "{}", answers.len());
        disk.grow(64);
        answers.push(done(&bus, &full.0, full.1).await);
        answers.extend(load(&bus).await);
        all_is_sound(&db, &bus, &answers).await;
        drop(bus);
        let back = "alter table log.events set tablespace pg_default";
        db.admin.execute(back).await.unwrap();
        db.admin.execute("drop tablespace small").await.unwrap();
    });
}
