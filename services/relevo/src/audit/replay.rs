//! `relevo audit replay`: a task's events, and what each changed.

use super::show::no_such_state;
use super::shown::{Change, changes, plain, state, time};
use crate::cli::ReplayTask;
use commands::log::At;
use commands::{EventLog, StoredEvent};
use domain::task::Task;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::ExitCode;

/// Prints event after event.
///
/// # Errors
/// When the log can't be read, be it in the middle.
pub async fn replay(log: &EventLog, args: &ReplayTask) -> anyhow::Result<ExitCode> {
    let mut replay = match log.replay(args.task, args.to.unwrap_or(At::End)).await {
        Ok(replay) => replay,
        Err(error) => return no_such_state(error),
    };
    let mut before = state(&Task::default())?;
    while let Some(event) = replay.next().await? {
        let after = state(replay.state())?;
        if event.position >= args.from {
            let changes = changes(&before, &after);
            let text = match args.json {
                true => as_json(&event, &changes),
                false => as_text(&event, &changes),
            };
            if !super::ends_quietly(std::io::stdout().write_all(text.as_bytes()))? {
                break;
            }
        }
        before = after;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(event: &StoredEvent, changes: &[Change]) -> String {
    let change = |c: &Change| json!({ "field": c.field, "before": c.before, "after": c.after });
    let changes: Vec<Value> = changes.iter().map(change).collect();
    let mut line = super::tail::head(event);
    line["changes"] = changes.into();
    format!("{line}\n")
}

fn as_text(event: &StoredEvent, changes: &[Change]) -> String {
    let mut text = format!(
        "{}  {}  event {}  {} v{}\n",
        event.position,
        time(event.recorded_at),
        event.sequence,
        event.event_type,
        event.event_version
    );
    if changes.is_empty() {
        text.push_str("    changes nothing of the state\n");
    }
    for Change {
        field,
        before,
        after,
    } in changes
    {
        text.push_str(&format!(
            "    {field}: {} → {}\n",
            plain(before),
            plain(after)
        ));
    }
    text
}
