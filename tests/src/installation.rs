//! One whole installation.

use crate::control::PortalControl;
use crate::wait::eventually;
use anyhow::Context;
use client::Client;
use devstack::holder::{Held, Output, Spec};
use devstack::{Stack, StackOptions};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use tokio::sync::Mutex;

const READY_WITHIN: Duration = Duration::from_secs(90);

/// How an installation differs from the ordinary.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Further variables for `relevo`.
    pub env: BTreeMap<String, String>,
    /// Where everything is kept; a fresh folder otherwise.
    pub dir: Option<PathBuf>,
}

/// Postgres, NATS, sign-in provider, practice portals and `relevo up`, each its own process.
pub struct Installation {
    pub stack: Stack,
    env: BTreeMap<String, String>,
    portals: Held,
    relevo: Mutex<Option<Held>>,
}

/// A further process of one service beside `relevo up`.
pub struct Node {
    held: Held,
    url: String,
}

impl Node {
    /// A user's access through this node.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn client(&self, installation: &Installation, user: &str) -> anyhow::Result<Client> {
        Ok(Client::new(self.url.parse()?, installation.token(user)?))
    }

    /// Stops it.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.held.stop().await?;
        Ok(())
    }
}

impl Installation {
    /// Starts everything and waits until it is ready.
    ///
    /// # Errors
    /// What did not start, and where its log is.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        let stack = Stack::start(StackOptions {
            dir: settings.dir,
            with_oidc: true,
        })
        .await?;
        let mut env = stack.relevo_env();
        env.extend(settings.env);
        let portals = spawn(&env, "portals", stack.dir()).await?;
        let installation = Self {
            stack,
            env,
            portals,
            relevo: Mutex::new(None),
        };
        installation.start_relevo().await?;
        Ok(installation)
    }

    /// Starts `relevo up` (without the portals, which have a process of their own) and waits until
    /// it is ready.
    ///
    /// # Errors
    /// When it is not ready in time; the end of its log is part of the error.
    pub async fn start_relevo(&self) -> anyhow::Result<()> {
        let mut relevo = self.relevo.lock().await;
        *relevo = Some(
            self.spawn_ready("up", &BTreeMap::new(), &self.url())
                .await?,
        );
        Ok(())
    }

    /// Starts a further api on a port of its own and waits until it is ready.
    ///
    /// # Errors
    /// When it is not ready in time; the end of its log is part of the error.
    pub async fn start_api(&self) -> anyhow::Result<Node> {
        // The port is free again for the child; nobody else asks for one that was just given.
        let listen = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let own = BTreeMap::from([("RELEVO_API__LISTEN".to_owned(), listen.to_string())]);
        let url = format!("http://{listen}");
        let held = self.spawn_ready("api", &own, &url).await?;
        Ok(Node { held, url })
    }

    /// Runs `relevo up` with other variables until it ends by itself.
    ///
    /// # Errors
    /// When it does not end; otherwise the answer is its exit status and the end of its log.
    pub async fn refused_start(
        &self,
        own: &BTreeMap<String, String>,
    ) -> anyhow::Result<(std::process::ExitStatus, String)> {
        let mut env = self.service_env();
        env.extend(own.clone());
        let dir = self.stack.dir().join("refused");
        std::fs::create_dir_all(dir.join("log"))?;
        let mut held = spawn(&env, "up", &dir).await?;
        let ended = tokio::time::timeout(READY_WITHIN, held.wait()).await;
        let status = ended.context("relevo started all the same")??;
        Ok((status, tail(&log_file(&dir, "up"))))
    }

    fn service_env(&self) -> BTreeMap<String, String> {
        let mut env = self.env.clone();
        env.retain(|name, _| !name.starts_with("RELEVO_PORTALS__"));
        env
    }

    async fn spawn_ready(
        &self,
        service: &str,
        own: &BTreeMap<String, String>,
        url: &str,
    ) -> anyhow::Result<Held> {
        let mut env = self.service_env();
        env.extend(own.clone());
        let mut held = spawn(&env, service, self.stack.dir()).await?;
        let url = format!("{url}/readyz");
        let ready = eventually("relevo to be ready", READY_WITHIN, || async {
            let response = reqwest::get(&url).await?;
            Ok(response.status().is_success().then_some(()))
        });
        tokio::select! {
            ready = ready => ready.with_context(|| self.log_tail(service))?,
            ended = held.wait() => {
                anyhow::bail!("relevo {service} ended ({}): {}", ended?, self.log_tail(service))
            }
        }
        Ok(held)
    }

    /// `kill -9` of the `relevo` process; browsers and everything else are left to its own means.
    ///
    /// # Errors
    /// When it is not running.
    pub async fn kill_relevo(&self) -> anyhow::Result<()> {
        let relevo = self.relevo.lock().await.take();
        relevo.context("relevo is not running")?.kill9().await
    }

    /// Stops `relevo` as a service manager would.
    ///
    /// # Errors
    /// When it is not running.
    pub async fn stop_relevo(&self) -> anyhow::Result<()> {
        let relevo = self.relevo.lock().await.take();
        relevo.context("relevo is not running")?.stop().await?;
        Ok(())
    }

    /// The address of the api.
    pub fn url(&self) -> String {
        format!("http://{}", self.env["RELEVO_API__LISTEN"])
    }

    /// The address of the page. Not the api's own, so that cookies of the provider and of the
    /// practice portals, which are at 127.0.0.1, don't meet the page's.
    pub fn page_url(&self) -> String {
        let listen = &self.env["RELEVO_API__LISTEN"];
        let port = listen.rsplit(':').next().unwrap_or(listen);
        format!("http://localhost:{port}")
    }

    /// A demo user's access: `demo`, `ana`, `auditor` or `operator`.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn client(&self, user: &str) -> anyhow::Result<Client> {
        Ok(Client::new(self.url().parse()?, self.token(user)?))
    }

    /// A demo user's access token.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn token(&self, user: &str) -> anyhow::Result<String> {
        let provider = self.stack.oidc().context("no sign-in provider")?;
        provider.token(user)
    }

    /// The address of the plain practice portal.
    pub fn plain_portal(&self) -> String {
        format!("http://{}", self.env["RELEVO_PORTALS__PLAIN"])
    }

    /// The practice portals' control port.
    pub fn control(&self) -> PortalControl {
        PortalControl::new(format!("http://{}", self.env["RELEVO_PORTALS__CONTROL"]))
    }

    /// The folder of the adapters.
    pub fn adapters_dir(&self) -> &Path {
        Path::new(&self.env["RELEVO_AGENT__ADAPTERS_DIR"])
    }

    /// Puts an adapter into that folder, whole.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn drop_in(&self, file: &str, yaml: &str) -> anyhow::Result<()> {
        std::fs::create_dir_all(self.adapters_dir())?;
        let partial = self.adapters_dir().join(format!("{file}.part"));
        std::fs::write(&partial, yaml)?;
        Ok(std::fs::rename(&partial, self.adapters_dir().join(file))?)
    }

    /// The folder of the browsers' sessions.
    pub fn sessions_dir(&self) -> &Path {
        Path::new(&self.env["RELEVO_AGENT__SESSIONS_DIR"])
    }

    /// The environment `relevo` runs with.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// A pool of the superuser, for looking behind the scenes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn admin_pool(&self) -> anyhow::Result<PgPool> {
        let options =
            PgConnectOptions::from_str(&self.stack.postgres().admin_url())?.database("relevo");
        Ok(PgPoolOptions::new()
            .max_connections(2)
            .connect_with(options)
            .await?)
    }

    /// The processes whose command line names this installation's browser sessions.
    pub fn browser_processes(&self) -> Vec<u32> {
        let mark = self.sessions_dir().as_os_str().as_encoded_bytes().to_vec();
        let Ok(processes) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        processes
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|pid: &u32| {
                std::fs::read(format!("/proc/{pid}/cmdline"))
                    .is_ok_and(|line| line.windows(mark.len()).any(|part| part == mark))
            })
            .collect()
    }

    /// Stops everything and removes a fresh folder.
    ///
    /// # Errors
    /// What did not stop.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(mut relevo) = self.relevo.get_mut().take() {
            relevo.stop().await?;
        }
        self.portals.stop().await?;
        self.stack.stop().await
    }

    /// `relevo`, in the folder of this program or of its tests.
    ///
    /// # Errors
    /// When it is not there.
    pub fn binary() -> anyhow::Result<PathBuf> {
        let own = std::env::current_exe()?;
        own.ancestors()
            .skip(1)
            .take(2)
            .map(|folder| folder.join("relevo"))
            .find(|path| path.is_file())
            .context("`relevo` is not built; use `cargo xtask test` or `cargo xtask demo`")
    }

    /// The last lines of a process's log.
    pub fn log_tail(&self, name: &str) -> String {
        tail(&log_file(self.stack.dir(), name))
    }
}

fn tail(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(40).collect();
    let tail: Vec<&str> = lines.into_iter().rev().collect();
    format!("{}:\n{}", path.display(), tail.join("\n"))
}

fn log_file(dir: &Path, name: &str) -> PathBuf {
    dir.join("log").join(format!("relevo-{name}.log"))
}

/// `relevo <service>` as built beside this program.
async fn spawn(env: &BTreeMap<String, String>, service: &str, dir: &Path) -> anyhow::Result<Held> {
    let mut spec = Spec::new(Installation::binary()?).args([service]);
    for (name, value) in env {
        spec = spec.env(name, value);
    }
    spec.output = Output::Log(log_file(dir, service));
    spec.grace = Duration::from_secs(20);
    spec.spawn().await
}
