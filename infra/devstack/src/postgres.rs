//! A private Postgres: its own data folder, TCP on loopback with passwords, full durability.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use parts::User;
use sqlx::{Connection, Executor, PgConnection};
use url::Url;

use crate::files::{
    check_reachable, log_tail, make_dir, path_tag, random_hex, read_or_make, text, write_file,
};
use crate::holder::{Output, Spec, StopSignal};
use crate::ports::free_port;
use crate::server::{Failure, Server};

/// The superuser's name, the same on every stack.
const SUPERUSER: &str = "postgres";

/// The running server. Unix sockets are off: their paths are limited to 107 bytes.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    port: u16,
    password: String,
    data: PathBuf,
    mark: String,
}

/// The text that stands in the command line of the server and of all its backends.
pub(crate) fn mark(stack: &Path) -> String {
    format!("relevo-pg-{}", path_tag(stack))
}

impl Postgres {
    /// Starts the server of a stack's folder; makes the cluster the first time.
    pub(crate) async fn start(
        stack: &Path,
        bin: &Path,
        wish: u16,
        temporary: bool,
    ) -> Result<Self> {
        let user = parts::data_user();
        if parts::am_root() && user.is_none() {
            bail!(
                "Postgres refuses to run as root and this machine has no account postgres; install Debian's postgresql"
            );
        }
        check_reachable(&bin.join("postgres"), user.as_ref())?;
        let home = stack.join("postgres");
        let log = stack.join("log/postgres.log");
        make_dir(&home, 0o700, user.as_ref())?;
        let password = read_or_make(&stack.join("postgres.password"), || random_hex(24))?;
        let data = home.join("data");
        if !data.join("PG_VERSION").is_file() {
            init(bin, &home, &log, &password, user.as_ref(), temporary).await?;
        }
        check_version(bin, &data)?;
        let mark = mark(stack);
        let mut port = wish;
        loop {
            let spec = spec(bin, &data, &log, &mark, port, user.as_ref(), temporary);
            let postgres = Self {
                server: Server::new("Postgres", spec, log.clone()),
                port,
                password: password.clone(),
                data: data.clone(),
                mark: mark.clone(),
            };
            postgres.forget_stale_pid()?;
            let url = postgres.admin_url();
            match postgres.server.start(|| answers(&url)).await {
                Ok(()) => return Ok(postgres),
                Err(Failure::PortTaken) if temporary => port = free_port()?,
                Err(Failure::NotYet(_)) => tokio::time::sleep(Duration::from_millis(200)).await,
                Err(failure) => return Err(postgres.server.explain(failure)),
            }
        }
    }

    /// `postgres://postgres:…@127.0.0.1:port/postgres`, the superuser with its password.
    #[must_use]
    pub fn admin_url(&self) -> String {
        self.url(SUPERUSER, &self.password, "postgres")
    }

    /// The address of a database for a role; any text is escaped.
    #[must_use]
    pub fn url(&self, role: &str, password: &str, database: &str) -> String {
        let mut url = Url::parse("postgres://127.0.0.1").expect("a constant address");
        // These fail only for addresses without a host.
        let _ = url.set_username(role);
        let _ = url.set_password(Some(password));
        let _ = url.set_port(Some(self.port));
        url.set_path(database);
        url.into()
    }

    /// The port on 127.0.0.1, the same for the stack's whole life.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser's password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The server's process id; `None` while it is down.
    pub async fn pid(&self) -> Option<u32> {
        self.server.pid().await
    }

    /// Ends the server as a crash would and waits until its backends are gone too.
    pub async fn kill9(&self) -> Result<()> {
        self.server.kill9().await
    }

    /// Stops the server cleanly (a fast shutdown: clients are cut off).
    pub async fn stop(&self) -> Result<()> {
        self.server.stop().await
    }

    /// Starts it again on the same port and data; returns when it has recovered and answers.
    pub async fn start_again(&self) -> Result<()> {
        self.forget_stale_pid()?;
        let url = self.admin_url();
        self.server.start_again(|| answers(&url)).await
    }

    /// Makes an empty database. The name may hold small letters, digits and `_`.
    pub async fn create_database(&self, name: &str) -> Result<()> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > 63 || !name.chars().all(allowed) {
            bail!("{name:?} is no name for a database: small letters, digits and _ only");
        }
        let mut connection = PgConnection::connect(&self.admin_url()).await?;
        let statement = format!("CREATE DATABASE \"{name}\"");
        connection
            .execute(statement.as_str())
            .await
            .with_context(|| format!("cannot create the database {name}"))?;
        connection.close().await?;
        Ok(())
    }

    /// After a machine's or container's restart the number in `postmaster.pid` may belong to some
    /// other program of the same account, and Postgres would refuse to start for ever.
    fn forget_stale_pid(&self) -> Result<()> {
        let file = self.data.join("postmaster.pid");
        let Ok(content) = std::fs::read_to_string(&file) else {
            return Ok(());
        };
        let Some(pid) = content
            .lines()
            .next()
            .and_then(|line| line.trim().parse::<u32>().ok())
        else {
            return Ok(());
        };
        let Ok(line) = std::fs::read(format!("/proc/{pid}/cmdline")) else {
            return Ok(());
        };
        let line = String::from_utf8_lossy(&line);
        if !line.contains(&self.mark) && !line.contains("postgres") && !line.contains("postmaster")
        {
            std::fs::remove_file(&file)
                .with_context(|| format!("cannot remove {}", file.display()))?;
        }
        Ok(())
    }
}

/// Whether a session can be opened now.
async fn answers(url: &str) -> bool {
    let attempt = tokio::time::timeout(Duration::from_secs(5), PgConnection::connect(url)).await;
    match attempt {
        Ok(Ok(connection)) => {
            // It answered; how the session ends is of no interest.
            let _ = connection.close().await;
            true
        }
        _ => false,
    }
}

fn spec(
    bin: &Path,
    data: &Path,
    log: &Path,
    mark: &str,
    port: u16,
    user: Option<&User>,
    temporary: bool,
) -> Spec {
    let shared_buffers = if temporary { "64MB" } else { "256MB" };
    let settings = [
        format!("cluster_name={mark}"),
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "max_connections=200".to_owned(),
        format!("shared_buffers={shared_buffers}"),
        // What an acknowledged append promises depends on these two.
        "fsync=on".to_owned(),
        "synchronous_commit=on".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "log_line_prefix=%m [%p] %u@%d ".to_owned(),
    ];
    let mut spec = Spec::new(bin.join("postgres")).args(["-D".to_owned(), text(data)]);
    for setting in settings {
        spec = spec.args(["-c".to_owned(), setting]);
    }
    held_as(spec, data, log, user, Some(mark))
}

fn held_as(
    mut spec: Spec,
    home: &Path,
    log: &Path,
    user: Option<&User>,
    mark: Option<&str>,
) -> Spec {
    spec.user = user.map(|user| (user.uid, user.gid));
    spec.mark = mark.map(str::to_owned);
    spec.stop = StopSignal::Int;
    spec.grace = Duration::from_secs(15);
    spec.output = Output::Log(log.to_path_buf());
    spec.dir = Some(PathBuf::from("/"));
    spec.clear_env = true;
    spec.env("LC_ALL", "C.UTF-8").env("HOME", home)
}

/// `initdb`, in a folder beside that is renamed when whole: an interrupted one is made anew.
async fn init(
    bin: &Path,
    home: &Path,
    log: &Path,
    password: &str,
    user: Option<&User>,
    temporary: bool,
) -> Result<()> {
    let half = home.join("data.new");
    if half.exists() {
        std::fs::remove_dir_all(&half)?;
    }
    let password_file = home.join("password");
    write_file(&password_file, password, 0o600, user)?;
    let mut spec = Spec::new(bin.join("initdb")).args([
        "--no-locale",
        "-E",
        "UTF8",
        "-A",
        "scram-sha-256",
        "-U",
        SUPERUSER,
    ]);
    spec = spec.args([
        "-D".to_owned(),
        text(&half),
        format!("--pwfile={}", text(&password_file)),
    ]);
    if temporary {
        spec = spec.args(["--no-sync"]);
    }
    let half_text = text(&half);
    let status = held_as(spec, home, log, user, Some(&half_text))
        .spawn()
        .await?
        .wait()
        .await?;
    std::fs::remove_file(&password_file)?;
    if !status.success() {
        bail!("initdb failed ({status}):\n{}", log_tail(log, 0));
    }
    std::fs::rename(&half, home.join("data"))?;
    Ok(())
}

/// Data of another major version can't be read; says so before Postgres does in its log.
fn check_version(bin: &Path, data: &Path) -> Result<()> {
    let of_data = std::fs::read_to_string(data.join("PG_VERSION"))?;
    let of_data = of_data.trim();
    if let parts::State::Found(found) = parts::probe(parts::Part::Postgres)
        && let Some(version) = found.version
        && found.path == bin
        && of_data != version.0.to_string()
    {
        bail!(
            "{} was made by Postgres {of_data}, found is {version}: set RELEVO_POSTGRES_BIN to the old \
             server, or remove the folder (its data is lost)",
            data.display()
        );
    }
    Ok(())
}
