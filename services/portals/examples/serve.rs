//! Serves the practice portals until the process ends: `cargo run -p portals --example serve`.

use portals::{Portals, PortalsConfig};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let portals = Portals::start(PortalsConfig {
        plain: address(7101),
        wizard: address(7102),
        control: address(7103),
        ready_after: std::time::Duration::from_secs(20),
        dir: None,
    })
    .await?;
    println!(
        "{}\n{}\n{}",
        portals.plain_url(),
        portals.wizard_url(),
        portals.control_url()
    );
    std::future::pending().await
}
