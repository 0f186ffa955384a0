//! Fuzzing by `cargo-fuzz`, which it installs into the target folder.

use crate::build::cargo;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// In `tests/fuzz/targets`, with the longest input that tells anything.
const TARGETS: [(&str, u32); 3] = [("sealed", 512), ("event", 8192), ("cfdi", 16384)];
const VERSION: &str = "0.13.2";

/// Fuzzes each target that was asked for, or all, for that many seconds. A finding is named, kept
/// below `tests/fuzz/artifacts` and makes the run fail. The corpus that is kept only grows by hand:
/// what a run finds interesting stays in the target folder.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let (seconds, wanted) = parse(arguments)?;
    let program = cargo_fuzz()?;
    let folder = parts::workspace_dir().join("tests/fuzz");
    let mut failed = Vec::new();
    for (target, longest) in TARGETS {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == target) {
            continue;
        }
        println!("fuzz: {target}, {seconds} s");
        if !fuzz(&program, &folder, target, longest, seconds)? {
            failed.push(target);
        }
    }
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    bail!(
        "findings in {}; the inputs are named above",
        failed.join(", ")
    )
}

fn parse(arguments: &[String]) -> Result<(u32, Vec<String>)> {
    let mut seconds = 60;
    let mut wanted = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            let number = rest.next().and_then(|number| number.parse().ok());
            seconds = number.context("--seconds wants a number")?;
        } else if TARGETS.iter().any(|(name, _)| name == argument) {
            wanted.push(argument.clone());
        } else {
            let known = TARGETS.map(|(name, _)| name).join(", ");
            bail!("fuzz doesn't know {argument:?}; its targets are {known}");
        }
    }
    Ok((seconds, wanted))
}

/// No sanitizer: none of this code is `unsafe`, and without one the stable compiler does.
fn fuzz(program: &Path, folder: &Path, target: &str, longest: u32, seconds: u32) -> Result<bool> {
    let grown = target_dir().join("fuzz-corpus").join(target);
    std::fs::create_dir_all(&grown).with_context(|| grown.display().to_string())?;
    let status = Command::new(program)
        .args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir"])
        .arg(folder)
        .arg(target)
        // Found inputs go to the first folder.
        .arg(&grown)
        .arg(folder.join("corpus").join(target))
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={longest}"))
        .args(["-timeout=20", "-verbosity=0", "-print_final_stats=1"])
        .current_dir(parts::workspace_dir())
        .status()
        .context("cannot run cargo-fuzz")?;
    Ok(status.success())
}

/// The program, installed if it isn't there.
fn cargo_fuzz() -> Result<PathBuf> {
    let root = target_dir().join("tools");
    let program = root.join("bin/cargo-fuzz");
    if !program.is_file() {
        let status = cargo()
            .args(["install", "cargo-fuzz", "--version", VERSION, "--root"])
            .arg(&root)
            .status()
            .context("cannot run cargo")?;
        if !status.success() {
            bail!("cargo-fuzz was not installed; the reason is above");
        }
    }
    Ok(program)
}

fn target_dir() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    chosen.unwrap_or_else(|| parts::workspace_dir().join("target"))
}
