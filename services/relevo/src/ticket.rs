//! `relevo submit` and `relevo watch`.

use crate::cli::{Access, Submit, Watch};
use anyhow::Context;
use client::{Client, ClientError, Message, words};
use domain::TaskId;
use schemas::rest::CreateTask;
use schemas::ws::ServerFrame;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const FAILED: u8 = 2;
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Hands a ticket in and prints the task's id.
///
/// # Errors
/// The service's refusal, naming each misfit field.
pub async fn submit(args: Submit) -> anyhow::Result<ExitCode> {
    let text = read(&args.file)?;
    let task: CreateTask =
        serde_json::from_str(&text).with_context(|| format!("{} is no ticket", args.file))?;
    let client = connect(&args.access);
    let answer = client.create_task(&task, args.key.as_deref()).await?;
    println!("{}", answer.task_id);
    if !answer.created {
        eprintln!("este ticket ya se había entregado: {}", answer.status);
    }
    if args.watch {
        return follow(&client, answer.task_id, &args.out).await;
    }
    Ok(ExitCode::SUCCESS)
}

/// Follows a task until it ends.
///
/// # Errors
/// When the task is unknown or the service does not answer.
pub async fn watch(args: Watch) -> anyhow::Result<ExitCode> {
    follow(&connect(&args.access), args.task, &args.out).await
}

fn connect(access: &Access) -> Client {
    Client::new(access.url.clone(), access.token.clone())
}

fn read(file: &str) -> anyhow::Result<String> {
    if file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("can't read {file}"))
}

/// Prints events until the task has ended; a lost socket is opened again where it broke.
async fn follow(client: &Client, id: TaskId, out: &Path) -> anyhow::Result<ExitCode> {
    let mut after = 0;
    let mut wait = FIRST_WAIT;
    loop {
        match follow_once(client, id, &mut after).await {
            Ok(Some(position)) => return finish(client, id, position, out).await,
            Ok(None) => {}
            // A proxy before a service that is down answers what we don't expect.
            Err(error) if passes(&error) || matches!(error, ClientError::Unexpected(_)) => {
                eprintln!("relevo: {error}; conectando otra vez");
            }
            Err(error) => return Err(error.into()),
        }
        pause(&mut wait).await;
    }
}

/// Another try may end otherwise: an outage, a read model that isn't there yet, a lost connection.
fn passes(error: &ClientError) -> bool {
    match error {
        ClientError::Refused(problem) => problem.status >= 500,
        ClientError::Http(_) | ClientError::Socket(_) => true,
        ClientError::Unexpected(_) | ClientError::File(_) => false,
    }
}

async fn pause(wait: &mut Duration) {
    tokio::time::sleep(*wait).await;
    *wait = (*wait * 2).min(Duration::from_secs(8));
}

/// Returns the position of the event that ended the task, or `None` when the socket ended first.
async fn follow_once(
    client: &Client,
    id: TaskId,
    after: &mut u64,
) -> Result<Option<u64>, ClientError> {
    let mut socket = client.watch(id, *after, false).await?;
    let mut ended = None;
    // What was missed may go on after a failure (a retry): only the end that stands counts.
    let mut caught_up = false;
    while let Some(message) = socket.next().await? {
        match message {
            Message::Frame(ServerFrame::Event(event)) => {
                *after = event.sequence;
                if let Some(line) = words::event(&event) {
                    println!("{}  {line}", event.at.format("%H:%M:%S"));
                }
                ended = match event.event.as_str() {
                    "task.completed" | "task.failed" => Some(event.position),
                    "task.reopened" => None,
                    _ => ended,
                };
            }
            Message::Frame(ServerFrame::CaughtUp { .. }) => caught_up = true,
            _ => {}
        }
        if caught_up && ended.is_some() {
            return Ok(ended);
        }
    }
    Ok(None)
}

async fn finish(
    client: &Client,
    id: TaskId,
    position: u64,
    out: &Path,
) -> anyhow::Result<ExitCode> {
    let mut wait = FIRST_WAIT;
    let task = loop {
        match client.task(id, position).await {
            Ok(task) => break task,
            Err(error) if passes(&error) => eprintln!("relevo: {error}; otra vez"),
            Err(error) => return Err(error.into()),
        }
        pause(&mut wait).await;
    };
    println!("{}", words::status(&task));
    if let Some(failure) = &task.failure {
        println!("{}", failure.next_step);
        return Ok(ExitCode::from(FAILED));
    }
    let saved = loop {
        match client.save_invoice(&task, out).await {
            Ok(saved) => break saved,
            Err(error) if passes(&error) => eprintln!("relevo: {error}; otra vez"),
            Err(error) => return Err(error.into()),
        }
        pause(&mut wait).await;
    };
    println!("{}", saved.xml.display());
    if let Some(pdf) = saved.pdf {
        println!("{}", pdf.display());
    }
    for warning in &task.warnings {
        println!("! {warning}");
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Problem;

    #[test]
    fn outages_pass_and_refusals_stay() {
        let refused = |status, code| {
            let problem = Problem::new(status, code, "x");
            ClientError::Refused(Box::new(problem))
        };
        for code in ["internal", "unavailable", "projection-behind"] {
            let status = if code == "internal" { 500 } else { 503 };
            assert!(passes(&refused(status, code)), "{code}");
        }
        assert!(!passes(&refused(404, "not-found")));
        assert!(!passes(&refused(401, "unauthorized")));
        assert!(!passes(&ClientError::Unexpected("no invoice".to_owned())));
    }
}
