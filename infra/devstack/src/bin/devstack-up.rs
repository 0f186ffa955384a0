//! Runs Relevo on this machine until Ctrl-C: a stack whose data is kept, and `relevo up` beside
//! this program as its child. Started by `cargo xtask up`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use devstack::holder::{Held, Spec};
use devstack::{OidcProvider, Stack, StackOptions, parts};
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};

/// Variables of the set-up's own; Relevo's configuration refuses names it doesn't know.
const OURS: [&str; 5] = [
    "RELEVO_STATE_DIR",
    "RELEVO_POSTGRES_BIN",
    "RELEVO_NATS_SERVER",
    "RELEVO_CHROMIUM",
    "RELEVO_CHROMEDRIVER",
];

#[tokio::main]
async fn main() -> ExitCode {
    match up().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nup: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn up() -> Result<()> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .init();
    let relevo = std::env::current_exe()?.with_file_name("relevo");
    if !relevo.is_file() {
        bail!("{} is not built; use `cargo xtask up`", relevo.display());
    }
    let mut end = Signals::listen()?;
    let dir = parts::state_dir()?.join("up");
    println!(
        "Starting Postgres, NATS and the sign-in provider in {} …",
        dir.display()
    );
    let options = StackOptions {
        dir: Some(dir.clone()),
        with_oidc: true,
    };
    let stack = tokio::select! {
        stack = Stack::start(options) => stack?,
        () = end.wait() => return Ok(()),
    };
    if let Some(oidc) = stack.oidc() {
        std::fs::write(dir.join("issuer"), format!("{}\n", oidc.issuer()))?;
    }
    let outcome = run(&stack, relevo, &mut end).await;
    println!("Stopping …");
    stack.stop().await?;
    outcome
}

async fn run(stack: &Stack, relevo: PathBuf, end: &mut Signals) -> Result<()> {
    let mut spec = Spec::new(relevo).args(["up"]);
    spec.clear_env = true;
    spec.grace = Duration::from_secs(20);
    let ours = |name: &OsString| OURS.iter().any(|known| name == known);
    spec.env = std::env::vars_os()
        .filter(|(name, _)| !ours(name))
        .collect();
    for (name, value) in stack.relevo_env() {
        // What the person set by hand stays.
        if std::env::var_os(&name).is_none() {
            spec = spec.env(name, value);
        }
    }
    let mut child = spec.spawn().await?;
    let outcome = tokio::select! {
        status = until_ended(stack, &mut child) => status,
        () = end.wait() => Ok(()),
    };
    child.stop().await?;
    outcome
}

/// Says where the page is once it answers, then waits for an end that nobody asked for.
async fn until_ended(stack: &Stack, child: &mut Held) -> Result<()> {
    let address = stack.api_address();
    let mut announced = false;
    loop {
        if !announced && TcpStream::connect(&address).await.is_ok() {
            announced = true;
            announce(stack, &address);
        }
        let pause = if announced {
            Duration::from_secs(3600)
        } else {
            Duration::from_millis(100)
        };
        if let Ok(status) = tokio::time::timeout(pause, child.wait()).await {
            bail!(
                "relevo ended by itself ({}); its last words are above",
                status?
            );
        }
    }
}

fn announce(stack: &Stack, address: &str) {
    println!("\n  Relevo          {}", stack.page_address());
    println!("  Who may enter   anybody, this is for development; as one of");
    for (account, name) in OidcProvider::accounts() {
        println!("                    {account:<10}{name}");
    }
    if let Some(oidc) = stack.oidc() {
        println!("  Sign-in         {}", oidc.issuer());
    }
    println!("  For programs    http://{address}");
    println!(
        "  Postgres        127.0.0.1:{} (user postgres, password in postgres.password)",
        stack.postgres().port()
    );
    println!("  NATS            {}", stack.nats().url());
    println!("  Data and logs   {}", stack.dir().display());
    println!("\n  `cargo xtask token` prints an access token. Ctrl-C stops everything.\n");
}

/// The wishes to end: Ctrl-C, a service manager's SIGTERM, a closed terminal.
struct Signals([tokio::signal::unix::Signal; 3]);

impl Signals {
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self([
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
            listen(SignalKind::hangup())?,
        ]))
    }

    async fn wait(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
