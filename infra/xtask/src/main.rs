//! `cargo xtask`: sets a machine up and runs Relevo on it. It knows only the parts and `cargo`, so
//! that its plan shows seconds after a clean clone; what it runs is built afterwards.

mod build;
mod fuzz;
mod plan;
mod token;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask <command>

  doctor               what is found, what is missing, how it would come; installs nothing
  setup [--yes]        installs what is missing, after asking
  demo [--yes] [--keep]  set-up, build, then tickets become verified invoices, live in the terminal
                       --yes: don't ask; --keep: leave it running at the end
  up [--yes]           set-up, build, then run everything here until Ctrl-C; data is kept
  test [filter...]     set-up, then every test of the workspace (those whose names match)
  page [--release]     builds the page alone, into ui/dist; --release: as small as it gets
  screenshots          set-up, then pictures of every page in target/screenshots
  bench log [n]        set-up, then measure the event log (as it ships), with n tasks in flight
  bench replay [n]     the same for reading n events again: checked, and folded
  fuzz [--seconds N] [target...]  coverage-guided fuzzing of what reads foreign bytes
  token [user]         an access token of the running `up` (demo, ana, auditor, analyst, operator)

Programs are looked for on PATH and in known folders; RELEVO_POSTGRES_BIN (a folder),
RELEVO_NATS_SERVER, RELEVO_CHROMIUM and RELEVO_CHROMEDRIVER name others. Data lies in
RELEVO_STATE_DIR, by default .relevo here, or /var/tmp/relevo-<hash> as root.
Without a terminal, or with CI=true, nothing is asked.";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<ExitCode> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    let takes = |known: &[&str]| -> Result<()> {
        match rest
            .iter()
            .find(|argument| !known.contains(&argument.as_str()))
        {
            Some(unknown) => bail!("{command} doesn't know {unknown:?}\n\n{HELP}"),
            None => Ok(()),
        }
    };
    let has = |flag: &str| rest.iter().any(|argument| argument == flag);
    match command {
        "help" | "-h" | "--help" => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        "doctor" => {
            takes(&[])?;
            Ok(plan::doctor())
        }
        "setup" => {
            takes(&["--yes"])?;
            let done = plan::set_up("setup", has("--yes"))?;
            Ok(if done {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
        "demo" => {
            takes(&["--yes", "--keep"])?;
            if !plan::set_up("demo", has("--yes"))? {
                return Ok(ExitCode::FAILURE);
            }
            build::demo(has("--keep"))
        }
        "up" => {
            takes(&["--yes"])?;
            if !plan::set_up("up", has("--yes"))? {
                return Ok(ExitCode::FAILURE);
            }
            build::up()
        }
        "test" => {
            if !plan::set_up("test", false)? {
                return Ok(ExitCode::FAILURE);
            }
            build::test(rest)
        }
        "bench" => {
            let what = rest.first().map(String::as_str);
            if !matches!(what, Some("log" | "replay")) || rest.len() > 2 {
                bail!("bench log [tasks in flight] or bench replay [events]\n\n{HELP}");
            }
            if !plan::set_up("bench", false)? {
                return Ok(ExitCode::FAILURE);
            }
            build::bench(rest)
        }
        "fuzz" => fuzz::run(rest),
        "page" => {
            takes(&["--release"])?;
            if !plan::set_up("page", false)? {
                return Ok(ExitCode::FAILURE);
            }
            build::page(has("--release"))?;
            Ok(ExitCode::SUCCESS)
        }
        "screenshots" => {
            takes(&[])?;
            if !plan::set_up("screenshots", false)? {
                return Ok(ExitCode::FAILURE);
            }
            build::screenshots()
        }
        "token" => token::print(rest.first().map_or("demo", String::as_str)),
        unknown => bail!("no command {unknown:?}\n\n{HELP}"),
    }
}
