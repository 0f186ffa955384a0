//! `relevo keys` against a real database: what an operator does to exchange a key.
#![allow(clippy::unwrap_used, reason = "tests")]

use commands::{KeySource, Scope, Vault};
use devstack::{Stack, StackOptions};
use domain::UserId;
use sqlx::PgPool;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, Output};

const USERS: u128 = 1500;

fn command(stack: &Stack, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relevo"));
    command
        .args(args)
        .env_clear()
        .envs(stack.relevo_env())
        .env("RELEVO_AUTH__ISSUER", "http://127.0.0.1:1")
        .current_dir(stack.dir());
    command
}

/// Runs `relevo` to its end: exit code, and what it wrote.
fn relevo(stack: &Stack, args: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command(stack, args).output().unwrap();
    let told = [stdout, stderr].concat();
    (status.code(), String::from_utf8(told).unwrap())
}

fn write_keys(stack: &Stack, text: &str) {
    use std::io::Write as _;
    let path = stack.key_file();
    std::fs::remove_file(path).unwrap();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

async fn old_ones(admin: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from vault.data_keys where wrapped_by = 'k1'")
        .fetch_one(admin)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_exchanged_although_the_rotation_is_killed() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let (code, told) = relevo(&stack, &["migrate"]);
    assert_eq!(code, Some(0), "{told}");
    let postgres = stack.postgres();
    let url = |role: &str, password: &str| postgres.url(role, password, "relevo");
    let admin = url("postgres", postgres.password());
    let admin = PgPool::connect(&admin).await.unwrap();
    let api = url("relevo_api", stack.service_password());
    let api = PgPool::connect(&api).await.unwrap();
    let one = format!("k1 = \"{}\"\n", "ab".repeat(32));
    let two = format!("k2 = \"{}\"\n", "cd".repeat(32));

    write_keys(&stack, &format!("active = \"k1\"\n[keys]\n{one}"));
    let source = KeySource::File(stack.key_file().into());
    let running = Vault::open(api, &source).await.unwrap();
    let scope = |n: u128| Scope::User(UserId(uuid::Uuid::from_u128(n)));
    let mut sealed = Vec::new();
    for n in 0..USERS {
        sealed.push(running.seal(scope(n), "a", "f", b"text").await.unwrap());
    }
    let (code, told) = relevo(&stack, &["keys", "status"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("k1") && told.contains("1501"), "{told}");

    write_keys(&stack, &format!("active = \"k2\"\n[keys]\n{one}{two}"));
    let (code, told) = relevo(&stack, &["keys", "status"]);
    assert_eq!(code, Some(2), "{told}");
    let mut rotation = command(&stack, &["keys", "rotate"]).spawn().unwrap();
    while old_ones(&admin).await > 1400 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    rotation.kill().unwrap();
    rotation.wait().unwrap();
    let left = old_ones(&admin).await;
    assert!(left > 0, "it was killed in the middle");
    let (code, told) = relevo(&stack, &["keys", "rotate"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains(&format!("{left} data keys wrapped under \"k2\"")),
        "{told}"
    );
    assert!(told.contains("may be removed"), "{told}");
    for (n, sealed) in (0..).zip(&sealed) {
        let opened = running.open_sealed(scope(n), "a", "f", sealed).await;
        assert_eq!(opened.unwrap().as_slice(), b"text");
    }

    write_keys(&stack, &format!("active = \"k2\"\n[keys]\n{two}"));
    let (code, told) = relevo(&stack, &["keys", "status"]);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = relevo(&stack, &["keys", "rotate", "--data"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("1500 data keys have a new version"), "{told}");
    write_keys(&stack, &format!("active = \"k1\"\n[keys]\n{one}"));
    for args in [["keys", "status"], ["keys", "rotate"]] {
        let (code, told) = relevo(&stack, &args);
        assert_eq!(code, Some(3), "{told}");
        assert!(told.contains("MISSING") && !told.contains("abab"), "{told}");
    }
    stack.stop().await.unwrap();
}
