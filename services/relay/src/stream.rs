//! The stream `EVENTS` as we want it.

use crate::Relay;
use anyhow::{Context as _, bail};
use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType, Stream};
use kit::subjects::{EVENTS, EVENTS_STREAM};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// File storage, one replica, the last 7 days or 512 MiB: what readers miss here, they find in
/// Postgres.
fn wanted() -> Config {
    Config {
        name: EVENTS_STREAM.to_owned(),
        description: Some("The event log, from where its readers are on".to_owned()),
        subjects: vec![EVENTS.to_owned()],
        storage: StorageType::File,
        num_replicas: 1,
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::Old,
        max_age: 7 * DAY,
        max_bytes: 512 * 1024 * 1024,
        max_messages: -1,
        max_messages_per_subject: -1,
        max_consumers: -1,
        ..Config::default()
    }
}

/// Old servers drop settings they don't know without a word: what came back is what counts.
fn as_wanted(found: &Config) -> bool {
    let wanted = wanted();
    (&found.subjects, found.storage, found.num_replicas)
        == (&wanted.subjects, wanted.storage, wanted.num_replicas)
        && (found.retention, found.discard) == (wanted.retention, wanted.discard)
        && (found.max_age, found.max_bytes) == (wanted.max_age, wanted.max_bytes)
        && !found.sealed
        && !found.no_ack
}

impl Relay {
    /// The stream as it is, mended where its settings differ, or a new one.
    pub(crate) async fn ensure_stream(&self) -> anyhow::Result<Stream> {
        let stream = match self.context.get_stream(EVENTS_STREAM).await {
            Ok(stream) => stream,
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(inner) if inner.code() == 404 => {
                    return self.create_stream().await;
                }
                _ => return Err(error).context("the stream can't be looked up"),
            },
        };
        if as_wanted(&stream.cached_info().config) {
            return Ok(stream);
        }
        tracing::warn!(found = ?stream.cached_info().config, "the stream's settings differ");
        if let Ok(info) = self.context.update_stream(wanted()).await
            && as_wanted(&info.config)
        {
            return Ok(self.context.get_stream(EVENTS_STREAM).await?);
        }
        self.recreate_stream("its settings can't be changed").await
    }

    /// Deletes the stream and makes it anew.
    pub(crate) async fn recreate_stream(&self, why: &str) -> anyhow::Result<Stream> {
        tracing::warn!(why, "making the stream anew");
        self.context
            .delete_stream(EVENTS_STREAM)
            .await
            .context("the stream can't be deleted")?;
        self.create_stream().await
    }

    async fn create_stream(&self) -> anyhow::Result<Stream> {
        let stream = self
            .context
            .create_stream(wanted())
            .await
            .context("the stream can't be made")?;
        let server = self.nats.server_info();
        let config = &stream.cached_info().config;
        if !as_wanted(config) {
            bail!(
                "nats-server {} made another stream than it was asked for: {config:?}",
                server.version
            );
        }
        tracing::info!(server = server.version, "stream made");
        Ok(stream)
    }
}
