//! A process whose TLS provider is chosen already can't use EventStoreDB's client, which would panic.
//! A program of its own, because a provider is chosen once.
#![allow(clippy::unwrap_used, reason = "tests")]

use commands::{CommandBus, LogConfig, LogError};

#[tokio::test]
async fn the_store_refuses_to_connect_once_another_chose_the_provider() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let config = LogConfig::eventstore("esdb://127.0.0.1:1?tls=false");
    let refused = CommandBus::connect(&config).await;
    assert!(
        matches!(refused, Err(LogError::ProviderTaken)),
        "{refused:?}"
    );
}
