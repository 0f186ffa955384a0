//! `relevo audit show`: a task as it was.

use super::shown::{changes, plain, state, time};
use crate::cli::ShowTask;
use commands::EventLog;
use commands::log::{AsOf, AsOfError, At};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::ExitCode;

const NO_SUCH_STATE: u8 = 2;

/// Prints the state.
///
/// # Errors
/// When the log can't be read.
pub async fn show(log: &EventLog, args: &ShowTask) -> anyhow::Result<ExitCode> {
    let as_of = match log.as_of(args.task, args.at.unwrap_or(At::End)).await {
        Ok(as_of) => as_of,
        Err(error) => return no_such_state(error),
    };
    let text = match args.json {
        true => as_json(args, &as_of)?,
        false => as_text(args, &as_of)?,
    };
    super::ends_quietly(std::io::stdout().write_all(text.as_bytes()))?;
    Ok(ExitCode::SUCCESS)
}

/// The exit code where the log could be read and has no such state.
///
/// # Errors
/// When it could not be read.
pub fn no_such_state(error: AsOfError) -> anyhow::Result<ExitCode> {
    match error {
        AsOfError::Log(_) | AsOfError::Decode { .. } => Err(error.into()),
        AsOfError::Unknown(_)
        | AsOfError::NotYet { .. }
        | AsOfError::BeyondEnd { .. }
        | AsOfError::NotNow { .. } => {
            eprintln!("relevo: {error}");
            Ok(ExitCode::from(NO_SUCH_STATE))
        }
    }
}

fn as_json(args: &ShowTask, as_of: &AsOf) -> anyhow::Result<String> {
    let shown = json!({
        "task": args.task,
        "position": as_of.last.position,
        "sequence": as_of.last.sequence,
        "recorded_at": time(as_of.last.recorded_at),
        "event": as_of.last.event_type,
        "state": state(&as_of.state)?,
    });
    Ok(format!("{shown:#}\n"))
}

fn as_text(args: &ShowTask, as_of: &AsOf) -> anyhow::Result<String> {
    let last = &as_of.last;
    let mut text = format!(
        "task {}\nas of position {}, {}: event {}, {}\n",
        args.task,
        last.position,
        time(last.recorded_at),
        last.sequence,
        last.event_type
    );
    for change in changes(&Value::Null, &state(&as_of.state)?) {
        text.push_str(&format!("  {}: {}\n", change.field, plain(&change.after)));
    }
    Ok(text)
}
