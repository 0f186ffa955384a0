//! All of it together, in one folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use parts::{Part, State, User};

use crate::files::{absolute, lock, make_dir, random_hex, read_or_make, text};
use crate::holder::sweep;
use crate::nats::{self, Nats};
use crate::oidc::OidcProvider;
use crate::ports::Ports;
use crate::postgres::{self, Postgres};

/// How a stack is started.
#[derive(Clone, Debug, Default)]
pub struct StackOptions {
    /// The folder whose data is kept; `None`: a fresh one, removed at the end.
    pub dir: Option<PathBuf>,
    /// Whether the sign-in provider is started.
    pub with_oidc: bool,
}

/// The browser's programs and the account and folder it works with.
#[derive(Clone, Debug)]
pub struct BrowserParts {
    /// Chromium's program.
    pub chromium: PathBuf,
    /// ChromeDriver's program.
    pub chromedriver: PathBuf,
    /// The account browsers run as when we are root; `None`: as ourselves.
    pub user: Option<User>,
    /// The folder for session folders; belongs to that account.
    pub sessions_dir: PathBuf,
}

/// Running servers and their folder. Dropping it stops them as the end of the process would;
/// [`Stack::stop`] waits and removes a fresh folder.
#[derive(Debug)]
pub struct Stack {
    dir: PathBuf,
    lock_file: Option<PathBuf>,
    _lock: File,
    postgres: Postgres,
    nats: Nats,
    oidc: Option<OidcProvider>,
    browser: BrowserParts,
    key_file: PathBuf,
    audit_key_file: PathBuf,
    service_password: String,
    pub(crate) ports: Ports,
}

impl Stack {
    /// Starts Postgres, NATS and (if asked) the sign-in provider, and returns when all answer.
    ///
    /// Fails when a part is missing (install it with `cargo xtask doctor`'s advice), when another
    /// process runs a stack in the folder, or when a kept port belongs to another program.
    pub async fn start(options: StackOptions) -> Result<Self> {
        let postgres_bin = found(Part::Postgres)?;
        let nats_server = found(Part::NatsServer)?;
        let temporary = options.dir.is_none();
        let place = match options.dir {
            Some(dir) => Place::kept(&dir).await?,
            None => Place::fresh().await?,
        };
        let dir = place.dir;
        make_dir(&dir.join("log"), 0o755, None)?;
        let browser = browser_parts(&dir)?;
        let key_file = key_file(&dir)?;
        let audit_key_file = audit_key_file(&dir)?;
        let service_password = read_or_make(&dir.join("service.password"), || random_hex(24))?;
        let mut ports = Ports::load_or_choose(&dir, !temporary)?;
        let (postgres, nats) = tokio::try_join!(
            Postgres::start(&dir, &postgres_bin, ports.postgres, temporary),
            Nats::start(&dir, &nats_server, ports.nats, temporary),
        )?;
        let oidc = match options.with_oidc {
            true => Some(OidcProvider::start(&dir.join("oidc"), ports.oidc, temporary).await?),
            false => None,
        };
        (ports.postgres, ports.nats) = (postgres.port(), nats.port());
        ports.oidc = oidc.as_ref().map_or(ports.oidc, OidcProvider::port);
        ports.save(&dir)?;
        Ok(Self {
            dir,
            lock_file: place.lock_file,
            _lock: place.lock,
            postgres,
            nats,
            oidc,
            browser,
            key_file,
            audit_key_file,
            service_password,
            ports,
        })
    }

    /// The root of data, logs and sessions.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The database server.
    #[must_use]
    pub fn postgres(&self) -> &Postgres {
        &self.postgres
    }

    /// The broker.
    #[must_use]
    pub fn nats(&self) -> &Nats {
        &self.nats
    }

    /// The sign-in provider, when it was asked for.
    #[must_use]
    pub fn oidc(&self) -> Option<&OidcProvider> {
        self.oidc.as_ref()
    }

    /// What browsers need.
    #[must_use]
    pub fn browser(&self) -> &BrowserParts {
        &self.browser
    }

    /// The key-encryption key, made once, mode 0600, as TOML: `id = "k1"` and `key = "<64 hex>"`.
    #[must_use]
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// The key that signs heads of the log, made once, mode 0600: 64 hexadecimal digits.
    #[must_use]
    pub fn audit_key_file(&self) -> &Path {
        &self.audit_key_file
    }

    /// The password of Relevo's service roles, made once.
    #[must_use]
    pub fn service_password(&self) -> &str {
        &self.service_password
    }

    /// Where the API listens (or will), `127.0.0.1:port`.
    #[must_use]
    pub fn api_address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.api)
    }

    /// Where people open the page. A name, because browsers take secure cookies over plain HTTP
    /// from `localhost`, and nothing else needs to be told.
    #[must_use]
    pub fn page_address(&self) -> String {
        format!("http://localhost:{}", self.ports.api)
    }

    /// An address that opens a page of Relevo, such as `/history`, signed in as that account; good
    /// for ten minutes and one use. Fails without a sign-in provider.
    pub fn one_time_link(&self, username: &str, path: &str) -> Result<String> {
        let oidc = self
            .oidc()
            .context("the sign-in provider was not started")?;
        let path: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        let sign_in = format!("{}/api/v1/auth/login?return={path}", self.page_address());
        oidc.one_time_link(username, &sign_in)
    }

    /// Stops everything and waits until no process of it is left; removes a fresh folder.
    pub async fn stop(self) -> Result<()> {
        if let Some(oidc) = &self.oidc {
            oidc.stop().await;
        }
        let (postgres, nats) = tokio::join!(self.postgres.stop(), self.nats.stop());
        postgres?;
        nats?;
        if let Some(lock_file) = &self.lock_file {
            sweep_folder(&self.dir).await?;
            remove_tree(&self.dir)?;
            fs::remove_file(lock_file)?;
        }
        Ok(())
    }
}

/// A folder that this process alone uses.
struct Place {
    dir: PathBuf,
    lock: File,
    /// Set for a fresh folder: both are removed at the end.
    lock_file: Option<PathBuf>,
}

impl Place {
    async fn kept(dir: &Path) -> Result<Self> {
        let dir = absolute(dir)?;
        make_dir(&dir, 0o755, None)?;
        let Some(lock) = lock(&dir.join("lock"))? else {
            bail!(
                "another process runs a stack in {}; stop it first",
                dir.display()
            );
        };
        // Nobody runs it, so whatever still works in it was left behind.
        sweep_folder(&dir).await?;
        Ok(Self {
            dir,
            lock,
            lock_file: None,
        })
    }

    async fn fresh() -> Result<Self> {
        let root = parts::state_dir()?.join("t");
        make_dir(&root, 0o755, None)?;
        remove_dead(&root).await;
        let dir = root.join(random_hex(6)?);
        let lock_file = dir.with_extension("lock");
        // Locked before the folder exists: a folder whose lock is free is a dead one.
        let lock = lock(&lock_file)?.context("a fresh folder is locked by somebody else")?;
        make_dir(&dir, 0o755, None)?;
        Ok(Self {
            dir,
            lock,
            lock_file: Some(lock_file),
        })
    }
}

/// Removes fresh folders whose process ended without stopping; what fails stays for the next time.
async fn remove_dead(root: &Path) {
    let folders = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    for dir in folders.filter(|path| path.is_dir()) {
        let lock_file = dir.with_extension("lock");
        let Ok(Some(_lock)) = lock(&lock_file) else {
            continue;
        };
        let removed = async {
            sweep_folder(&dir).await?;
            remove_tree(&dir)?;
            Ok::<(), anyhow::Error>(fs::remove_file(&lock_file)?)
        };
        if let Err(error) = removed.await {
            tracing::warn!(dir = %dir.display(), "a dead stack's folder could not be removed: {error:#}");
        }
    }
}

/// Ends every process that works in a stack's folder.
async fn sweep_folder(dir: &Path) -> Result<()> {
    sweep(&postgres::mark(dir)).await?;
    sweep(&text(&nats::store_dir(dir))).await?;
    sweep(&text(&dir.join("sessions/"))).await
}

fn remove_tree(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

fn browser_parts(dir: &Path) -> Result<BrowserParts> {
    let user = parts::browser_user();
    let sessions_dir = dir.join("sessions");
    make_dir(&sessions_dir, 0o700, user.as_ref())?;
    Ok(BrowserParts {
        chromium: found(Part::Chromium)?,
        chromedriver: found(Part::ChromeDriver)?,
        user,
        sessions_dir,
    })
}

fn key_file(dir: &Path) -> Result<PathBuf> {
    let path = dir.join("key.toml");
    read_or_make(&path, || {
        Ok(format!("id = \"k1\"\nkey = \"{}\"\n", random_hex(32)?))
    })?;
    Ok(path)
}

fn audit_key_file(dir: &Path) -> Result<PathBuf> {
    let path = dir.join("audit.key");
    read_or_make(&path, || random_hex(32))?;
    Ok(path)
}

fn found(part: Part) -> Result<PathBuf> {
    match parts::probe(part) {
        State::Found(found) => Ok(found.path),
        State::Missing => bail!(
            "{} is missing; `cargo xtask doctor` tells how to get it",
            part.name()
        ),
        State::Refused { path, reason } => {
            bail!(
                "{} at {} can't be used: {reason}",
                part.name(),
                path.display()
            )
        }
    }
}
