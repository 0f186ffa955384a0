//! Child processes that never outlive us.
//!
//! Each child runs under a small *holder*, a POSIX shell script in a session of its own, that
//! watches a pipe to this process. However we end, `kill -9` included, the kernel closes the pipe;
//! the holder then asks the child to stop, kills its process group after a grace, and kills
//! everything whose command line holds the *mark*, because some programs (Chromium's crash
//! handlers, Postgres' backends) leave the group. `PR_SET_PDEATHSIG` is no substitute: it fires
//! when the thread that spawned ends, and tokio's threads end.
//!
//! Dropping a [`Held`] does the same as the end of this process; [`Held::stop`] waits for it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// Where the child's standard output and error go.
#[derive(Clone, Debug, Default)]
pub enum Output {
    /// To our own standard error.
    #[default]
    Inherit,
    /// Appended to this file, which is opened with our rights, not the child's.
    Log(PathBuf),
    /// Nowhere.
    Null,
}

/// How the child is asked to stop before it is killed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGTERM.
    #[default]
    Term,
    /// SIGINT; for Postgres the fast shutdown, which doesn't wait for clients.
    Int,
}

/// What to run, as whom, and how to find what escapes it.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The program, an absolute path or a name on `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables set over the inherited environment.
    pub env: Vec<(OsString, OsString)>,
    /// Whether the child sees only `env` (and `PATH`) instead of our whole environment.
    pub clear_env: bool,
    /// The child's folder; ours when `None`.
    pub dir: Option<PathBuf>,
    /// User and group id the child runs as; needs root. The holder itself stays ours, so that the
    /// child can't end it.
    pub user: Option<(u32, u32)>,
    /// A text of at least eight characters that only command lines of this child and its
    /// descendants hold, e.g. the path of its data folder.
    pub mark: Option<String>,
    /// How the child is asked to stop.
    pub stop: StopSignal,
    /// How long it may take to stop before it is killed; at most 20 s.
    pub grace: Duration,
    /// Where its output goes.
    pub output: Output,
}

impl Spec {
    /// A child with our environment and folder, no mark, SIGTERM and 5 s of grace.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            clear_env: false,
            dir: None,
            user: None,
            mark: None,
            stop: StopSignal::default(),
            grace: Duration::from_secs(5),
            output: Output::default(),
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I, A>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = A>,
        A: Into<OsString>,
    {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets one variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Starts the child under its holder.
    ///
    /// Fails when `sh`, `setsid` or (with another user) `setpriv` is missing or the mark is too
    /// short. A program that can't be run shows as an early exit with status 126 or 127.
    pub async fn spawn(self) -> Result<Held> {
        let mut command = self.command()?;
        let mut holder = command
            .spawn()
            .context("cannot run setsid and sh (util-linux, dash)")?;
        let pipe = holder.stdin.take();
        let stdout = holder
            .stdout
            .take()
            .context("the holder has no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).await?;
        let Ok(pid) = line.trim().parse() else {
            let status = holder.wait().await?;
            bail!(
                "the holder of {} ended at once ({status})",
                self.program.display()
            );
        };
        Ok(Held { holder, pipe, pid })
    }

    fn command(&self) -> Result<Command> {
        let mark = self.mark.as_deref().unwrap_or_default();
        if self.mark.is_some() && (mark.len() < 8 || mark.contains('\n')) {
            bail!("the mark {mark:?} is too short to tell processes apart");
        }
        let mut command = Command::new("setsid");
        command.args(["sh", "-c", &format!("{SWEEP}{SCRIPT}"), "relevo-holder"]);
        if let Some((uid, gid)) = self.user {
            command.arg("setpriv");
            command.args([format!("--reuid={uid}"), format!("--regid={gid}")]);
            command.args(["--clear-groups", "--"]);
        }
        if self.clear_env {
            command.env_clear();
            let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
            command.env("PATH", path);
        }
        // The variables go through the holder's environment: a command line is public.
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.args(["env", "-u", "HOLDER_MARK", "-u", "HOLDER_LOG"]);
        command.args(["-u", "HOLDER_SIGNAL", "-u", "HOLDER_GRACE_DS"]);
        command.arg(&self.program).args(&self.args);
        let signal = match self.stop {
            StopSignal::Term => "TERM",
            StopSignal::Int => "INT",
        };
        let grace_ds = self.grace.min(Duration::from_secs(20)).as_millis() / 100;
        let log = match &self.output {
            Output::Inherit => PathBuf::new(),
            Output::Log(path) => path.clone(),
            Output::Null => PathBuf::from("/dev/null"),
        };
        command
            .env("HOLDER_MARK", mark)
            .env("HOLDER_LOG", log)
            .env("HOLDER_SIGNAL", signal)
            .env("HOLDER_GRACE_DS", grace_ds.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        Ok(command)
    }
}

/// A running child and its holder.
#[derive(Debug)]
pub struct Held {
    holder: Child,
    pipe: Option<ChildStdin>,
    pid: u32,
}

impl Held {
    /// The child's process id, which is also its process group's.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The child's exit status when it has ended and nothing of it is left, else `None`.
    pub fn exited(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.holder.try_wait()?)
    }

    /// Waits until the child has ended and nothing of it is left. A child ended by a signal shows
    /// as status 128 + signal.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        // `Child::wait` would close the standard input, which is our pipe; it was taken at the start.
        Ok(self.holder.wait().await?)
    }

    /// Asks the child to stop, kills it after its grace, and waits until nothing of it is left.
    pub async fn stop(&mut self) -> Result<ExitStatus> {
        self.pipe = None;
        self.wait().await
    }

    /// Kills the child at once, as a crash would, and waits until nothing of it is left.
    pub async fn kill9(&mut self) -> Result<()> {
        if self.exited()?.is_none() {
            // The shell's own `kill`: no unsafe call, no further package. It fails only when the
            // child ended meanwhile, which is what was asked for.
            Command::new("sh")
                .args([
                    "-c",
                    "kill -9 \"$1\" 2>/dev/null",
                    "sh",
                    &self.pid.to_string(),
                ])
                .stdin(Stdio::null())
                .status()
                .await?;
            self.wait().await?;
        }
        Ok(())
    }
}

/// Kills every process whose command line holds the mark, whoever started it: what a crash of the
/// whole machine room left behind. Returns when none is left or 10 s have passed.
pub async fn sweep(mark: &str) -> Result<()> {
    if mark.len() < 8 || mark.contains('\n') {
        bail!("the mark {mark:?} is too short to tell processes apart");
    }
    let script = format!("{SWEEP}\nsweep");
    let status = Command::new("sh")
        .args(["-c", &script])
        .env("HOLDER_MARK", mark)
        .stdin(Stdio::null())
        .status()
        .await
        .context("cannot run sh")?;
    if !status.success() {
        bail!("processes of {mark} could not be killed");
    }
    Ok(())
}

/// Kills by mark. The mark comes by environment and goes to grep by a pipe, so that it stands in no
/// command line of ours.
const SWEEP: &str = r#"
sweep() {
    [ -n "$HOLDER_MARK" ] || return 0
    rounds=0
    while [ "$rounds" -lt 100 ]; do
        left=0
        for file in $(printf '%s\n' "$HOLDER_MARK" | grep -slF -f - /proc/[0-9]*/cmdline); do
            pid=${file#/proc/}; pid=${pid%/cmdline}
            [ "$pid" = "$$" ] || [ "$pid" = "$PPID" ] || { kill -9 "$pid" 2>/dev/null && left=1; }
        done
        [ "$left" = 1 ] || return 0
        rounds=$((rounds + 1))
        sleep 0.1
    done
    return 1
}
"#;

/// The holder. Standard input is the pipe to the parent, standard output tells it the child's pid.
/// The child gets a session, hence a process group, of its own; the holder's group holds only the
/// script and its `cat`.
const SCRIPT: &str = r#"
# Whether a process of the child's group is still there; the dead that nobody has collected don't count.
group_left() {
    kill -0 -"$child" 2>/dev/null || return 1
    for file in /proc/[0-9]*/stat; do
        read -r line 2>/dev/null <"$file" || continue
        set -- ${line##*) }
        [ "$3" = "$child" ] && [ "$1" != Z ] && [ "$1" != X ] && return 0
    done
    return 1
}
clean() {
    trap '' TERM INT HUP
    # A killed process takes a moment to go: what we promise is that it is gone.
    rounds=0
    while kill -9 -"$child" 2>/dev/null; group_left && [ "$rounds" -lt 500 ]; do
        rounds=$((rounds + 1))
        sleep 0.02
    done
    sweep
    kill -TERM 0
    exit "$1"
}
stop() {
    trap '' TERM INT HUP
    kill -"$HOLDER_SIGNAL" "$child" 2>/dev/null
    waited=0
    while kill -0 "$child" 2>/dev/null && [ "$waited" -lt "$HOLDER_GRACE_DS" ]; do
        sleep 0.1
        waited=$((waited + 1))
    done
    clean 0
}
trap stop TERM INT HUP
exec 3<&0
if [ -n "$HOLDER_LOG" ]; then
    setsid "$@" </dev/null >>"$HOLDER_LOG" 2>&1 3<&- &
else
    setsid "$@" </dev/null >&2 3<&- &
fi
child=$!
( trap - TERM INT HUP; cat <&3 >/dev/null 2>&1; kill -TERM $$ ) >/dev/null 2>&1 &
echo "$child"
exec >/dev/null 3<&-
# The shell would report a killed child on our standard error.
wait "$child" 2>/dev/null
clean $?
"#;
