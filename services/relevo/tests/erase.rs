//! `relevo erase`, as an operator meets it: killed in the middle, and again after a restore.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use commands::{
    ArtifactStore, CommandBus, Context, KeySource, LogConfig, Scope, Vault, VaultError,
};
use common::submission;
use devstack::{Stack, StackOptions};
use domain::account::{Account, AccountCommand, Erasure, ProfileData};
use domain::task::{Artifact, ArtifactKind, FactSource, Status, Task, TaskCommand};
use domain::{ArtifactId, KeyedHash, ProfileId, Sealed, TaskId, UserId};
use sqlx::PgPool;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use uuid::Uuid;

const DATABASE: &str = "relevo";

/// A user with two profiles; each has a sealed value and a task with a file.
struct World {
    stack: Stack,
    user: UserId,
    profiles: [Uuid; 2],
}

/// What a service has at hand.
struct Service {
    bus: CommandBus,
    vault: Vault,
    files: ArtifactStore,
}

/// Everything of one profile.
struct Belongings {
    sealed: Sealed,
    task: TaskId,
    file: ArtifactId,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start(StackOptions::default()).await.unwrap();
        let world = Self {
            stack,
            user: UserId(Uuid::now_v7()),
            profiles: [1, 2].map(|_| Uuid::now_v7()),
        };
        world.says(&["migrate"], 0);
        world
    }

    fn url(&self, role: &str, password: &str) -> String {
        self.stack.postgres().url(role, password, DATABASE)
    }

    async fn admin(&self) -> PgPool {
        let url = self.url("postgres", self.stack.postgres().password());
        PgPool::connect(&url).await.unwrap()
    }

    /// Anew each time: with nothing in memory.
    async fn service(&self) -> Service {
        let url = self.url("relevo_api", self.stack.service_password());
        let pool = PgPool::connect(&url).await.unwrap();
        let source = KeySource::File(self.stack.key_file().into());
        let vault = Vault::open(pool, &source).await.unwrap();
        Service {
            bus: CommandBus::connect(&LogConfig::new(url)).await.unwrap(),
            files: ArtifactStore::new(vault.clone(), self.stack.dir().join("artifacts")),
            vault,
        }
    }

    /// `relevo`, which ends by itself or after two minutes.
    fn relevo(&self, args: &[&str]) -> Command {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", "120", env!("CARGO_BIN_EXE_relevo")]);
        command.args(args).env_clear().envs(self.stack.relevo_env());
        command.env("RELEVO_AUTH__ISSUER", "http://127.0.0.1:1");
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.stdin(Stdio::null()).current_dir(self.stack.dir());
        command
    }

    fn says(&self, args: &[&str], code: i32) -> String {
        let Output {
            status,
            stdout,
            stderr,
        } = self.relevo(args).output().unwrap();
        let text = String::from_utf8([stdout, stderr].concat()).unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}: {text}");
        text
    }

    fn scope(&self, n: usize) -> Scope {
        Scope::Profile(self.user, ProfileId(self.profiles[n]))
    }

    async fn fill(&self) -> [Belongings; 2] {
        let service = self.service().await;
        let user = self.user;
        service
            .account(user, AccountCommand::OpenAccount { user })
            .await;
        let belongings = [
            self.belongings(&service, 0).await,
            self.belongings(&service, 1).await,
        ];
        drop(service);
        belongings
    }

    async fn belongings(&self, service: &Service, n: usize) -> Belongings {
        let (scope, profile) = (self.scope(n), ProfileId(self.profiles[n]));
        let sealed = service.vault.seal(scope, "a", "f", b"text").await.unwrap();
        let data = ProfileData {
            rfc_key: KeyedHash(profile.to_string()),
            fiscal: sealed.clone(),
        };
        let add = AccountCommand::AddProfile { profile, data };
        service.account(self.user, add).await;
        let task = TaskId(Uuid::now_v7());
        let submission = submission(self.user, profile, &task.to_string(), &sealed);
        service
            .task(task, TaskCommand::SubmitTask(submission))
            .await;
        let file = ArtifactId(Uuid::now_v7());
        let stored = service.files.put(scope, file, b"<xml/>").await.unwrap();
        let store = TaskCommand::StoreArtifact {
            by: FactSource::User,
            artifact: Artifact {
                id: file,
                kind: ArtifactKind::Xml,
                size_bytes: stored.size_bytes,
                digest: stored.digest,
            },
        };
        service.task(task, store).await;
        Belongings { sealed, task, file }
    }

    /// Whether all of it opens, and whether none of it does.
    async fn opens(&self, service: &Service, n: usize, its: &Belongings) -> (bool, bool) {
        let value = service
            .vault
            .open_sealed(self.scope(n), "a", "f", &its.sealed);
        let value = match value.await {
            Ok(_) => true,
            Err(VaultError::Erased) => false,
            Err(other) => panic!("{other}"),
        };
        let file = match service.files.get(self.scope(n), its.file).await {
            Ok(_) => true,
            Err(VaultError::ArtifactMissing(_)) => false,
            Err(other) => panic!("{other}"),
        };
        (value && file, !value && !file)
    }

    /// The first profile is gone, the second is whole, and the log verifies.
    async fn only_the_second_is_left(&self, all: &[Belongings; 2]) {
        let service = self.service().await;
        assert_eq!(self.opens(&service, 0, &all[0]).await, (false, true));
        assert_eq!(self.opens(&service, 1, &all[1]).await, (true, false));
        let account = service.bus.load::<Account>(&self.user.to_string()).await;
        let account = account.unwrap().unwrap().state;
        let erasures = self
            .profiles
            .map(|id| account.profiles[&ProfileId(id)].erasure);
        assert_eq!(erasures, [Some(Erasure::Completed), None]);
        let statuses = [
            service.status(all[0].task).await,
            service.status(all[1].task).await,
        ];
        assert_eq!(statuses, [Status::Failed, Status::Pending]);
        drop(service);
        assert!(
            self.says(&["audit", "verify"], 0)
                .contains("positions 1 to")
        );
    }

    /// A minute passes for what was closed.
    async fn a_minute_passes(&self) {
        let admin = self.admin().await;
        sqlx::query("update vault.erasures set closed_at = closed_at - interval '75 seconds'")
            .execute(&admin)
            .await
            .unwrap();
        admin.close().await;
    }

    /// `pg_dump` and `pg_restore` lie beside the server.
    async fn postgres_tool(&self, name: &str, args: &[&str]) {
        let server = self.stack.postgres().pid().await.unwrap();
        let server = std::fs::read_link(format!("/proc/{server}/exe")).unwrap();
        let url = self.url("postgres", self.stack.postgres().password());
        let done = Command::new(server.with_file_name(name))
            .args(["--dbname", &url])
            .args(args)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{name}: {said}");
    }

    async fn put_back(&self, dump: &Path) {
        let server = self.stack.postgres().admin_url();
        let server = PgPool::connect(&server).await.unwrap();
        sqlx::query(&format!("drop database {DATABASE} with (force)"))
            .execute(&server)
            .await
            .unwrap();
        server.close().await;
        self.stack
            .postgres()
            .create_database(DATABASE)
            .await
            .unwrap();
        let dump = dump.to_str().unwrap();
        self.postgres_tool("pg_restore", &["--exit-on-error", dump])
            .await;
    }
}

impl Service {
    async fn account(&self, user: UserId, command: AccountCommand) {
        let (id, context) = (user.to_string(), Context::user(user));
        let done = self.bus.execute::<Account>(&id, command, &context).await;
        done.unwrap();
    }

    async fn task(&self, task: TaskId, command: TaskCommand) {
        let (id, context) = (task.to_string(), Context::agent("test"));
        let done = self.bus.execute::<Task>(&id, command, &context).await;
        done.unwrap();
    }

    async fn status(&self, task: TaskId) -> Status {
        let loaded = self.bus.load::<Task>(&task.to_string()).await;
        loaded.unwrap().unwrap().state.status
    }
}

/// A `relevo` that ends with the test, whatever becomes of it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl World {
    /// Starts an erasure and kills it once its keys are closed.
    async fn killed_in_the_middle(&self, args: &[&str]) {
        let admin = self.admin().await;
        // Not under `timeout`: a kill has to meet it itself.
        let mut command = Command::new(env!("CARGO_BIN_EXE_relevo"));
        command.args(args).env_clear().envs(self.stack.relevo_env());
        command.env("RELEVO_AUTH__ISSUER", "http://127.0.0.1:1");
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut running = Running(command.spawn().unwrap());
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let closed: bool = sqlx::query_scalar(
                "select exists (select from vault.erasures where closed_at is not null)",
            )
            .fetch_one(&admin)
            .await
            .unwrap();
            if closed {
                break;
            }
            assert_eq!(running.0.try_wait().unwrap(), None, "it ended by itself");
            assert!(Instant::now() < until, "its keys are never closed");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        running.0.kill().unwrap();
        running.0.wait().unwrap();
        admin.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_erased_although_it_is_killed_and_again_after_a_restore() {
    let world = World::start().await;
    let all = world.fill().await;
    let dump: PathBuf = world.stack.dir().join("before.dump");
    let to = format!("--file={}", dump.display());
    world
        .postgres_tool("pg_dump", &["--format=custom", &to])
        .await;

    let profile = world.profiles[0].to_string();
    let record = world.stack.dir().join("erasures.jsonl");
    let record = record.to_str().unwrap();
    let nobody = Uuid::now_v7().to_string();
    let unknown = world.says(&["erase", "profile", &nobody, "--yes"], 1);
    assert!(unknown.contains("nobody has a profile"), "{unknown}");
    let unasked = world.says(&["erase", "profile", &profile], 1);
    assert!(unasked.contains("--yes"), "{unasked}");
    let service = world.service().await;
    assert_eq!(world.opens(&service, 0, &all[0]).await, (true, false));
    drop(service);

    let erase = ["erase", "profile", &profile, "--yes", "--record", record];
    world.killed_in_the_middle(&erase).await;
    world.a_minute_passes().await;
    let done = world.says(&erase, 0);
    assert!(
        done.contains("1 data keys destroyed, 1 files removed"),
        "{done}"
    );
    world.only_the_second_is_left(&all).await;
    let again = world.says(&erase, 0);
    assert!(again.contains("0 data keys destroyed"), "{again}");
    let kept = std::fs::read_to_string(record).unwrap();
    assert_eq!(kept.lines().count(), 1, "{kept}");

    // The backup knows nothing of it, and has the key.
    world.put_back(&dump).await;
    world.says(&["migrate"], 0);
    world.says(&["log", "adopt", "--yes"], 0);
    let forgotten = world.says(&["erase", "reapply", "--yes"], 0);
    assert!(forgotten.contains("nothing to erase"), "{forgotten}");
    let gone = world.says(
        &["erase", "reapply", "--yes", "--record", "no-such-file"],
        1,
    );
    assert!(gone.contains("there is no record"), "{gone}");
    let applied = world.says(&["erase", "reapply", "--yes", "--record", record], 0);
    assert!(applied.contains("1 data keys destroyed"), "{applied}");
    world.only_the_second_is_left(&all).await;
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_has_to_wait_says_so_and_keeps_everything_blocked() {
    let world = World::start().await;
    let all = world.fill().await;
    let service = world.service().await;
    let start = TaskCommand::StartTask {
        worker: "w".to_owned(),
        profile_version: 1,
    };
    service.task(all[1].task, start).await;
    let intend = TaskCommand::IntendSubmit {
        epoch: 1,
        by: domain::task::SubmitBy::Agent,
        values_hash: "h".to_owned(),
    };
    service.task(all[1].task, intend).await;
    let user = world.user.to_string();
    let erase = ["erase", "account", &user, "--yes", "--wait", "1"];
    let told = world.says(&erase, 2);
    assert!(told.contains(&all[1].task.to_string()), "{told}");
    assert!(told.contains("run the same command again"), "{told}");
    let open = AccountCommand::OpenAccount { user: world.user };
    let context = Context::user(world.user);
    let refused = service.bus.execute::<Account>(&user, open, &context).await;
    assert!(refused.is_err(), "it is blocked");
    let outcome = TaskCommand::RecordSubmitOutcome {
        epoch: 1,
        outcome: domain::task::SubmitOutcome::Unknown,
        evidence: String::new(),
    };
    service.task(all[1].task, outcome).await;
    world.killed_in_the_middle(&erase).await;
    world.a_minute_passes().await;
    let done = world.says(&erase, 0);
    assert!(
        done.contains("2 data keys destroyed, 2 files removed"),
        "{done}"
    );
    let fresh = world.service().await;
    for n in [0, 1] {
        assert_eq!(world.opens(&fresh, n, &all[n]).await, (false, true));
    }
    drop(fresh);
    drop(service);
    world.says(&["audit", "verify"], 0);
    world.stack.stop().await.unwrap();
}
