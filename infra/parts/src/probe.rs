//! Looking for each part: override, `PATH`, known folders; then its version.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::folders::cache_dir;
use crate::part::{Found, Part, PartReport, State};
use crate::version::Version;
use crate::wasm::{WASM_TARGET, WasmToolchain, wasm_toolchain};

/// Looks for every part and changes nothing.
#[must_use]
pub fn doctor() -> Vec<PartReport> {
    let mut reports: Vec<PartReport> = Part::ALL.into_iter().map(report).collect();
    refuse_unequal_driver(&mut reports);
    reports
}

/// A ChromeDriver opens sessions only with the Chromium of its own major version.
fn refuse_unequal_driver(reports: &mut [PartReport]) {
    let version = |part: Part| {
        reports.iter().find_map(|report| match &report.state {
            State::Found(found) if report.part == part => found.version,
            _ => None,
        })
    };
    let (Some(browser), Some(driver)) = (version(Part::Chromium), version(Part::ChromeDriver))
    else {
        return;
    };
    if browser.0 == driver.0 {
        return;
    }
    for report in reports
        .iter_mut()
        .filter(|report| report.part == Part::ChromeDriver)
    {
        if let State::Found(found) = &report.state {
            let reason = format!(
                "version {driver} doesn't fit Chromium {browser}: upgrade both together, or name a pair \
                 with RELEVO_CHROMIUM and RELEVO_CHROMEDRIVER"
            );
            report.how.clone_from(&reason);
            report.state = State::Refused {
                path: found.path.clone(),
                reason,
            };
        }
    }
}

/// Looks for one part and changes nothing.
#[must_use]
pub fn probe(part: Part) -> State {
    if let Some(name) = part.override_name()
        && let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty())
    {
        return judge_override(part, name, value);
    }
    match part {
        Part::Fonts => return probe_fonts(),
        Part::Wasm => return probe_wasm(),
        _ => {}
    }
    let mut refused = None;
    for path in candidates(part) {
        match judge(part, &path) {
            State::Missing => {}
            State::Refused { path, reason } => {
                refused.get_or_insert(State::Refused { path, reason });
            }
            found @ State::Found(_) => return found,
        }
    }
    refused.unwrap_or(State::Missing)
}

fn report(part: Part) -> PartReport {
    let state = probe(part);
    let (how, estimate_s) = match &state {
        State::Found(_) => (String::new(), 0),
        State::Missing if part == Part::NatsServer => (
            "apt-get download, unpacked into the project's cache".to_owned(),
            part.install_estimate_s(),
        ),
        State::Missing if part == Part::Wasm => (
            format!(
                "rustup target add {WASM_TARGET}, or apt-get install {}",
                part.packages().join(" ")
            ),
            part.install_estimate_s(),
        ),
        State::Missing if part == Part::Chromium && is_ubuntu() => (SNAP_ADVICE.to_owned(), 0),
        State::Missing => (
            format!("apt-get install {}", part.packages().join(" ")),
            part.install_estimate_s(),
        ),
        State::Refused { reason, .. } => (reason.clone(), 0),
    };
    PartReport {
        part,
        state,
        how,
        estimate_s,
    }
}

fn judge_override(part: Part, name: &str, value: OsString) -> State {
    let path = PathBuf::from(value);
    let program = if part == Part::Postgres {
        path.join("postgres")
    } else {
        path.clone()
    };
    match judge(part, &program) {
        State::Missing => State::Refused {
            path,
            reason: format!("{name} names no program; correct it or unset it"),
        },
        state => state,
    }
}

/// Runs the program's `--version` and compares.
fn judge(part: Part, program: &Path) -> State {
    if !is_executable(program) {
        return State::Missing;
    }
    let refused = |reason: String| State::Refused {
        path: program.to_path_buf(),
        reason,
    };
    if part == Part::Postgres && !program.with_file_name("initdb").is_file() {
        return refused("initdb is not beside it; install the server package".to_owned());
    }
    if matches!(part, Part::Chromium | Part::ChromeDriver) && is_snap(program) {
        return refused(SNAP_ADVICE.to_owned());
    }
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let text = match output {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(error) => return refused(format!("it doesn't start: {error}")),
    };
    let Some(version) = Version::parse(&text) else {
        return refused(format!(
            "it says no version to {} --version",
            program.display()
        ));
    };
    if let Some(minimum) = part.minimum()
        && version < minimum
    {
        return refused(format!(
            "version {version} is too old, {minimum} or newer is needed"
        ));
    }
    let path = if part == Part::Postgres {
        program.parent().unwrap_or(program)
    } else {
        program
    };
    State::Found(Found {
        path: path.to_path_buf(),
        version: Some(version),
    })
}

fn candidates(part: Part) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    match part {
        // The newest server first; on Debian it isn't on PATH.
        Part::Postgres => {
            folders.extend(versioned_folders("/usr/lib/postgresql", "bin"));
            folders.extend(path_folders());
        }
        Part::NatsServer => {
            folders.extend(path_folders());
            folders.extend(
                cache_dir()
                    .into_iter()
                    .map(|dir| dir.join("nats-server/usr/bin")),
            );
            folders.extend(
                cache_dir()
                    .into_iter()
                    .map(|dir| dir.join("nats-server/usr/sbin")),
            );
        }
        _ => folders.extend(path_folders()),
    }
    folders.extend(
        [
            "/usr/local/bin",
            "/usr/bin",
            "/usr/sbin",
            "/usr/lib/chromium",
        ]
        .map(PathBuf::from),
    );
    let mut paths: Vec<PathBuf> = Vec::new();
    for program in part.programs() {
        for folder in &folders {
            let path = folder.join(program);
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    paths
}

fn path_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect()
}

/// `<root>/<number>/<leaf>`, the highest number first.
fn versioned_folders(root: &str, leaf: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, entry.path().join(leaf)))
        })
        .collect();
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found.into_iter().map(|(_, path)| path).collect()
}

fn probe_fonts() -> State {
    let known = [
        "/usr/share/fonts/truetype/liberation",
        "/usr/share/fonts/truetype/liberation2",
        "/usr/share/fonts/liberation-fonts",
    ];
    known
        .iter()
        .map(PathBuf::from)
        .find(|path| path.is_dir())
        .map_or(State::Missing, |path| {
            State::Found(Found {
                path,
                version: None,
            })
        })
}

fn probe_wasm() -> State {
    wasm_toolchain().map_or(State::Missing, |toolchain| {
        let (WasmToolchain::Own { library } | WasmToolchain::Debian { source: library }) =
            toolchain;
        State::Found(Found {
            path: library,
            version: None,
        })
    })
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

const SNAP_ADVICE: &str = "Ubuntu's Chromium is a snap, which can't see hidden folders or other \
     users' files: install Google Chrome's .deb and the chromedriver of the same version from \
     Chrome for Testing, then set RELEVO_CHROMIUM and RELEVO_CHROMEDRIVER";

/// A snap is a link below `/snap`, or Ubuntu's small script that calls one.
fn is_snap(program: &Path) -> bool {
    let real = fs::canonicalize(program).unwrap_or_else(|_| program.to_path_buf());
    if real.starts_with("/snap") || real.ends_with("usr/bin/snap") || program.starts_with("/snap") {
        return true;
    }
    let small = fs::metadata(&real).is_ok_and(|meta| meta.len() < 64 * 1024);
    small && fs::read_to_string(&real).is_ok_and(|text| text.contains("/snap/bin/"))
}

pub(crate) fn is_ubuntu() -> bool {
    fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line.trim() == "ID=ubuntu"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn program(dir: &Path, name: &str, text: &str) -> PathBuf {
        let path = dir.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("parts-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn an_old_program_is_refused_with_the_version_it_must_have() {
        let dir = scratch("old");
        let path = program(
            &dir,
            "nats-server",
            "#!/bin/sh\necho 'nats-server: v2.8.4'\n",
        );
        let state = judge(Part::NatsServer, &path);
        fs::remove_dir_all(dir).unwrap();
        assert!(matches!(state, State::Refused { reason, .. } if reason.contains("2.9 or newer")));
    }

    #[test]
    fn a_snap_script_is_refused_with_what_to_install_instead() {
        let dir = scratch("snap");
        let path = program(
            &dir,
            "chromium",
            "#!/bin/sh\nexec /snap/bin/chromium \"$@\"\n",
        );
        let state = judge(Part::Chromium, &path);
        fs::remove_dir_all(dir).unwrap();
        assert!(
            matches!(state, State::Refused { reason, .. } if reason.contains("Chrome for Testing"))
        );
    }

    #[test]
    fn a_postgres_without_initdb_is_no_server() {
        let dir = scratch("initdb");
        let path = program(
            &dir,
            "postgres",
            "#!/bin/sh\necho 'postgres (PostgreSQL) 16.1'\n",
        );
        let refused = judge(Part::Postgres, &path);
        program(&dir, "initdb", "#!/bin/sh\n");
        let found = judge(Part::Postgres, &path);
        fs::remove_dir_all(&dir).unwrap();
        assert!(matches!(refused, State::Refused { .. }));
        assert_eq!(
            found,
            State::Found(Found {
                path: dir,
                version: Some(Version(16, 1, 0))
            })
        );
    }

    #[test]
    fn a_driver_of_another_major_version_is_refused() {
        let found = |part, version| PartReport {
            part,
            state: State::Found(Found {
                path: "/x".into(),
                version: Some(version),
            }),
            how: String::new(),
            estimate_s: 0,
        };
        let pair = |driver| {
            [
                found(Part::Chromium, Version(156, 0, 1)),
                found(Part::ChromeDriver, driver),
            ]
        };
        let mut equal = pair(Version(156, 0, 9));
        refuse_unequal_driver(&mut equal);
        assert!(equal.iter().all(PartReport::is_found));
        let mut unequal = pair(Version(155, 0, 1));
        refuse_unequal_driver(&mut unequal);
        assert!(
            matches!(&unequal[1].state, State::Refused { reason, .. } if reason.contains("156"))
        );
    }

    #[test]
    fn an_override_that_names_nothing_is_told() {
        let state = judge_override(Part::Chromium, "RELEVO_CHROMIUM", "/no/such/file".into());
        assert!(
            matches!(state, State::Refused { reason, .. } if reason.contains("RELEVO_CHROMIUM"))
        );
    }
}
