//! `relevo audit show`, `replay` and `tail`, as an auditor meets them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use commands::{CommandBus, Context, EventLog, LogConfig};
use common::submission;
use devstack::{Stack, StackOptions};
use domain::task::{Task, TaskCommand};
use domain::{ProfileId, Sealed, TaskId, UserId};
use serde_json::Value;
use sqlx::PgPool;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use uuid::Uuid;

const HIDDEN: &str = "SElEREVO";

struct Installation {
    stack: Stack,
    admin: PgPool,
    bus: CommandBus,
}

impl Installation {
    async fn start() -> Self {
        let stack = Stack::start(StackOptions::default()).await.unwrap();
        let postgres = stack.postgres();
        postgres.create_database("relevo").await.unwrap();
        let admin = postgres.url("postgres", postgres.password(), "relevo");
        let admin = PgPool::connect(&admin).await.unwrap();
        let password = stack.service_password();
        commands::migrate(&admin, password).await.unwrap();
        let url = postgres.url("relevo_api", password, "relevo");
        let bus = CommandBus::connect(&LogConfig::new(url)).await.unwrap();
        Self { stack, admin, bus }
    }

    async fn run(&self, task: TaskId, command: TaskCommand) {
        let context = Context::user(UserId(Uuid::from_u128(7)));
        let task = task.to_string();
        let done = self.bus.execute::<Task>(&task, command, &context).await;
        done.unwrap();
    }

    async fn submit(&self) -> TaskId {
        let task = TaskId(Uuid::now_v7());
        let (owner, profile) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let hidden = Sealed(HIDDEN.to_owned());
        let submission = submission(UserId(owner), ProfileId(profile), "key", &hidden);
        self.run(task, TaskCommand::SubmitTask(submission)).await;
        task
    }

    async fn start_task(&self, task: TaskId) {
        let start = TaskCommand::StartTask {
            worker: "w".to_owned(),
            profile_version: 1,
        };
        self.run(task, start).await;
    }

    fn relevo(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_relevo"));
        command.args(["audit"]).args(args).env_clear();
        command.envs(self.stack.relevo_env());
        command
    }

    /// Runs to its end; nothing sealed is shown by anything.
    fn says(&self, args: &[&str], code: i32) -> String {
        let output = self.relevo(args).output().unwrap();
        let text = text(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
        assert!(!text.contains(HIDDEN), "{args:?}: {text}");
        text
    }

    async fn end(self) {
        drop(self.bus);
        self.admin.close().await;
        self.stack.stop().await.unwrap();
    }
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_shown_as_it_was_and_stepped_through() {
    let here = Installation::start().await;
    let other = here.submit().await;
    let task = here.submit().await;
    here.start_task(other).await;
    here.start_task(task).await;
    here.run(task, TaskCommand::PauseTask).await;
    let (task, id) = (task.to_string(), task);

    let now = here.says(&["show", &task], 0);
    assert!(
        now.contains("as of position 5, 20") && now.contains("status: PAUSED"),
        "{now}"
    );
    assert!(now.contains("submission.ticket.fields: [sealed "), "{now}");
    let then = json(&here.says(&["show", &task, "--at", "3", "--json"], 0));
    assert_eq!(
        (&then["position"], &then["state"]["status"]),
        (&2.into(), &"PENDING".into())
    );
    let at = here.bus.log().at(4).await.unwrap().unwrap().recorded_at;
    let then = here.says(&["show", &task, "--at", &at.to_rfc3339(), "--json"], 0);
    assert_eq!(json(&then)["state"]["lease"], "w");

    // No such state is told from a question that can't be asked.
    let unknown = Uuid::now_v7().to_string();
    for (args, why) in [
        (["show", &task, "--at", "1"], "at position 2"),
        (["show", &task, "--at", "6"], "ends at position 5"),
        (
            ["show", &task, "--at", "2999-01-01T00:00:00Z"],
            "still to come",
        ),
        (["show", &unknown, "--at", "5"], "no task"),
        (["replay", &unknown, "--from", "1"], "no task"),
    ] {
        let text = here.says(&args, 2);
        assert!(text.contains(why), "{args:?}: {text}");
    }
    here.says(&["show", &task, "--at", "yesterday"], 1);
    here.says(&["show", "no-task"], 1);

    let steps = here.says(&["replay", &task], 0);
    let lines = [
        "event 1  TaskSubmitted v1",
        "submission.ticket.portal: – → practice",
        "event 2  TaskStarted v1",
        "status: PENDING → RUNNING",
        "event 3  TaskPaused v1",
        "status: RUNNING → PAUSED",
    ];
    let mut rest = steps.as_str();
    for line in lines {
        let found = rest.find(line).unwrap_or_else(|| panic!("{line}: {steps}"));
        rest = &rest[found..];
    }
    let part = here.says(&["replay", &task, "--from", "3", "--to", "4", "--json"], 0);
    let part = json(&part);
    assert_eq!(
        (&part["position"], &part["event"]),
        (&4.into(), &"TaskStarted".into())
    );
    let status = part["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["field"] == "status");
    let status = status.unwrap();
    assert_eq!(
        (&status["before"], &status["after"]),
        (&"PENDING".into(), &"RUNNING".into())
    );

    newer_event(&here, id).await;
    let broken = here.says(&["replay", &task], 1);
    assert!(broken.contains("RUNNING → PAUSED"), "{broken}");
    assert!(
        broken.contains("task.TaskResumed has version 9"),
        "{broken}"
    );
    let broken = here.says(&["show", &task], 1);
    assert!(broken.contains("position 6"), "{broken}");
    here.end().await;
}

/// As a newer program would write it.
async fn newer_event(here: &Installation, task: TaskId) {
    let log_id = here.bus.log().log_id().await.unwrap();
    sqlx::query(
        "select log.append($1, 'on', array['task'], array[$2], array[3::bigint], array[1], \
         array[4::bigint], array[$3::uuid], array['TaskResumed'], array['9'], array['{}'], \
         array['{}'], array[decode(repeat('00', 32), 'hex')])",
    )
    .bind(log_id)
    .bind(task.to_string())
    .bind(Uuid::now_v7())
    .execute(&here.admin)
    .await
    .unwrap();
}

/// A `relevo audit tail`, which ends with the test whatever becomes of it.
struct Tail {
    child: Child,
    lines: Option<BufReader<ChildStdout>>,
}

impl Tail {
    fn start(here: &Installation, args: &[&str]) -> Self {
        let args = [&["tail"], args].concat();
        let mut command = here.relevo(&args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = child.stdout.take().map(BufReader::new);
        Self { child, lines }
    }

    /// Waits for the next line.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.as_mut().unwrap().read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "it has ended: {}", self.errors());
        assert!(!line.contains(HIDDEN), "{line}");
        line
    }

    fn errors(&mut self) -> String {
        let mut text = String::new();
        let errors = self.child.stderr.take().unwrap();
        BufReader::new(errors).read_to_string(&mut text).unwrap();
        text
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    fn end(&mut self) -> ExitStatus {
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it does not end")
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_followed_until_told_to_stop() {
    let here = Installation::start().await;
    let one = here.submit().await;
    let other = here.submit().await;
    let log: &EventLog = here.bus.log();
    assert_eq!(log.head().await.unwrap().position, 2);

    let mut all = Tail::start(&here, &["--from", "1"]);
    let mut of_one = Tail::start(
        &here,
        &["--from", "1", "--task", &one.to_string(), "--json"],
    );
    assert!(all.line().starts_with("1  20"));
    assert!(
        all.line()
            .contains(&format!("task {other} #1  TaskSubmitted v1  user:"))
    );
    let first = json(&of_one.line());
    assert_eq!(
        (&first["position"], &first["data"]["portal"]),
        (&1.into(), &"practice".into())
    );
    // What comes from now on, of this task only.
    here.start_task(other).await;
    here.start_task(one).await;
    assert_eq!(json(&of_one.line())["position"], 4);
    assert!(all.line().starts_with("3  20") && all.line().starts_with("4  20"));

    for (tail, signal) in [(&mut all, "-TERM"), (&mut of_one, "-INT")] {
        tail.signal(signal);
        assert_eq!(tail.end().code(), Some(0), "{signal}: {}", tail.errors());
    }

    // Nobody reads on.
    let mut left = Tail::start(&here, &["--from", "1"]);
    left.line();
    drop(left.lines.take());
    here.run(one, TaskCommand::PauseTask).await;
    assert_eq!(left.end().code(), Some(0), "{}", left.errors());

    // The log is another one: what follows does not follow what was shown.
    let mut deceived = Tail::start(&here, &["--from", "5"]);
    assert!(deceived.line().starts_with("5  20"));
    let forged = "alter table log.events disable trigger all; \
                  update log.events set chain = decode(repeat('11', 32), 'hex') where position = 5";
    sqlx::raw_sql(forged).execute(&here.admin).await.unwrap();
    here.run(other, TaskCommand::PauseTask).await;
    assert_eq!(deceived.end().code(), Some(2));
    assert!(deceived.errors().contains("no longer what was shown"));

    let mut elsewhere = here.relevo(&["tail"]);
    elsewhere.env("RELEVO_DATABASE__URL", "postgres://127.0.0.1:1/relevo");
    let output = elsewhere.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    here.end().await;
}
