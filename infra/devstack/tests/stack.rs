//! The stack as its users see it: real servers, crashes and all.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use devstack::{Stack, StackOptions};
use sqlx::{Connection, Executor, PgConnection, Row};
use tokio::io::{AsyncBufReadExt, BufReader};

async fn fresh() -> Stack {
    Stack::start(StackOptions::default()).await.unwrap()
}

fn alive(pid: u32) -> bool {
    // A zombie's command line is empty.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

/// Pids of processes whose command line holds the text.
fn processes_with(text: &str) -> Vec<u32> {
    let own = std::process::id();
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != own)
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(text)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_stack_leaves_neither_process_nor_folder() {
    let stack = fresh().await;
    let dir = stack.dir().to_path_buf();
    let mark = dir.to_string_lossy().into_owned();
    let pids = [
        stack.postgres().pid().await.unwrap(),
        stack.nats().pid().await.unwrap(),
    ];
    assert!(pids.into_iter().all(alive));
    stack.stop().await.unwrap();
    assert_eq!(pids.map(alive), [false, false]);
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
    assert!(!dir.exists());
    assert!(!dir.with_extension("lock").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_postgres_comes_back_with_what_was_committed() {
    let stack = fresh().await;
    let postgres = stack.postgres();
    postgres.create_database("shop").await.unwrap();
    let url = postgres.url("postgres", postgres.password(), "shop");
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute("CREATE TABLE t (n int)").await.unwrap();
    for round in 1..=3 {
        connection
            .execute("INSERT INTO t VALUES (1)")
            .await
            .unwrap();
        let before = postgres.pid().await;
        postgres.kill9().await.unwrap();
        assert!(
            connection.ping().await.is_err(),
            "a backend outlived its server"
        );
        postgres.start_again().await.unwrap();
        assert_ne!(postgres.pid().await, before);
        connection = PgConnection::connect(&url).await.unwrap();
        let row = connection
            .fetch_one("SELECT count(*) FROM t")
            .await
            .unwrap();
        assert_eq!(row.get::<i64, _>(0), round);
    }
    let row = connection
        .fetch_one("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        .await
        .unwrap();
    assert_eq!((row.get::<&str, _>(0), row.get::<&str, _>(1)), ("on", "on"));
    assert!(postgres.create_database("a\"; DROP").await.is_err());
    stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_can_crash_be_copied_wiped_and_restored() {
    use async_nats::jetstream::{self, stream::Config};
    let stack = fresh().await;
    let nats = stack.nats();
    let open = async || jetstream::new(async_nats::connect(nats.url()).await.unwrap());
    let config = Config {
        name: "T".into(),
        subjects: vec!["t.>".into()],
        ..Config::default()
    };
    open().await.create_stream(config).await.unwrap();
    open()
        .await
        .publish("t.a", "one".into())
        .await
        .unwrap()
        .await
        .unwrap();

    assert!(
        nats.wipe().await.is_err(),
        "a running store must not be wiped"
    );
    nats.kill9().await.unwrap();
    nats.start_again().await.unwrap();
    assert_eq!(
        open()
            .await
            .get_stream("T")
            .await
            .unwrap()
            .cached_info()
            .state
            .messages,
        1
    );

    nats.stop().await.unwrap();
    let copy = stack.dir().join("copy");
    nats.snapshot_store(&copy).await.unwrap();
    nats.wipe().await.unwrap();
    nats.start_again().await.unwrap();
    assert!(open().await.get_stream("T").await.is_err());

    nats.kill9().await.unwrap();
    nats.restore_store(&copy).await.unwrap();
    nats.start_again().await.unwrap();
    assert_eq!(
        open()
            .await
            .get_stream("T")
            .await
            .unwrap()
            .cached_info()
            .state
            .messages,
        1
    );
    stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stacks_work_side_by_side() {
    let (one, two) = tokio::join!(fresh(), fresh());
    assert_ne!(one.dir(), two.dir());
    assert_ne!(one.postgres().admin_url(), two.postgres().admin_url());
    assert_ne!(one.nats().url(), two.nats().url());
    let keys = [&one, &two].map(|stack| std::fs::read_to_string(stack.key_file()).unwrap());
    assert_ne!(keys[0], keys[1]);
    one.stop().await.unwrap();
    two.postgres().create_database("still_here").await.unwrap();
    assert!(async_nats::connect(two.nats().url()).await.is_ok());
    two.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_folder_keeps_its_data_ports_and_key_and_serves_one_process() {
    let kept = devstack::parts::state_dir()
        .unwrap()
        .join(format!("kept-{}", std::process::id()));
    let options = StackOptions {
        dir: Some(kept.clone()),
        with_oidc: true,
    };
    let stack = Stack::start(options.clone()).await.unwrap();
    stack.postgres().create_database("kept").await.unwrap();
    let first = (
        stack.relevo_env(),
        std::fs::read_to_string(stack.key_file()).unwrap(),
    );
    let second_start = Stack::start(options.clone()).await;
    assert!(second_start.is_err_and(|error| error.to_string().contains("another process")));
    stack.stop().await.unwrap();

    let stack = Stack::start(options).await.unwrap();
    let again = (
        stack.relevo_env(),
        std::fs::read_to_string(stack.key_file()).unwrap(),
    );
    assert_eq!(first, again);
    assert!(
        stack.postgres().create_database("kept").await.is_err(),
        "the database is there"
    );
    stack.stop().await.unwrap();
    std::fs::remove_dir_all(kept).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_killed_by_9_leaves_nothing_within_30_seconds() {
    let mut parent = tokio::process::Command::new(env!("CARGO_BIN_EXE_devstack-run"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap())
        .read_line(&mut line)
        .await
        .unwrap();
    let about: serde_json::Value = serde_json::from_str(&line).unwrap();
    let dir = about["dir"].as_str().unwrap().to_owned();
    let pids = ["postgres_pid", "nats_pid"].map(|name| about[name].as_u64().unwrap() as u32);
    assert!(pids.into_iter().all(alive));
    // A session that is in the middle of something must not hold the server back.
    let url = about["env"]["RELEVO_DATABASE__ADMIN_URL"].as_str().unwrap();
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute("BEGIN").await.unwrap();

    parent.kill().await.unwrap();
    let begun = Instant::now();
    while pids.into_iter().any(alive) || !processes_with(&dir).is_empty() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{:?} still run",
            processes_with(&dir)
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The next stack to start clears the dead one's folder away.
    fresh().await.stop().await.unwrap();
    assert!(!Path::new(&dir).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_browsers_need_is_theirs_and_nothing_lies_below_a_closed_folder() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let stack = fresh().await;
    let browser = stack.browser();
    let sessions = std::fs::metadata(&browser.sessions_dir).unwrap();
    if let Some(user) = &browser.user {
        assert_eq!((sessions.uid(), sessions.gid()), (user.uid, user.gid));
        let postgres = std::fs::read_to_string(format!(
            "/proc/{}/status",
            stack.postgres().pid().await.unwrap()
        ));
        assert!(
            !postgres.unwrap().contains("Uid:\t0"),
            "Postgres runs as root"
        );
        for folder in browser.sessions_dir.ancestors().skip(1) {
            let mode = std::fs::metadata(folder).unwrap().permissions().mode();
            assert!(mode & 0o001 != 0, "{} is closed", folder.display());
        }
    }
    let key = std::fs::metadata(stack.key_file()).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    stack.stop().await.unwrap();
}
