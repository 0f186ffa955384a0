//! `relevo erase`: a profile, an account, or anew what was erased before a restore.

mod record;

use crate::cli::{EraseCommand, How};
use crate::confirm::confirmed;
use anyhow::Context as _;
use commands::{ArtifactFiles, Eraser, Erasure, LogConfig};
use domain::TaskId;
use kit::config::Config;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const UNFINISHED: u8 = 2;
/// How often what is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Runs a subcommand. Killed anywhere, the same one again goes on.
///
/// # Errors
/// When a step could not be done. What was begun stays blocked.
pub async fn run(command: EraseCommand) -> anyhow::Result<ExitCode> {
    let config: Config = kit::config::load()?;
    let eraser = connect(&config).await?;
    let (erasures, how) = match command {
        EraseCommand::Profile(args) => {
            let profile = args.profile;
            let found = eraser.profile(profile).await?;
            let found = found.with_context(|| format!("nobody has a profile {profile}"))?;
            (BTreeSet::from([found]), args.how)
        }
        EraseCommand::Account(args) => {
            let (user, profile) = (args.user, None);
            (BTreeSet::from([Erasure { user, profile }]), args.how)
        }
        EraseCommand::Reapply(args) => (on_record(&eraser, &args.how).await?, args.how),
    };
    let erasures = known(&eraser, erasures).await?;
    if erasures.is_empty() {
        println!("nothing to erase");
        return Ok(ExitCode::SUCCESS);
    }
    if !how.yes && !asked(&erasures)? {
        println!("nothing was erased");
        return Ok(ExitCode::FAILURE);
    }
    erase(&eraser, &erasures, &how).await
}

async fn connect(config: &Config) -> anyhow::Result<Eraser> {
    anyhow::ensure!(
        config.log.is_in_postgres(),
        "erasing needs the log in Postgres"
    );
    let log = LogConfig {
        flush: config.log.flush,
        ..LogConfig::new(config.database.role_url("relevo_erase"))
    };
    let files = ArtifactFiles::new(config.artifacts.ready().await?);
    let eraser = Eraser::connect(&log, files).await;
    eraser.context("the database does not let us in; has `relevo migrate` run?")
}

/// What the log, the vault and the file say was erased.
async fn on_record(eraser: &Eraser, how: &How) -> anyhow::Result<BTreeSet<Erasure>> {
    let mut all = eraser.begun().await?;
    if let Some(path) = &how.record {
        anyhow::ensure!(path.exists(), "there is no record {}", path.display());
        all.extend(record::read(path)?);
    }
    Ok(all)
}

/// Those this log has anything of; the others are told.
async fn known(eraser: &Eraser, all: BTreeSet<Erasure>) -> anyhow::Result<BTreeSet<Erasure>> {
    let mut known = BTreeSet::new();
    for erasure in all {
        match eraser.is_known(erasure).await? {
            true => drop(known.insert(erasure)),
            false => println!("{erasure}: this log has nothing of it"),
        }
    }
    Ok(known)
}

fn asked(erasures: &BTreeSet<Erasure>) -> anyhow::Result<bool> {
    for erasure in erasures {
        println!("{erasure}");
    }
    confirmed(
        "Erase for good? Open tasks are cancelled; nothing brings the data back.",
        "nobody can be asked: give --yes if it is to be erased for good",
    )
}

/// Each step for all of them, so that all wait the same minute.
async fn erase(
    eraser: &Eraser,
    erasures: &BTreeSet<Erasure>,
    how: &How,
) -> anyhow::Result<ExitCode> {
    for erasure in erasures {
        eraser.begin(*erasure).await?;
        if let Some(path) = &how.record {
            record::add(path, *erasure)?;
        }
        println!("{erasure}: blocked");
    }
    let deadline = Instant::now() + how.wait;
    loop {
        let open = wait_for_tasks(eraser, erasures, deadline).await?;
        if !open.is_empty() {
            return Ok(unfinished(&open));
        }
        wait_for_browsers(eraser, erasures, deadline).await?;
        wait_for_keys(eraser, erasures).await?;
        // A ticket that was on its way in when the block came is in by now.
        if open_tasks(eraser, erasures).await?.is_empty() {
            break;
        }
    }
    for erasure in erasures {
        let done = eraser.destroy(*erasure).await?;
        eraser.complete(*erasure).await?;
        let (keys, files) = (done.keys, done.files);
        println!("{erasure}: erased; {keys} data keys destroyed, {files} files removed");
    }
    Ok(ExitCode::SUCCESS)
}

/// Until all tasks have ended, or the deadline has come: those left.
async fn wait_for_tasks(
    eraser: &Eraser,
    erasures: &BTreeSet<Erasure>,
    deadline: Instant,
) -> anyhow::Result<BTreeSet<TaskId>> {
    let mut told = false;
    loop {
        let open = open_tasks(eraser, erasures).await?;
        if open.is_empty() || Instant::now() >= deadline {
            return Ok(open);
        }
        if !told {
            println!(
                "{} tasks wait for the outcome of their final button",
                open.len()
            );
            told = true;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn open_tasks(
    eraser: &Eraser,
    erasures: &BTreeSet<Erasure>,
) -> anyhow::Result<BTreeSet<TaskId>> {
    let mut open = BTreeSet::new();
    for erasure in erasures {
        open.extend(eraser.cancel(*erasure).await?);
    }
    Ok(open)
}

/// Until the browsers are closed, or the deadline has come: an agent that is gone closes none, and
/// must not keep anything from being erased.
async fn wait_for_browsers(
    eraser: &Eraser,
    erasures: &BTreeSet<Erasure>,
    deadline: Instant,
) -> anyhow::Result<()> {
    loop {
        let mut open = Vec::new();
        for erasure in erasures {
            open.extend(eraser.open_browsers(*erasure).await?);
        }
        if open.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            for (task, session) in open {
                println!(
                    "browser {session} of task {task} was never closed: start the agent that had it, \
                     which removes what lies there, or remove that folder of its sessions_dir"
                );
            }
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn unfinished(open: &BTreeSet<TaskId>) -> ExitCode {
    for task in open {
        println!(
            "task {task} has not ended: the final button was pressed, and the outcome is not known yet"
        );
    }
    println!("unfinished: everything stays blocked; run the same command again while services run");
    ExitCode::from(UNFINISHED)
}

/// Until no process has a data key of any of them.
async fn wait_for_keys(eraser: &Eraser, erasures: &BTreeSet<Erasure>) -> anyhow::Result<()> {
    for erasure in erasures {
        eraser.close(*erasure).await?;
    }
    let mut told = false;
    loop {
        let mut left = Duration::ZERO;
        for erasure in erasures {
            left = left.max(eraser.keys_run_out(*erasure).await?);
        }
        if left.is_zero() {
            return Ok(());
        }
        if !told {
            println!(
                "data keys leave the services' memory within {} s",
                left.as_secs() + 1
            );
            told = true;
        }
        tokio::time::sleep(left.min(LOOK_EVERY)).await;
    }
}
