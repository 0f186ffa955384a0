//! Several writers, each in a process of its own, as several api nodes and agents are.

use crate::measure::{Slice, slice};
use crate::rivals::Ours;
use anyhow::Context as _;
use commands::FlushMode;
use serde::{Deserialize, Serialize};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The subcommand of this program that makes it a writer.
pub const WRITER: &str = "writer";
/// The variable that names the log to a child: the password is in it.
pub const URL: &str = "BENCH_URL";

/// What a writer is asked for, a JSON line each.
#[derive(Serialize, Deserialize)]
struct Order {
    concurrency: usize,
    warm_up: Duration,
    measured: Duration,
}

/// The processes; they end with it.
pub struct Fleet(Vec<Writer>);

struct Writer {
    _child: Child,
    orders: ChildStdin,
    slices: Lines<BufReader<ChildStdout>>,
}

impl Fleet {
    /// Starts them, each connected to the log at `url` before this returns.
    pub async fn start(url: &str, flush: FlushMode, writers: usize) -> anyhow::Result<Self> {
        let mut fleet = Vec::new();
        for _ in 0..writers {
            fleet.push(Writer::start(url, flush).await?);
        }
        Ok(Self(fleet))
    }

    /// One slice, with the tasks in flight dealt out evenly.
    pub async fn slice(
        &mut self,
        concurrency: usize,
        warm_up: Duration,
        measured: Duration,
    ) -> anyhow::Result<Slice> {
        let writers = self.0.len();
        for (index, writer) in self.0.iter_mut().enumerate() {
            let order = Order {
                concurrency: (concurrency + index) / writers,
                warm_up,
                measured,
            };
            let line = serde_json::to_string(&order)? + "\n";
            writer.orders.write_all(line.as_bytes()).await?;
        }
        let mut slices = Vec::new();
        for writer in &mut self.0 {
            slices.push(writer.answer().await?);
        }
        Ok(Slice::of_all(slices, measured))
    }
}

impl Writer {
    async fn start(url: &str, flush: FlushMode) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([WRITER, name(flush)])
            .env(URL, url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let orders = child.stdin.take().context("a writer has no input")?;
        let output = child.stdout.take().context("a writer has no output")?;
        let mut writer = Self {
            _child: child,
            orders,
            slices: BufReader::new(output).lines(),
        };
        writer.answer().await?;
        Ok(writer)
    }

    /// The times of the tasks that ended; none when it is there.
    async fn answer(&mut self) -> anyhow::Result<Vec<f64>> {
        let line = self.slices.next_line().await?;
        Ok(serde_json::from_str(&line.context("a writer ended")?)?)
    }
}

/// What a flush mode is called, in arguments and results.
pub fn name(flush: FlushMode) -> &'static str {
    match flush {
        FlushMode::Inside => "inside",
        FlushMode::Outside => "outside",
    }
}

/// The life of a writer: says that it is there, and runs what it is told until its input ends.
pub async fn write(flush: &str) -> anyhow::Result<()> {
    let url = std::env::var(URL).context("no log is named")?;
    let flush = [FlushMode::Inside, FlushMode::Outside]
        .into_iter()
        .find(|mode| name(*mode) == flush)
        .context("the flush is inside or outside")?;
    let ours = Ours::connect(&url, flush).await?;
    println!("[]");
    while let Some(order) = tokio::task::block_in_place(next_order)? {
        let slice = slice(&ours, order.concurrency, order.warm_up, order.measured).await?;
        println!("{}", serde_json::to_string(slice.tasks_ms())?);
    }
    Ok(())
}

fn next_order() -> anyhow::Result<Option<Order>> {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line)?;
    Ok((read > 0)
        .then(|| serde_json::from_str(&line))
        .transpose()?)
}
