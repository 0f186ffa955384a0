//! The connection to NATS. It may be gone at any time, also at the start: it comes back by itself,
//! and nothing that must not be lost depends on it.

use crate::config::Nats;
use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Event};
use bytes::Bytes;
use std::time::Duration;

/// Messages that wait for a slow subscriber; further ones are lost, which all subscribers bear. More
/// than a reader of the stream asks for at a time.
const WAITING: usize = 2048;

/// Connects; returns at once, also while the server is down.
///
/// # Errors
/// When the address is no address.
pub async fn connect(nats: &Nats, name: &str) -> anyhow::Result<Client> {
    let client = ConnectOptions::new()
        .name(format!("relevo-{name}"))
        .retry_on_initial_connect()
        .subscription_capacity(WAITING)
        .reconnect_delay_callback(|attempt| {
            Duration::from_millis(50u64.saturating_mul(1 << attempt.min(6) as u32).min(2_000))
        })
        .event_callback(|event| async move {
            match event {
                Event::Connected => tracing::info!("NATS is there"),
                Event::Disconnected => tracing::warn!("NATS is gone"),
                other => tracing::debug!(%other, "NATS"),
            }
        })
        .connect(&nats.url)
        .await?;
    Ok(client)
}

/// Sends what may be lost: a hint, a picture, a human's input. Nothing is sent while the broker is
/// gone, because what is sent into a closed connection piles up and then blocks the sender.
pub async fn say(nats: &Client, subject: String, payload: Bytes) {
    if nats.connection_state() != State::Connected {
        return;
    }
    if let Err(error) = nats.publish(subject, payload).await {
        tracing::debug!(%error, "message not sent");
    }
}
