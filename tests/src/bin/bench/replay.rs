//! How fast the log is read again from a warm table: every hash checked as an auditor does, and
//! every event decoded and applied as a rebuild does. By the clock, and by a core's time that this
//! process took (Postgres reads the next page meanwhile).
//!
//! One JSON line per size. `peak_rss_mib` is this process's highest memory so far: it must not
//! grow with the size.

use crate::rivals::{Ours, Rival as _};
use crate::work::COMMANDS;
use anyhow::Context as _;
use commands::audit::{Entries, verify};
use commands::{EventLog, FlushMode, migrate};
use cqrs_es::Aggregate as _;
use devstack::{Stack, StackOptions};
use domain::task::Task;
use serde_json::json;
use sqlx::PgPool;
use std::collections::HashMap;
use std::time::Instant;
use tokio::process::Command;
use tokio::task::JoinSet;

/// Events in the log when it is read.
pub const SIZES: [u64; 2] = [100_000, 10_000_000];

/// Tasks in flight while the log is filled.
const FILLING: usize = 200;
/// Events read at once.
const PAGE: u32 = 500;

const DATABASE: &str = "replay";
const PASSWORD: &str = "bench";

/// Prints one line per size; the sizes must grow.
pub async fn run(sizes: &[u64]) -> anyhow::Result<()> {
    let stack = Stack::start(StackOptions::default()).await?;
    let measured = measure(&stack, sizes).await;
    stack.stop().await?;
    measured
}

async fn measure(stack: &Stack, sizes: &[u64]) -> anyhow::Result<()> {
    let postgres = stack.postgres();
    postgres.create_database(DATABASE).await?;
    let admin = postgres.url("postgres", postgres.password(), DATABASE);
    let admin = PgPool::connect(&admin).await?;
    migrate(&admin, PASSWORD).await?;
    let url = postgres.url("relevo_api", PASSWORD, DATABASE);
    // As the auditor's program reads it.
    let pool = postgres.url("relevo_relay", PASSWORD, DATABASE);
    let pool = PgPool::connect(&pool).await?;
    let log = EventLog::from_pool(pool.clone());
    for &size in sizes {
        eprintln!("filling up to {size} events");
        fill_apart(&url, size).await?;
        sqlx::query("vacuum analyze log.events")
            .execute(&admin)
            .await?;
        // The first time warms the table.
        fold(&log).await?;
        let (begun, cpu) = (Instant::now(), cpu_seconds()?);
        let verified = verify(
            Entries::of_database(pool.clone(), 1, None).await?,
            &[],
            |_| {},
        );
        let events = verified.await?.to as f64;
        let verify_seconds = begun.elapsed().as_secs_f64();
        let verify_cpu = cpu_seconds()? - cpu;
        let (begun, cpu) = (Instant::now(), cpu_seconds()?);
        fold(&log).await?;
        let fold_seconds = begun.elapsed().as_secs_f64();
        let fold_cpu = cpu_seconds()? - cpu;
        let line = json!({
            "bench": "replay",
            "events": events,
            "verified_per_s": (events / verify_seconds).round(),
            "folded_per_s": (events / fold_seconds).round(),
            "verified_per_cpu_s": (events / verify_cpu).round(),
            "folded_per_cpu_s": (events / fold_cpu).round(),
            "peak_rss_mib": peak_rss_mib()?,
        });
        println!("{line}");
    }
    Ok(())
}

/// The subcommand of this program that fills a log.
pub const FILL: &str = "fill";

/// In a process of its own, so that this one's memory is that of reading.
async fn fill_apart(url: &str, size: u64) -> anyhow::Result<()> {
    let mut child = Command::new(std::env::current_exe()?)
        .args([FILL, &size.to_string()])
        .env(crate::fleet::URL, url)
        .kill_on_drop(true)
        .spawn()?;
    anyhow::ensure!(child.wait().await?.success(), "the log was not filled");
    Ok(())
}

/// Tasks of six events until there are so many.
pub async fn fill(size: u64) -> anyhow::Result<()> {
    let url = std::env::var(crate::fleet::URL)?;
    let ours = Ours::connect(&url, FlushMode::Outside).await?;
    let log = EventLog::from_pool(PgPool::connect(&url).await?);
    while log.head().await?.position < size {
        let missing = size - log.head().await?.position;
        let each = missing.div_ceil((COMMANDS * FILLING) as u64).min(500);
        let mut lanes = JoinSet::new();
        for _ in 0..FILLING {
            let ours = ours.clone();
            lanes.spawn(async move {
                for _ in 0..each {
                    ours.run_task().await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(lane) = lanes.join_next().await {
            lane??;
        }
    }
    Ok(())
}

/// Reads all of the log in order, and applies each event to its task, which is dropped with its
/// last event: states in memory are those of tasks that were in flight together.
async fn fold(log: &EventLog) -> anyhow::Result<()> {
    let mut pages = log.ahead(0, u64::MAX, PAGE);
    let mut tasks = HashMap::new();
    loop {
        let events = pages.next().await?;
        if events.is_empty() {
            break;
        }
        for event in events {
            let (decoded, last) = (event.task_event()?, event.sequence == COMMANDS as u64);
            let id = event.aggregate_id;
            let mut task: Task = tasks.remove(&id).unwrap_or_default();
            task.apply(decoded);
            if !last {
                tasks.insert(id, task);
            }
        }
    }
    anyhow::ensure!(tasks.is_empty(), "{} tasks have no end", tasks.len());
    Ok(())
}

/// Time of cores that this process has taken: fields 14 and 15 of its status, in hundredths.
fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("no status")?;
    let ticks: Result<Vec<f64>, _> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect();
    Ok(ticks?.iter().sum::<f64>() / 100.0)
}

fn peak_rss_mib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line
        .and_then(|line| line.split_whitespace().next())
        .context("no VmHWM")?
        .parse()?;
    Ok(kib / 1024)
}
