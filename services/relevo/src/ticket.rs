//! `relevo submit` and `relevo watch`.

use crate::cli::{Access, Submit, Watch};
use anyhow::Context;
use client::{Client, Message, words};
use domain::TaskId;
use schemas::rest::CreateTask;
use schemas::ws::ServerFrame;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const FAILED: u8 = 2;

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
    let mut wait = Duration::from_millis(250);
    loop {
        match follow_once(client, id, &mut after).await {
            Ok(Some(position)) => return finish(client, id, position, out).await,
            Ok(None) => {}
            Err(error) if error.problem().is_some() => return Err(error.into()),
            Err(error) => eprintln!("relevo: {error}; conectando otra vez"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(8));
    }
}

/// Returns the position of the event that ended the task, or `None` when the socket ended first.
async fn follow_once(
    client: &Client,
    id: TaskId,
    after: &mut u64,
) -> Result<Option<u64>, client::ClientError> {
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
    let task = client.task(id, position).await?;
    println!("{}", words::status(&task));
    if let Some(failure) = &task.failure {
        println!("{}", failure.next_step);
        return Ok(ExitCode::from(FAILED));
    }
    let saved = client.save_invoice(&task, out).await?;
    println!("{}", saved.xml.display());
    if let Some(pdf) = saved.pdf {
        println!("{}", pdf.display());
    }
    for warning in &task.warnings {
        println!("! {warning}");
    }
    Ok(ExitCode::SUCCESS)
}
