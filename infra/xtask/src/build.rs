//! Builds and runs the workspace's other programs by `cargo`.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, anyhow, bail};

/// Builds the page into `ui/dist`, from where the api takes it when it is compiled.
pub fn page(release: bool) -> Result<()> {
    build(&["-p", "pagebuild"])?;
    let mut pagebuild = Command::new(built("pagebuild")?);
    if release {
        pagebuild.arg("--release");
    }
    let status = pagebuild.status().context("cannot run pagebuild")?;
    if !status.success() {
        bail!("the page was not built; the reason is above");
    }
    Ok(())
}

/// Builds what the demo needs and becomes it.
pub fn demo(keep: bool) -> Result<ExitCode> {
    let mut demo = runner("tests", "demo")?;
    if keep {
        demo.arg("--keep");
    }
    become_program(demo)
}

/// Builds Relevo and its stack and becomes the stack.
pub fn up() -> Result<ExitCode> {
    become_program(runner("devstack", "devstack-up")?)
}

/// Builds a whole installation and writes pictures of every page.
pub fn screenshots() -> Result<ExitCode> {
    become_program(runner("tests", "screenshots")?)
}

/// Every test of the workspace in one run of cargo, so that nothing is built twice; goes on after
/// a failing crate, so that one run shows all that fails.
pub fn test(filters: &[String]) -> Result<ExitCode> {
    page(false)?;
    // End-to-end tests start the binaries, which `cargo test` alone doesn't make. Both kinds in
    // one call, since binaries alone have other features and would be built twice.
    build(&["--workspace", "--bins", "--tests"])?;
    let mut test = cargo();
    test.args(["test", "--workspace", "--no-fail-fast"]);
    if !filters.is_empty() {
        test.arg("--").args(filters);
    }
    become_program(test)
}

/// Measures the log; only a release build tells the truth.
pub fn bench(what: &[String]) -> Result<ExitCode> {
    let mut bench = cargo();
    bench.args([
        "run",
        "--profile",
        "production",
        "-p",
        "tests",
        "--bin",
        "bench",
        "--",
    ]);
    bench.args(what);
    become_program(bench)
}

/// Builds the page, Relevo, and a program that starts Relevo; that program, to be run.
fn runner(package: &str, program: &str) -> Result<Command> {
    page(false)?;
    build(&[
        "-p", "relevo", "--bin", "relevo", "-p", package, "--bin", program,
    ])?;
    Ok(Command::new(built(program)?))
}

fn build(arguments: &[&str]) -> Result<()> {
    let status = cargo()
        .arg("build")
        .args(arguments)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the build failed; the compiler's message is above");
    }
    Ok(())
}

pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(parts::workspace_dir());
    cargo
}

/// A program of the same folder as this one, which cargo chose.
fn built(name: &str) -> Result<std::path::PathBuf> {
    let program = std::env::current_exe()?.with_file_name(name);
    if !program.is_file() {
        bail!("{} was not built", program.display());
    }
    Ok(program)
}

/// Replaces this process, so that signals, terminal and exit code are the program's own.
fn become_program(mut command: Command) -> Result<ExitCode> {
    let error = command.exec();
    Err(anyhow!(
        "cannot run {}: {error}",
        command.get_program().display()
    ))
}
