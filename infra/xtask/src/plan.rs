//! What will happen and how long it takes, shown before it happens.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::thread::available_parallelism;

use anyhow::Result;
use parts::{Installer, Part, PartReport, State, apt_line};

/// `cargo xtask doctor`: the table; fails when something is missing.
pub fn doctor() -> ExitCode {
    let reports = parts::doctor();
    print_table(&reports);
    if reports.iter().all(PartReport::is_found) {
        return match check_sandbox(&reports) {
            Ok(()) => {
                println!("\nEverything is here, and Chromium's sandbox works.");
                ExitCode::SUCCESS
            }
            Err(error) => {
                println!("\n{error:#}");
                ExitCode::FAILURE
            }
        };
    }
    println!(
        "\n`cargo xtask setup` (or demo, up, test) installs what is missing, after asking; what is \
         refused must be mended by hand first."
    );
    if Installer::detect(false) == Installer::Nobody
        && let Some(line) = apt_line(&reports)
    {
        println!("As this account can't become root, somebody must run first:\n\n  {line}");
    }
    ExitCode::FAILURE
}

/// Shows the plan, asks once when something is missing and somebody is there, and installs.
/// `false`: the person said no.
pub fn set_up(goal: &str, yes: bool) -> Result<bool> {
    let reports = parts::doctor();
    let complete = reports.iter().all(PartReport::is_found);
    let unattended = yes || is_unattended();
    // With everything here, the plan of a test run would only be noise.
    if !complete || goal == "demo" {
        print_plan(goal, &reports);
    }
    if !complete && !unattended && !ask("Install and go on? [Y/n] ")? {
        return Ok(false);
    }
    if !complete {
        parts::install(unattended)?;
    }
    // A second of asking that the runs which come often don't repeat.
    if !complete || goal == "setup" {
        check_sandbox(&parts::doctor())?;
    }
    Ok(true)
}

fn check_sandbox(reports: &[PartReport]) -> Result<()> {
    for report in reports {
        if let (Part::Chromium, State::Found(found)) = (report.part, &report.state) {
            parts::check_sandbox(&found.path)?;
        }
    }
    Ok(())
}

fn is_unattended() -> bool {
    let ci = std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
    ci || !std::io::stdin().is_terminal()
}

fn ask(question: &str) -> Result<bool> {
    print!("{question}");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(
        answer.trim().to_lowercase().as_str(),
        "" | "y" | "yes" | "s" | "si" | "sí"
    ))
}

fn print_plan(goal: &str, reports: &[PartReport]) {
    println!("Plan of `cargo xtask {goal}`\n");
    print_table(reports);
    let install_s: u32 = reports.iter().map(|report| report.estimate_s).sum();
    println!();
    if install_s > 0 {
        println!(
            "  1. install what is missing   about {}",
            minutes(install_s)
        );
    } else {
        println!("  1. nothing to install");
    }
    if goal != "setup" {
        println!(
            "  2. build                     about {}",
            minutes(build_estimate_s(goal))
        );
        println!("  3. {goal:<25} starts at once");
    }
    println!();
}

/// A rough figure for the plan, in seconds; crates.io's downloads are not in it.
fn build_estimate_s(goal: &str) -> u32 {
    let built = parts::workspace_dir().join("target/debug/relevo").is_file();
    let cores = available_parallelism().map_or(2, |cores| u32::try_from(cores.get()).unwrap_or(2));
    match (built, goal) {
        (true, _) => 20,
        // The last crates wait for one another: more than eight cores help no further.
        (false, _) => 60 + 480 / cores.clamp(1, 8),
    }
}

fn minutes(seconds: u32) -> String {
    if seconds < 90 {
        format!("{seconds} s")
    } else {
        format!("{} min", seconds.div_ceil(60))
    }
}

fn print_table(reports: &[PartReport]) {
    for report in reports {
        let name = report.part.name();
        match &report.state {
            State::Found(found) => {
                let version = found
                    .version
                    .map(|version| version.to_string())
                    .unwrap_or_default();
                println!(
                    "  found    {name:<18} {version:<10} {}",
                    found.path.display()
                );
            }
            State::Missing if report.estimate_s > 0 => {
                println!(
                    "  missing  {name:<18} {} (about {} s)",
                    report.how, report.estimate_s
                );
            }
            State::Missing => println!("  missing  {name:<18} {}", report.how),
            State::Refused { path, reason } => {
                println!("  refused  {name:<18} {}: {reason}", path.display());
            }
        }
    }
}
