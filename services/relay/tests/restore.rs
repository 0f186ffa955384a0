//! A database put back from a dump that is older than what others have seen of its log.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use commands::EventLog;
use commands::audit::{AuditError, Entries, HeadSigner, Misfit, SigningKey, Verified, verify};
use sqlx::{Connection as _, PgConnection, PgPool};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{DATABASE, World, eventually, live_some, submit, user};
use uuid::Uuid;

/// `pg_dump` and `pg_restore` lie beside the server.
async fn postgres_tool(world: &World, name: &str, url: &str, args: &[&str]) {
    let server = world.stack.postgres().pid().await.unwrap();
    let server = std::fs::read_link(format!("/proc/{server}/exe")).unwrap();
    let done = Command::new(server.with_file_name(name))
        .args(["--dbname", url])
        .args(args)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{name}: {said}");
}

/// Puts a dump in the place of the database, as docs/operators.md says.
async fn put_back(world: &mut World, dump: &Path) {
    world.admin.close().await;
    let postgres = world.stack.postgres();
    let mut server = PgConnection::connect(&postgres.admin_url()).await.unwrap();
    let drop = format!("drop database {DATABASE} with (force)");
    sqlx::query(&drop).execute(&mut server).await.unwrap();
    postgres.create_database(DATABASE).await.unwrap();
    let url = postgres.url("postgres", postgres.password(), DATABASE);
    let dump = dump.to_str().unwrap();
    postgres_tool(world, "pg_restore", &url, &["--exit-on-error", dump]).await;
    world.admin = PgPool::connect(&url).await.unwrap();
}

async fn checked(world: &World, heads: &Path, accepted: &[Uuid]) -> Result<Verified, AuditError> {
    let key = SigningKey::read(world.stack.audit_key_file()).unwrap();
    let pool = world.pool("relevo_relay").await;
    let entries = Entries::of_database(pool.clone(), 1, Some(heads)).await?;
    let entries = entries.accepting_losses(accepted);
    let result = verify(entries, &[key.public()], |_| {}).await;
    pool.close().await;
    result
}

async fn signed(world: &World, heads: &Path) -> Result<(), AuditError> {
    let key = SigningKey::read(world.stack.audit_key_file()).unwrap();
    let pool = world.pool("relevo_relay").await;
    let mut signer = HeadSigner::new(pool.clone(), key, Some(heads));
    let result = signer.sign().await;
    pool.close().await;
    result.map(drop)
}

#[tokio::test]
async fn dumped_restored_and_adopted_everything_goes_on_without_what_was_lost() {
    let mut world = World::start().await;
    let heads: PathBuf = world.stack.dir().join("heads.jsonl");
    let dump: PathBuf = world.stack.dir().join("relevo.dump");
    world.run_all();
    let bus = world.bus().await;
    live_some(&bus, 3).await;
    world.readers_converge().await;
    signed(&world, &heads).await.unwrap();
    let kept = world.head().await;
    let postgres = world.stack.postgres();
    let url = postgres.url("postgres", postgres.password(), DATABASE);
    let file = format!("--file={}", dump.display());
    postgres_tool(&world, "pg_dump", &url, &["--format=custom", &file]).await;

    // What the dump doesn't have: a task that others see, and a head.
    let lost = submit(&bus, user(), "plain").await;
    live_some(&bus, 2).await;
    world.readers_converge().await;
    signed(&world, &heads).await.unwrap();
    let head = world.head().await;
    let stream = async_nats::jetstream::new(world.nats().await);
    eventually("the stream has it", async || {
        last_position(&stream).await == Some(head)
    })
    .await;
    drop(bus);
    world.stop_services().await;
    put_back(&mut world, &dump).await;
    assert_eq!(world.head().await, kept);

    // Without adoption: who knows of the lost events refuses, and changes nothing.
    world.run_relay();
    let said = world.all_ended().await;
    assert!(said[0].contains("relevo log adopt"), "{said:?}");
    assert_eq!(last_position(&stream).await, Some(head));
    let said = signed(&world, &heads).await.unwrap_err().to_string();
    assert!(said.contains("relevo log adopt"), "{said}");

    let adoption = world.adopt().await;
    assert_eq!(adoption.position, kept);
    let misfit = checked(&world, &heads, &[]).await.unwrap_err();
    let AuditError::Misfit(Misfit::Lost { end, head: of, .. }) = misfit else {
        panic!("{misfit:?}")
    };
    assert_eq!((end, of), (kept, head));

    world.run_all();
    let bus = world.bus().await;
    live_some(&bus, 3).await;
    world.readers_converge().await;
    world.assert_fold().await;
    for table in ["read.tasks", "work.tasks"] {
        let gone = format!("select not exists (select from {table} where task_id = '{lost}')");
        world.until(&gone).await;
    }
    signed(&world, &heads).await.unwrap();
    let verified = checked(&world, &heads, &[adoption.log_id]).await.unwrap();
    assert_eq!(verified.to, world.head().await);
    assert_eq!((verified.adoptions.len(), verified.lost.len()), (1, 1));
    let log_id = EventLog::from_pool(world.admin.clone()).log_id().await;
    assert_eq!(log_id.unwrap(), adoption.successor);
    // The stream is one of this log again.
    eventually("the stream ends where the log ends", async || {
        submit(&bus, user(), "plain").await;
        let head = world.head().await;
        let mut looks = 0;
        while last_position(&stream).await != Some(head) && looks < 60 {
            looks += 1;
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        }
        looks < 60
    })
    .await;
    drop(bus);
    world.end().await;
}

async fn last_position(context: &async_nats::jetstream::Context) -> Option<u64> {
    let stream = context
        .get_stream(kit::subjects::EVENTS_STREAM)
        .await
        .ok()?;
    let last = stream.cached_info().state.last_sequence;
    let message = stream.get_raw_message(last).await.ok()?;
    let position = message.headers.get(kit::subjects::header::POSITION)?;
    position.as_str().parse().ok()
}
