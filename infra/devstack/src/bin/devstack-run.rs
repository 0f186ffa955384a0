//! Starts a fresh stack, prints one line of JSON about it, and runs until its standard input ends.

use std::io::Write;

use devstack::{Stack, StackOptions};
use serde_json::json;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let stack = Stack::start(StackOptions {
        dir: None,
        with_oidc: true,
    })
    .await?;
    let line = json!({
        "dir": stack.dir(),
        "postgres_pid": stack.postgres().pid().await,
        "nats_pid": stack.nats().pid().await,
        "env": stack.relevo_env(),
    });
    println!("{line}");
    std::io::stdout().flush()?;
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
        .await??;
    stack.stop().await
}
