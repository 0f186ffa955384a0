//! From stored events to messages.

use crate::place::Place;
use crate::{BATCH, Relay};
use anyhow::{Context as _, bail, ensure};
use async_nats::HeaderMap;
use async_nats::connection::State;
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use commands::StoredEvent;
use kit::subjects::{self, EVENTS_STREAM, header};
use std::str::FromStr as _;
use uuid::Uuid;

/// Left for the subject and headers of a message.
const HEADROOM_BYTES: usize = 4096;

impl Relay {
    /// Publishes the next events and moves the place. True when there may be more.
    pub(crate) async fn publish_from(&self, place: &mut Place) -> anyhow::Result<bool> {
        let events = self.log.read_after(place.position, BATCH).await?;
        let Some(first) = events.first() else {
            return Ok(false);
        };
        ensure!(
            first.previous_chain == place.chain,
            "the log is another one"
        );
        // What is sent into a closed connection is kept and sent later, when it is no longer true.
        if self.nats.connection_state() != State::Connected {
            bail!("NATS is away");
        }
        let max_payload = self.nats.server_info().max_payload;
        let mut acks = Vec::with_capacity(events.len());
        for (event, sequence) in events.iter().zip(place.last_sequence..) {
            let message = PublishMessage::build()
                .headers(headers(event, place.log_id))
                .payload(payload(event, max_payload)?)
                .expected_stream(EVENTS_STREAM)
                .expected_last_sequence(sequence);
            let subject = subject(event);
            acks.push(self.context.send_publish(subject, message).await?);
        }
        for (event, ack) in events.iter().zip(acks) {
            let position = event.position;
            let ack = ack
                .await
                .with_context(|| format!("position {position} was not published"))?;
            ensure!(
                !ack.duplicate && ack.sequence == place.last_sequence + 1,
                "the stream took position {position} as message {}",
                ack.sequence
            );
            place.position = position;
            place.chain.clone_from(&event.chain);
            place.last_sequence = ack.sequence;
        }
        Ok(events.len() == BATCH as usize)
    }
}

/// Event types are ours, but nothing in the log may be able to stop the relay.
fn subject(event: &StoredEvent) -> String {
    let token = |text: &str| -> String {
        let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        match text.is_empty() {
            true => "_".to_owned(),
            false => text.chars().map(safe).collect(),
        }
    };
    subjects::event(&token(&event.aggregate_type), &token(&event.event_type))
}

/// The stored envelope as JSON; nothing when it is too large for a message.
fn payload(event: &StoredEvent, max_payload: usize) -> anyhow::Result<Bytes> {
    let json = serde_json::to_vec(event)?;
    if json.len() + HEADROOM_BYTES > max_payload {
        return Ok(Bytes::new());
    }
    Ok(json.into())
}

fn headers(event: &StoredEvent, log_id: Uuid) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::LOG_ID, log_id.to_string());
    headers.insert(header::POSITION, event.position.to_string());
    headers.insert(
        header::PREVIOUS_CHAIN,
        kit::reader::hex(&event.previous_chain),
    );
    headers.insert(header::CHAIN, kit::reader::hex(&event.chain));
    headers.insert(header::EVENT_ID, event.event_id.to_string());
    headers.insert(header::SEQUENCE, event.sequence.to_string());
    let metadata = event.event_metadata();
    let texts = [
        (header::AGGREGATE_ID, Some(event.aggregate_id.as_str())),
        (header::TRACEPARENT, metadata.traceparent.as_deref()),
    ];
    for (name, text) in texts {
        // What is no header value (a line break) is left out; readers take it from the envelope.
        if let Some(Ok(value)) = text.map(async_nats::HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
    headers
}
