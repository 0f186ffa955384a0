//! Bringing what is missing: one `apt-get install` for what needs root, nats-server unpacked into
//! the project's cache. Nothing installed here starts a service.

use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::folders::cache_dir;
use crate::part::{Part, PartReport, State};
use crate::probe::{doctor, is_ubuntu, probe};
use crate::users::am_root;
use crate::wasm::add_by_rustup;

/// Who may run `apt-get install` here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installer {
    /// We are root.
    Root,
    /// Through `sudo`, which may ask for a password on the terminal.
    Sudo,
    /// Nobody: a person must run the line we print.
    Nobody,
}

impl Installer {
    /// What this process can do. `unattended` says that no password can be typed.
    #[must_use]
    pub fn detect(unattended: bool) -> Self {
        if am_root() {
            return Self::Root;
        }
        let silent = quiet(Command::new("sudo").args(["-n", "true"]));
        let asks = !unattended
            && std::io::stdin().is_terminal()
            && quiet(Command::new("sudo").arg("--version"));
        if silent || asks {
            Self::Sudo
        } else {
            Self::Nobody
        }
    }

    fn command(self, program: &str) -> Command {
        if self == Self::Sudo {
            let mut command = Command::new("sudo");
            command.arg(program);
            command
        } else {
            Command::new(program)
        }
    }
}

/// The packages that need root for what these reports miss.
fn root_packages(reports: &[PartReport]) -> Vec<&'static str> {
    reports
        .iter()
        .filter(|report| report.state == State::Missing && report.part != Part::NatsServer)
        .flat_map(|report| report.part.packages().iter().copied())
        .collect()
}

/// The exact line a person with root must run for what these reports miss; `None` when nothing
/// needs root.
#[must_use]
pub fn apt_line(reports: &[PartReport]) -> Option<String> {
    let packages = root_packages(reports);
    if packages.is_empty() {
        return None;
    }
    let mut line = String::new();
    if packages.contains(&"postgresql") {
        line.push_str(&format!(
            "sudo mkdir -p {CREATE_CLUSTER_DIR} && echo '{NO_CLUSTER}' | sudo tee {CREATE_CLUSTER_DIR}/relevo.conf && "
        ));
    }
    line.push_str("sudo apt-get update && sudo apt-get install -y --no-install-recommends ");
    line.push_str(&packages.join(" "));
    Some(line)
}

/// Installs every missing part and probes again.
///
/// `unattended` means that nobody answers: `sudo` is used only when it needs no password. Fails,
/// with what to do, when a part is refused, when root is needed and can't be had, or when apt
/// fails.
pub fn install(unattended: bool) -> Result<()> {
    if probe(Part::Wasm) == State::Missing {
        // Where rustup has it, it is the better one, and needs no root. Else Debian's comes below.
        add_by_rustup();
    }
    let reports = doctor();
    refuse_hopeless(&reports)?;
    let packages = root_packages(&reports);
    if !packages.is_empty() {
        let installer = Installer::detect(unattended);
        if installer == Installer::Nobody {
            let line = apt_line(&reports).unwrap_or_default();
            bail!(
                "installing {} needs root. Run this, then try again:\n\n  {line}\n",
                packages.join(", ")
            );
        }
        install_packages(installer, &packages)?;
    }
    if probe(Part::NatsServer) == State::Missing {
        fetch_nats().context(
            "nats-server could not be fetched; install Debian's nats-server or set RELEVO_NATS_SERVER",
        )?;
    }
    let lacking: Vec<_> = doctor()
        .into_iter()
        .filter(|report| !report.is_found())
        .collect();
    if let Some(report) = lacking.first() {
        bail!(
            "{} is still not usable after the installation: {}",
            report.part.name(),
            report.how
        );
    }
    Ok(())
}

fn refuse_hopeless(reports: &[PartReport]) -> Result<()> {
    for report in reports {
        if let State::Refused { path, reason } = &report.state {
            bail!(
                "{} at {} can't be used: {reason}",
                report.part.name(),
                path.display()
            );
        }
        if report.part == Part::Chromium && report.state == State::Missing && is_ubuntu() {
            bail!("{}: {}", report.part.name(), report.how);
        }
    }
    let needs_apt = reports.iter().any(|report| !report.is_found());
    if needs_apt && !quiet(Command::new("apt-get").arg("--version")) {
        bail!(
            "this machine has no apt-get: install Postgres 15+, nats-server 2.9+, Chromium 120+ with \
             its ChromeDriver, the Liberation fonts and the wasm32 library of your Rust yourself; `cargo xtask doctor` shows what is \
             found and RELEVO_POSTGRES_BIN, RELEVO_NATS_SERVER, RELEVO_CHROMIUM and \
             RELEVO_CHROMEDRIVER say where they are"
        );
    }
    Ok(())
}

const CREATE_CLUSTER_DIR: &str = "/etc/postgresql-common/createcluster.d";
const NO_CLUSTER: &str = "create_main_cluster = false";

fn install_packages(installer: Installer, packages: &[&str]) -> Result<()> {
    if packages.contains(&"postgresql") {
        forbid_main_cluster(installer)?;
    }
    if lists_missing() {
        apt(installer, &["update"])?;
    }
    let mut arguments = vec![
        "install",
        "-y",
        "--no-install-recommends",
        "-o",
        "Dpkg::Options::=--force-confold",
    ];
    arguments.extend(packages);
    // Lists that are old name packages the mirror has dropped: one update, one more try.
    if apt(installer, &arguments).is_err() {
        apt(installer, &["update"])?;
        apt(installer, &arguments)?;
    }
    Ok(())
}

/// Debian makes and starts a cluster when the server arrives; ours is private, so we tell it not to.
fn forbid_main_cluster(installer: Installer) -> Result<()> {
    let file = format!("{CREATE_CLUSTER_DIR}/relevo.conf");
    run(installer.command("mkdir").args(["-p", CREATE_CLUSTER_DIR]))?;
    let script = r#"printf '%s\n' "$1" > "$2""#;
    run(installer
        .command("sh")
        .args(["-c", script, "sh", NO_CLUSTER, &file]))
}

fn apt(installer: Installer, arguments: &[&str]) -> Result<()> {
    let mut command = installer.command("env");
    command
        .args([
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-q",
            "-o",
            "DPkg::Lock::Timeout=300",
        ])
        .args(arguments);
    run(&mut command)
}

fn lists_missing() -> bool {
    !fs::read_dir("/var/lib/apt/lists")
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
}

/// Downloads Debian's package and unpacks it into the cache: needs no root and starts nothing.
fn fetch_nats() -> Result<()> {
    let cache = cache_dir()?;
    let work = cache.join(format!("nats-server.{}", std::process::id()));
    fs::create_dir_all(&work)?;
    let fetched = download_and_unpack(&cache, &work);
    let renamed = fetched.and_then(|()| {
        let target = cache.join("nats-server");
        // Whoever fetched it meanwhile did the same work.
        match fs::rename(work.join("root"), &target) {
            Err(_) if target.join("usr").is_dir() => Ok(()),
            other => other.with_context(|| format!("cannot move to {}", target.display())),
        }
    });
    // A left-over work folder is only clutter; the outcome above is what counts.
    let _ = fs::remove_dir_all(&work);
    renamed
}

fn download_and_unpack(cache: &Path, work: &Path) -> Result<()> {
    let plain = !lists_missing() && run(apt_download(work, None).stderr(Stdio::null())).is_ok();
    if !plain {
        // Lists of our own, so that neither root nor the system's lists are needed.
        let lists = cache.join("apt");
        fs::create_dir_all(lists.join("lists/partial"))?;
        fs::create_dir_all(lists.join("cache/archives/partial"))?;
        let mut update = Command::new("apt-get");
        update.args(["-q", "update"]).args(private_lists(&lists));
        run(&mut update)?;
        run(&mut apt_download(work, Some(&lists)))?;
    }
    let package = fs::read_dir(work)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt-get download left no package")?;
    run(Command::new("dpkg-deb")
        .arg("-x")
        .arg(package)
        .arg(work.join("root")))
}

fn apt_download(work: &Path, lists: Option<&Path>) -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(["-q", "download", "nats-server"])
        .current_dir(work);
    if am_root() {
        // apt's own account can't write into our folder; as root it says so at length.
        command.args(["-o", "APT::Sandbox::User=root"]);
    }
    if let Some(lists) = lists {
        command.args(private_lists(lists));
    }
    command
}

fn private_lists(dir: &Path) -> Vec<String> {
    let dir = dir.display();
    vec![
        "-o".to_owned(),
        format!("Dir::State::Lists={dir}/lists"),
        "-o".to_owned(),
        format!("Dir::Cache={dir}/cache"),
    ]
}

/// Runs a command with its output on ours; fails with the line that failed.
fn run(command: &mut Command) -> Result<()> {
    let line = format!("{command:?}");
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {line}"))?;
    if !status.success() {
        bail!("{line} failed ({status})");
    }
    Ok(())
}

fn quiet(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn missing(part: Part) -> PartReport {
        PartReport {
            part,
            state: State::Missing,
            how: String::new(),
            estimate_s: 1,
        }
    }

    #[test]
    fn one_line_installs_all_that_needs_root_and_makes_no_cluster() {
        let line = apt_line(&[
            missing(Part::Postgres),
            missing(Part::NatsServer),
            missing(Part::Fonts),
        ])
        .unwrap();
        assert!(line.ends_with("--no-install-recommends postgresql fonts-liberation"));
        assert!(line.contains("create_main_cluster = false"));
    }

    #[test]
    fn nats_alone_needs_no_root() {
        assert_eq!(apt_line(&[missing(Part::NatsServer)]), None);
    }
}
