//! `relevo audit`, as an auditor meets it.
#![allow(clippy::unwrap_used, reason = "tests")]

use commands::audit::{HeadSigner, SigningKey};
use commands::{CommandBus, Context, LogConfig};
use devstack::{Stack, StackOptions};
use domain::account::{Account, AccountCommand};
use sqlx::{Executor as _, PgPool};
use std::path::Path;
use std::process::{Command, Output};

struct Installation {
    stack: Stack,
    admin: PgPool,
    signer: HeadSigner,
}

impl Installation {
    async fn start() -> Self {
        let stack = Stack::start(StackOptions::default()).await.unwrap();
        stack.postgres().create_database("relevo").await.unwrap();
        let admin = url(&stack, "postgres", stack.postgres().password());
        let admin = PgPool::connect(&admin).await.unwrap();
        let password = stack.service_password();
        commands::migrate(&admin, password).await.unwrap();
        let key = SigningKey::read(stack.audit_key_file()).unwrap();
        let relay = url(&stack, "relevo_relay", password);
        let relay = PgPool::connect(&relay).await.unwrap();
        let file = stack.dir().join("heads.jsonl");
        let signer = HeadSigner::new(relay, key, Some(&file));
        Self {
            stack,
            admin,
            signer,
        }
    }

    fn relevo(&self, args: &[&str]) -> Output {
        let mut command = relevo(args);
        command.envs(self.stack.relevo_env());
        command.output().unwrap()
    }

    fn public_key(&self) -> String {
        let output = self.relevo(&["audit", "key"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn grow(&self) {
        let url = url(&self.stack, "relevo_api", self.stack.service_password());
        let bus = CommandBus::connect(&LogConfig::new(url)).await.unwrap();
        let user = domain::UserId(uuid::Uuid::now_v7());
        let create = AccountCommand::OpenAccount { user };
        bus.execute::<Account>(&user.0.to_string(), create, &Context::user(user))
            .await
            .unwrap();
    }
}

fn url(stack: &Stack, role: &str, password: &str) -> String {
    stack.postgres().url(role, password, "relevo")
}

fn relevo(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relevo"));
    command.args(args).env_clear();
    command
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

fn says(output: &Output, code: i32, what: &str) {
    let text = text(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(what), "{what}: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_checked_exported_and_checked_again_without_its_database() {
    let mut here = Installation::start().await;
    for _ in 0..3 {
        here.grow().await;
    }
    here.signer.sign().await.unwrap().unwrap();
    here.grow().await;

    let verified = here.relevo(&["audit", "verify"]);
    says(&verified, 0, "positions 1 to 4");
    says(&verified, 0, "1 events after it are chained");

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (log, public, other) = (path("log.jsonl"), path("signer.pub"), path("other.pub"));
    let key = here.public_key();
    std::fs::write(&public, &key).unwrap();
    std::fs::write(&other, "b".repeat(64)).unwrap();
    let exported = here.relevo(&["audit", "export", "--to", &log]);
    says(&exported, 0, "up to position 4");
    let to_stdout = here.relevo(&["audit", "export"]);
    assert_eq!(to_stdout.stdout, std::fs::read(&log).unwrap());

    // On a machine that knows nothing of the installation.
    let elsewhere = |args: &[&str]| {
        let args = [&["audit", "verify", "--file", &log], args].concat();
        relevo(&args).current_dir(&folder).output().unwrap()
    };
    let digits = key.split(' ').next().unwrap();
    says(&elsewhere(&["--key", &public]), 0, "positions 1 to 4");
    says(&elsewhere(&["--key", digits]), 0, "1 heads");
    says(&elsewhere(&["--key", &other]), 2, "was not given");
    says(&elsewhere(&[]), 1, "--key");
    says(&elsewhere(&["--key", "no-such-file"]), 1, "no public key");
    says(
        &elsewhere(&["--key", &public, "--no-such-flag"]),
        1,
        "Usage",
    );
    change(Path::new(&log), "OpenAccount", "OpenAccounts");
    says(&elsewhere(&["--key", &public]), 2, "position 1 (account ");

    here.stack.stop().await.unwrap();
    // The database is away.
    let unreachable = relevo(&["audit", "verify"])
        .env("RELEVO_DATABASE__URL", "postgres://127.0.0.1:1/relevo")
        .env("RELEVO_DATABASE__SERVICE_PASSWORD", "x")
        .output()
        .unwrap();
    says(&unreachable, 1, "does not answer");
    says(
        &relevo(&["audit", "verify"]).output().unwrap(),
        1,
        "DATABASE__URL",
    );
}

fn change(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from));
    std::fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_changed_cut_or_robbed_of_its_heads_ends_with_2() {
    let mut here = Installation::start().await;
    for _ in 0..4 {
        here.grow().await;
        here.signer.sign().await.unwrap().unwrap();
    }
    let heads = here.stack.dir().join("heads.jsonl");
    let heads = heads.to_str().unwrap();
    let key = here.public_key();
    let digits = key.split(' ').next().unwrap();
    let with_heads = ["audit", "verify", "--heads", heads];
    says(&here.relevo(&with_heads), 0, "4 heads");
    let forge = |sql: &str| {
        format!(
            "alter table log.events disable trigger all; \
             alter table log.heads disable trigger all; {sql}"
        )
    };
    let cut = forge("delete from log.events where position = 4");
    here.admin.execute(cut.as_str()).await.unwrap();
    says(&here.relevo(&["audit", "verify"]), 2, "ends at position 3");
    let rob = forge("delete from log.heads");
    here.admin.execute(rob.as_str()).await.unwrap();
    says(&here.relevo(&["audit", "verify"]), 0, "no head was signed");
    says(&here.relevo(&with_heads), 2, "ends at position 3");
    says(
        &here.relevo(&["audit", "verify", "--key", digits]),
        2,
        "no head was signed",
    );
    let change = forge("update log.events set metadata = '{}' where position = 2");
    here.admin.execute(change.as_str()).await.unwrap();
    says(
        &here.relevo(&["audit", "verify"]),
        2,
        "position 2 (account ",
    );
    says(
        &here.relevo(&["audit", "verify", "--from", "3"]),
        0,
        "3 to 3",
    );
    says(
        &here.relevo(&["audit", "verify", "--from", "0"]),
        1,
        "--from",
    );
    here.stack.stop().await.unwrap();
}
