//! `relevo audit tail`: the log as it grows.

use super::shown::time;
use crate::cli::TailLog;
use anyhow::Context as _;
use commands::{EventLog, LogError, StoredEvent, public_event};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

const OTHER_LOG: u8 = 2;

/// Events read at once: at 64 KiB each, no more than 32 MiB.
const PAGE: u32 = 500;

/// How often the log is asked for more.
const EVERY: Duration = Duration::from_secs(1);

/// Follows the log until a signal comes or nobody reads on.
///
/// # Errors
/// When the log can't be read at first. Later it is asked again.
pub async fn tail(log: &EventLog, args: &TailLog) -> anyhow::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = follow(log, args) => ended,
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::SUCCESS),
        _ = terminate.recv() => Ok(ExitCode::SUCCESS),
    }
}

async fn follow(log: &EventLog, args: &TailLog) -> anyhow::Result<ExitCode> {
    let head = log.head().await.context("the log can't be read")?;
    let mut at = match args.from {
        None => head.position,
        Some(from) => from - 1,
    };
    // Of the last event seen: whatever follows says so of itself.
    let mut chain = (at == head.position).then_some(head.chain);
    let mut told = false;
    loop {
        let page = match log.read_after(at, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                tell(&error, &mut told);
                tokio::time::sleep(EVERY).await;
                continue;
            }
        };
        told = false;
        let full = page.len() == PAGE as usize;
        for event in page {
            if chain.is_some_and(|chain| chain != event.previous_chain) {
                eprintln!(
                    "relevo: position {at} is no longer what was shown: the log was restored"
                );
                return Ok(ExitCode::from(OTHER_LOG));
            }
            if !print(&event, args)? {
                return Ok(ExitCode::SUCCESS);
            }
            at = event.position;
            chain = Some(event.chain);
        }
        if !full {
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// Once per outage.
fn tell(error: &LogError, told: &mut bool) {
    if !std::mem::replace(told, true) {
        eprintln!("relevo: {error}; asked again every second");
    }
}

/// False when nobody reads on.
fn print(event: &StoredEvent, args: &TailLog) -> anyhow::Result<bool> {
    let of_task =
        |id: domain::TaskId| event.aggregate_type == "task" && event.aggregate_id == id.to_string();
    if !args.task.is_none_or(of_task) {
        return Ok(true);
    }
    let text = match args.json {
        true => as_json(event),
        false => as_text(event),
    };
    super::ends_quietly(std::io::stdout().write_all(text.as_bytes()))
}

/// Where and what an event is, without what it holds.
pub fn head(event: &StoredEvent) -> Value {
    json!({
        "position": event.position,
        "recorded_at": time(event.recorded_at),
        "aggregate_type": event.aggregate_type,
        "aggregate_id": event.aggregate_id,
        "sequence": event.sequence,
        "event": event.event_type,
        "version": event.event_version,
        "actor": event.event_metadata().actor,
    })
}

/// With `data`, what is public of it: null for events of other aggregates than tasks, and for those
/// this program can't read.
fn as_json(event: &StoredEvent) -> String {
    let mut line = head(event);
    line["data"] = public_event(event).map_or(Value::Null, |public| public.data);
    format!("{line}\n")
}

fn as_text(event: &StoredEvent) -> String {
    let data = public_event(event).map(|public| public.data.to_string());
    let data = data.filter(|data| data != "{}").unwrap_or_default();
    let line = format!(
        "{}  {}  {} {} #{}  {} v{}  {}  {data}",
        event.position,
        time(event.recorded_at),
        event.aggregate_type,
        event.aggregate_id,
        event.sequence,
        event.event_type,
        event.event_version,
        event.event_metadata().actor.as_deref().unwrap_or("–"),
    );
    format!("{}\n", line.trim_end())
}
