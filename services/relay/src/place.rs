//! Where the stream ends in the log.

use crate::{BATCH, Relay};
use anyhow::{Context as _, ensure};
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{RawMessageErrorKind, Stream};
use commands::StoredEvent;
use commands::log::GENESIS_CHAIN;
use kit::reader::Lost;
use kit::subjects::header;
use uuid::Uuid;

/// The end of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) log_id: Uuid,
    /// The position in the log after which to go on.
    pub(crate) position: u64,
    /// Of the event there.
    pub(crate) chain: Vec<u8>,
    /// The stream's last sequence, which the next publish must follow.
    pub(crate) last_sequence: u64,
}

impl Relay {
    /// Finds the place from the stream's own last message. A stream that is not a piece of this log
    /// is made anew. One that is ahead of it under the same id is a log that was put back.
    ///
    /// # Errors
    /// [`Lost`], or what passes.
    pub(crate) async fn locate(&self) -> anyhow::Result<Place> {
        let log_id = self.log.log_id().await?;
        let stream = self.ensure_stream().await?;
        let state = stream.get_info().await?.state;
        let last = match state.messages {
            0 => None,
            _ => message_at(&stream, state.last_sequence).await?,
        };
        let mut last_sequence = state.last_sequence;
        let known = match last {
            // Purged, or aged away: sequences go on.
            None => None,
            Some(message) => {
                let found = self.position_of(&message, log_id).await?;
                let linked = tail_is_linked(&stream, message, state.first_sequence).await?;
                let known = match found {
                    Err(Some(lost)) if linked => return Err(lost.into()),
                    Err(_) => Err("its last message is not in this log"),
                    Ok(_) if !linked => Err("its last messages don't follow each other"),
                    Ok(position) => Ok(position),
                };
                if let Err(why) = known {
                    self.recreate_stream(why).await?;
                    last_sequence = 0;
                }
                known.ok()
            }
        };
        let position = match known {
            Some(position) => position,
            None => self.readers_begin().await?,
        };
        let place = Place {
            log_id,
            position,
            chain: self.chain_at(position).await?.unwrap_or_default(),
            last_sequence,
        };
        tracing::info!(
            position = place.position,
            stream_sequence = place.last_sequence,
            "relaying"
        );
        Ok(place)
    }

    /// The position a message claims, if the log has this very event there, under whatever id it
    /// had then. Otherwise, and if the message is a whole event of the log's present id, what the
    /// log has lost.
    async fn position_of(
        &self,
        message: &StreamMessage,
        log_id: Uuid,
    ) -> anyhow::Result<Result<u64, Option<Lost>>> {
        let text = |name| message.headers.get(name).map(|value| value.as_str());
        let claimed: Option<Uuid> = text(header::LOG_ID).and_then(|id| id.parse().ok());
        let position: Option<u64> = text(header::POSITION).and_then(|n| n.parse().ok());
        let (Some(position), Some(chain)) = (position, text(header::CHAIN)) else {
            return Ok(Err(None));
        };
        let there = self.chain_at(position).await?;
        if there.as_deref().map(kit::reader::hex).as_deref() == Some(chain) {
            return Ok(Ok(position));
        }
        let whole = serde_json::from_slice::<StoredEvent>(&message.payload).is_ok_and(|event| {
            event.position == position
                && event.hashes_hold(log_id)
                && kit::reader::hex(&event.chain) == chain
        });
        Ok(Err(match there {
            _ if !whole || claimed != Some(log_id) => None,
            Some(_) => Some(Lost::OtherChain { position }),
            None => Some(Lost::BeyondTheEnd { position }),
        }))
    }

    /// Whether the place is still one in the log: the database may have been put back.
    pub(crate) async fn confirm(&self, place: &Place) -> anyhow::Result<()> {
        let chain = self.chain_at(place.position).await?;
        ensure!(
            self.log.log_id().await? == place.log_id && chain.as_ref() == Some(&place.chain),
            "the log is another one"
        );
        Ok(())
    }

    async fn chain_at(&self, position: u64) -> anyhow::Result<Option<Vec<u8>>> {
        if position == 0 {
            return Ok(Some(GENESIS_CHAIN.to_vec()));
        }
        Ok(self.log.at(position).await?.map(|event| event.chain))
    }

    /// The smallest checkpoint of all readers: nobody needs what is before. 0 while there are none.
    /// One that is no place in this log is of a reader that begins anew, in Postgres.
    async fn readers_begin(&self) -> anyhow::Result<u64> {
        let mut smallest: Option<u64> = None;
        for table in ["read.checkpoints", "work.checkpoint"] {
            let there: bool = sqlx::query_scalar("select to_regclass($1) is not null")
                .bind(table)
                .fetch_one(&self.pool)
                .await?;
            if !there {
                continue;
            }
            let sql = format!(
                "select min(c.position) from {table} c where c.position = 0 or exists \
                 (select from log.events e where e.position = c.position and e.chain = c.chain)"
            );
            let position: Option<i64> = sqlx::query_scalar(&sql)
                .fetch_one(&self.pool)
                .await
                .with_context(|| format!("{table} can't be read"))?;
            let position = position.unwrap_or(0).unsigned_abs();
            smallest = Some(smallest.map_or(position, |s| s.min(position)));
        }
        let head = self.log.head().await?.position;
        Ok(smallest.unwrap_or(0).min(head))
    }
}

/// The message of that sequence; `None` when it was removed.
async fn message_at(stream: &Stream, sequence: u64) -> anyhow::Result<Option<StreamMessage>> {
    match stream.get_raw_message(sequence).await {
        Ok(message) => Ok(Some(message)),
        Err(error) => match error.kind() {
            RawMessageErrorKind::NoMessageFound => Ok(None),
            _ => Err(error).context("a message of the stream can't be read"),
        },
    }
}

/// Whether each of the last messages names its predecessor's chain. A batch is published without
/// waiting in between: when a message of somebody else's gets in, one of the batch is refused, and
/// a later one may fit behind the stranger.
async fn tail_is_linked(
    stream: &Stream,
    mut last: StreamMessage,
    first_sequence: u64,
) -> anyhow::Result<bool> {
    let text = |message: &StreamMessage, name| {
        let value = message.headers.get(name);
        value.map(|value| value.as_str().to_owned())
    };
    for _ in 0..=BATCH {
        if last.sequence <= first_sequence {
            break;
        }
        let Some(before) = message_at(stream, last.sequence - 1).await? else {
            return Ok(false);
        };
        if text(&last, header::PREVIOUS_CHAIN) != text(&before, header::CHAIN) {
            return Ok(false);
        }
        last = before;
    }
    Ok(true)
}
