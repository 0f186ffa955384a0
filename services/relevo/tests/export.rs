//! `relevo export account`, as an operator meets it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use commands::{ArtifactStore, CommandBus, Context, KeySource, LogConfig, Scope, Vault};
use common::submission;
use devstack::{Stack, StackOptions};
use domain::account::{Account, AccountCommand, CredentialData, ProfileData};
use domain::fiscal::Money;
use domain::task::{Artifact, ArtifactKind, DeliveredBy, FactSource, Invoice, Task, TaskCommand};
use domain::{ArtifactId, CredentialId, KeyedHash, ProfileId, Sealed, TaskId, UserId};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use uuid::Uuid;

const UUID: &str = "5D6F0C5B-0D3C-4A0D-9C3B-1B7E1E0F2A11";

struct World {
    stack: Stack,
    bus: CommandBus,
    vault: Vault,
    files: ArtifactStore,
    user: UserId,
    profile: ProfileId,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start(StackOptions::default()).await.unwrap();
        says(&stack, &["migrate"], 0);
        let url = stack
            .postgres()
            .url("relevo_api", stack.service_password(), "relevo");
        let pool = PgPool::connect(&url).await.unwrap();
        let source = KeySource::File(stack.key_file().into());
        let vault = Vault::open(pool, &source).await.unwrap();
        let world = Self {
            bus: CommandBus::connect(&LogConfig::new(url)).await.unwrap(),
            files: ArtifactStore::new(vault.clone(), stack.dir().join("artifacts")),
            vault,
            stack,
            user: UserId(Uuid::now_v7()),
            profile: ProfileId(Uuid::now_v7()),
        };
        let user = world.user;
        world.account(AccountCommand::OpenAccount { user }).await;
        let fiscal = json!({ "rfc": "XIQB891116QE4", "name": "BERENICE XIMO QUEZADA" });
        let data = ProfileData {
            rfc_key: KeyedHash("r".to_owned()),
            fiscal: world
                .seal(&format!("account:{user}"), "profile.fiscal", &fiscal)
                .await,
        };
        let profile = world.profile;
        world
            .account(AccountCommand::AddProfile { profile, data })
            .await;
        let secret = || Sealed("c2VhbGVk".to_owned());
        let command = AccountCommand::StoreCredential {
            portal: "el-faro".to_owned(),
            credential: CredentialId(Uuid::now_v7()),
            data: CredentialData {
                origin: "https://faro.example".to_owned(),
                username: secret(),
                password: secret(),
                totp: None,
            },
        };
        world.account(command).await;
        world
    }

    fn scope(&self) -> Scope {
        Scope::Profile(self.user, self.profile)
    }

    async fn seal(&self, aggregate: &str, field: &str, value: &Value) -> Sealed {
        let text = value.to_string();
        let sealed = self
            .vault
            .seal(self.scope(), aggregate, field, text.as_bytes());
        sealed.await.unwrap()
    }

    async fn account(&self, command: AccountCommand) {
        let (id, context) = (self.user.to_string(), Context::user(self.user));
        let done = self.bus.execute::<Account>(&id, command, &context).await;
        done.unwrap();
    }

    async fn run(&self, task: TaskId, command: TaskCommand) {
        let (id, context) = (task.to_string(), Context::agent("test"));
        let done = self.bus.execute::<Task>(&id, command, &context).await;
        done.unwrap();
    }

    /// A file of the task; its content is its id.
    async fn store(&self, task: TaskId, kind: ArtifactKind) -> ArtifactId {
        let id = ArtifactId(Uuid::now_v7());
        let text = id.to_string();
        let stored = self
            .files
            .put(self.scope(), id, text.as_bytes())
            .await
            .unwrap();
        let artifact = Artifact {
            id,
            kind,
            size_bytes: stored.size_bytes,
            digest: stored.digest,
        };
        let by = FactSource::User;
        self.run(task, TaskCommand::StoreArtifact { by, artifact })
            .await;
        id
    }

    /// A completed task; its XML, its PDF, and a file that came and was not the one.
    async fn completed(&self, number: &str) -> [ArtifactId; 3] {
        let task = TaskId(Uuid::now_v7());
        let fields = json!({ "ticket": number });
        let fields = self.seal(&task.to_string(), "ticket.fields", &fields).await;
        let submission = submission(self.user, self.profile, &task.to_string(), &fields);
        self.run(task, TaskCommand::SubmitTask(submission)).await;
        let start = TaskCommand::StartTask {
            worker: "w".to_owned(),
            profile_version: 1,
        };
        self.run(task, start).await;
        let xml = self.store(task, ArtifactKind::Xml).await;
        let pdf = self.store(task, ArtifactKind::Pdf).await;
        let other = self.store(task, ArtifactKind::Pdf).await;
        self.store(task, ArtifactKind::Screenshot).await;
        let details = json!({ "uuid": UUID, "issuer_rfc": "../AAA010101AAA" });
        let details = self
            .seal(&task.to_string(), "invoice.details", &details)
            .await;
        let invoice = Invoice {
            uuid_key: KeyedHash("u".to_owned()),
            details,
            issued_at: "2026-02-28T23:59:59".parse().unwrap(),
            subtotal: Money::mxn(100),
            taxes: Money::mxn(16),
            total: Money::mxn(116),
            uso_cfdi: "G03".to_owned(),
            forma_pago: None,
            signature: "valid".to_owned(),
            xml,
            pdf: Some(pdf),
        };
        let complete = TaskCommand::CompleteTask {
            epoch: None,
            invoice: Box::new(invoice),
            warnings: Vec::new(),
            delivered_by: DeliveredBy::User,
        };
        self.run(task, complete).await;
        [xml, pdf, other]
    }
}

/// Runs `relevo`, which ends by itself or after a minute.
fn says(stack: &Stack, args: &[&str], code: i32) -> String {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "60", env!("CARGO_BIN_EXE_relevo")]);
    command.args(args).env_clear().envs(stack.relevo_env());
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.env("RELEVO_AUTH__ISSUER", "http://127.0.0.1:1");
    let output = command
        .stdin(Stdio::null())
        .current_dir(stack.dir())
        .output();
    let output = output.unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
    text
}

/// Names and contents, by name.
fn unzipped(path: &Path) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut all: Vec<(String, String)> = (0..zip.len())
        .map(|n| {
            let mut file = zip.by_index(n).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect();
    all.sort();
    all
}

fn json_of(all: &[(String, String)], name: &str) -> Value {
    let (_, text) = all.iter().find(|(known, _)| known == name).unwrap();
    serde_json::from_str(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_exported_whole_and_what_is_missing_is_named() {
    let world = World::start().await;
    let stack = &world.stack;
    let [xml, pdf, other] = world.completed("10023456").await;
    let user = world.user.to_string();
    let out = stack.dir().join("ana.zip");
    let export = |out: &Path, code| {
        let out = out.to_str().unwrap();
        says(stack, &["export", "account", &user, "--out", out], code)
    };
    export(&out, 0);
    assert_eq!(out.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let all = unzipped(&out);
    let now: String = world.bus.now().format("%Y-%m").to_string();
    let name =
        |ending: &str| format!("facturas/XIQB891116QE4/2026-02/AAA010101AAA_{UUID}.{ending}");
    let mut expected = vec![
        ("cuenta.json".to_owned(), None),
        ("faltantes.json".to_owned(), Some("[]".to_owned())),
        (name("xml"), Some(xml.to_string())),
        (name("pdf"), Some(pdf.to_string())),
        (
            format!("facturas/XIQB891116QE4/{now}/{other}.pdf"),
            Some(other.to_string()),
        ),
        ("tareas.json".to_owned(), None),
    ];
    expected.sort();
    assert_eq!(all.len(), expected.len(), "{all:?}");
    for ((name, text), (wanted, content)) in all.iter().zip(&expected) {
        assert_eq!(name, wanted);
        assert!(
            content.as_ref().is_none_or(|content| content == text),
            "{name}: {text}"
        );
    }
    let account = json_of(&all, "cuenta.json");
    assert_eq!(account["profiles"][0]["data"]["rfc"], "XIQB891116QE4");
    let stored = json!([{ "portal": "el-faro", "origin": "https://faro.example", "totp": false }]);
    assert_eq!(account["portal_accounts"], stored, "and nothing of it");
    let task = &json_of(&all, "tareas.json")[0];
    assert_eq!(
        (&task["fields"]["ticket"], &task["invoice"]["uuid"]),
        (&json!("10023456"), &json!(UUID))
    );
    assert_eq!(task["files"].as_array().unwrap().len(), 3);

    // Nothing is overwritten, and nothing of a failed one stays.
    let before = std::fs::read(&out).unwrap();
    assert!(export(&out, 1).contains("is there already"));
    assert_eq!(std::fs::read(&out).unwrap(), before);
    let nobody = Uuid::now_v7().to_string();
    let none = stack.dir().join("none.zip");
    let path = none.to_str().unwrap();
    let told = says(stack, &["export", "account", &nobody, "--out", path], 1);
    assert!(
        told.contains("there is no account") && !none.exists(),
        "{told}"
    );
    let left = std::fs::read_dir(stack.dir()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().starts_with(".tmp")),
        "{left:?}"
    );

    // Another task with the same invoice, and a file that is lost.
    let twice = world.completed("10023457").await;
    world.files.remove(xml).await.unwrap();
    let later = stack.dir().join("later.zip");
    assert!(export(&later, 2).contains("1 things could not be read"));
    let all = unzipped(&later);
    let missing = json_of(&all, "faltantes.json");
    assert!(
        missing[0]["id"]
            .as_str()
            .unwrap()
            .ends_with(&xml.to_string()),
        "{missing}"
    );
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let second = format!(
        "facturas/XIQB891116QE4/2026-02/AAA010101AAA_{UUID}_{}.pdf",
        twice[1]
    );
    assert!(names.contains(&second.as_str()), "{names:?}");

    world.account(AccountCommand::EraseAccount).await;
    assert!(export(&none, 1).contains("was erased"));
    let World { stack, bus, .. } = world;
    drop(bus);
    stack.stop().await.unwrap();
}
