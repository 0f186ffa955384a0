//! Whether Chromium's own sandbox works here: asked of the browser, not guessed from the system.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::folders::state_dir;
use crate::users::browser_user;

const SIGN: &str = "relevo-sandbox-probe";

/// Opens one page of text in a browser with its sandbox on, as the account that browsers get.
///
/// Chromium refuses to start when it finds no sandbox, so a page that shows is the proof. Fails
/// with the browser's words and what to do; `--no-sandbox` is never the answer. Takes 1 to 2 s.
pub fn check_sandbox(chromium: &Path) -> Result<()> {
    let home = state_dir()?.join(format!("probe-{}", std::process::id()));
    fs::create_dir_all(&home)?;
    let outcome = open_page(chromium, &home);
    fs::remove_dir_all(&home).with_context(|| format!("cannot remove {}", home.display()))?;
    let words = outcome?;
    if words.is_empty() {
        return Ok(());
    }
    bail!(
        "Chromium doesn't start with its sandbox on:\n{words}\nAllow unprivileged user namespaces \
         (sysctl kernel.unprivileged_userns_clone=1; on newer Ubuntu \
         kernel.apparmor_restrict_unprivileged_userns=0; in a container a seccomp profile that lets \
         clone and unshare through), or install chromium-sandbox"
    )
}

/// Empty when the page showed, else the last of what the browser said.
fn open_page(chromium: &Path, home: &Path) -> Result<String> {
    let mut command = Command::new("timeout");
    command.args(["-s", "KILL", "30"]).arg(chromium).args([
        "--headless=new",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-breakpad",
    ]);
    command
        .arg(format!(
            "--user-data-dir={}",
            home.join("profile").display()
        ))
        .args(["--dump-dom", &format!("data:text/html,<p>{SIGN}")])
        .current_dir(home)
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .stdin(Stdio::null());
    if let Some(user) = browser_user() {
        chown(home, Some(user.uid), Some(user.gid))?;
        command.uid(user.uid).gid(user.gid);
    }
    let output = command.output().context("cannot run Chromium")?;
    if String::from_utf8_lossy(&output.stdout).contains(SIGN) {
        return Ok(String::new());
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = words.lines().collect();
    Ok(format!(
        "{}\n({})",
        lines[lines.len().saturating_sub(5)..].join("\n"),
        output.status
    ))
}
