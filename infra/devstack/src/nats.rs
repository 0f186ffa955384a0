//! A private nats-server with JetStream, without any other listener.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use parts::User;

use crate::files::{check_reachable, copy_tree, make_dir, path_tag, text, write_file};
use crate::holder::{Output, Spec};
use crate::ports::free_port;
use crate::server::{Failure, Server};

/// The running broker.
#[derive(Debug)]
pub struct Nats {
    server: Server,
    port: u16,
    store: PathBuf,
    user: Option<User>,
    name: String,
}

/// The folder of JetStream's files; it stands in the server's command line.
pub(crate) fn store_dir(stack: &Path) -> PathBuf {
    stack.join("nats/store")
}

impl Nats {
    pub(crate) async fn start(
        stack: &Path,
        program: &Path,
        wish: u16,
        temporary: bool,
    ) -> Result<Self> {
        let user = parts::data_user();
        check_reachable(program, user.as_ref())?;
        let home = stack.join("nats");
        let store = store_dir(stack);
        let log = stack.join("log/nats.log");
        make_dir(&home, 0o755, None)?;
        make_dir(&store, 0o700, user.as_ref())?;
        let config = home.join("nats.conf");
        let name = format!("relevo-{}", path_tag(stack));
        write_file(&config, &self::config(&name), 0o644, None)?;
        let mut port = wish;
        loop {
            let spec = spec(program, &config, &store, &log, port, user.as_ref());
            let nats = Self {
                server: Server::new("nats-server", spec, log.clone()),
                port,
                store: store.clone(),
                user: user.clone(),
                name: name.clone(),
            };
            let url = nats.url();
            match nats.server.start(|| answers(&url, &nats.name)).await {
                Ok(()) => return Ok(nats),
                Err(Failure::PortTaken) if temporary => port = free_port()?,
                Err(failure) => return Err(nats.server.explain(failure)),
            }
        }
    }

    /// `nats://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1, the same for the stack's whole life.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of JetStream's files.
    #[must_use]
    pub fn store_dir(&self) -> &Path {
        &self.store
    }

    /// The server's process id; `None` while it is down.
    pub async fn pid(&self) -> Option<u32> {
        self.server.pid().await
    }

    /// Ends the server as a crash would.
    pub async fn kill9(&self) -> Result<()> {
        self.server.kill9().await
    }

    /// Stops the server cleanly.
    pub async fn stop(&self) -> Result<()> {
        self.server.stop().await
    }

    /// Starts it again on the same port and store; returns when JetStream answers.
    pub async fn start_again(&self) -> Result<()> {
        make_dir(&self.store, 0o700, self.user.as_ref())?;
        let url = self.url();
        self.server.start_again(|| answers(&url, &self.name)).await
    }

    /// Removes every stream and consumer with their messages. Fails unless the server is stopped.
    pub async fn wipe(&self) -> Result<()> {
        let _stopped = self.server.stopped().await?;
        if self.store.exists() {
            std::fs::remove_dir_all(&self.store)
                .with_context(|| format!("cannot remove {}", self.store.display()))?;
        }
        Ok(())
    }

    /// Copies the store to a folder that must not exist. Fails unless the server is stopped.
    pub async fn snapshot_store(&self, to: &Path) -> Result<()> {
        let _stopped = self.server.stopped().await?;
        if to.exists() {
            bail!("{} exists already", to.display());
        }
        copy_tree(&self.store, to)
    }

    /// Puts an earlier copy in the place of the store. Fails unless the server is stopped.
    pub async fn restore_store(&self, from: &Path) -> Result<()> {
        let _stopped = self.server.stopped().await?;
        if self.store.exists() {
            std::fs::remove_dir_all(&self.store)?;
        }
        copy_tree(from, &self.store)
    }
}

/// What the command line can't say. The payload limit is the broker's own default, written down
/// because the relay sends larger events as headers only.
fn config(name: &str) -> String {
    format!(
        "server_name: {name}\nmax_payload: 1MB\n\
         jetstream {{ max_memory_store: 64MB, max_file_store: 8GB }}\n"
    )
}

fn spec(
    program: &Path,
    config: &Path,
    store: &Path,
    log: &Path,
    port: u16,
    user: Option<&User>,
) -> Spec {
    let mut spec = Spec::new(program)
        .args([
            "-c".to_owned(),
            text(config),
            "-js".to_owned(),
            "-sd".to_owned(),
            text(store),
        ])
        .args([
            "-a".to_owned(),
            "127.0.0.1".to_owned(),
            "-p".to_owned(),
            port.to_string(),
        ])
        .env("HOME", store);
    spec.clear_env = true;
    spec.user = user.map(|user| (user.uid, user.gid));
    spec.mark = Some(text(store));
    spec.grace = Duration::from_secs(10);
    spec.output = Output::Log(log.to_path_buf());
    spec.dir = Some(PathBuf::from("/"));
    spec
}

/// Whether JetStream answers a request for its account.
async fn answers(url: &str, name: &str) -> bool {
    let ask = async {
        let client = async_nats::connect(url).await.ok()?;
        // Another broker may have taken the port just now: ours knows its name.
        if client.server_info().server_name != name {
            return None;
        }
        // The raw answer, since 2.9 lacks account fields that the client wants.
        let answer = client.request("$JS.API.INFO", "".into()).await.ok()?;
        let answer: serde_json::Value = serde_json::from_slice(&answer.payload).ok()?;
        answer.get("error").is_none().then_some(())
    };
    matches!(
        tokio::time::timeout(Duration::from_secs(5), ask).await,
        Ok(Some(()))
    )
}
