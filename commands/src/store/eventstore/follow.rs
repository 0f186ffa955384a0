//! The tail: a subscription to `$all`, taken again where it ended.

use super::connection::{Connection, Patience};
use super::record;
use crate::error::LogError;
use crate::store::tail::{Cursor, Tailed};
use ::eventstore::{
    Position, StreamPosition, SubscribeToAllOptions, Subscription, SubscriptionFilter,
};
use std::fmt;
use std::sync::Arc;

/// A log in EventStoreDB being followed.
pub(in crate::store) struct Follow {
    connection: Arc<Connection>,
    last: Cursor,
    /// With the number of its client.
    subscription: Option<(Subscription, u64)>,
}

impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Follow");
        debug.field("last", &self.last).finish_non_exhaustive()
    }
}

impl Follow {
    pub(super) fn new(connection: Arc<Connection>, last: Cursor) -> Self {
        Self {
            connection,
            last,
            subscription: None,
        }
    }

    /// The next event of ours. A subscription that ends is taken again; what it repeats is left out.
    pub(in crate::store) async fn next(&mut self) -> Result<Tailed, LogError> {
        let mut patience = Patience::default();
        loop {
            // Taken out while it is waited for: half a wait leaves it in no known state.
            let (mut subscription, number) = match self.subscription.take() {
                Some(subscription) => subscription,
                None => self.subscribe().await,
            };
            let error = match subscription.next().await {
                Ok(resolved) => {
                    let recorded = resolved.get_original_event();
                    let cursor = record::cursor(recorded);
                    if cursor <= self.last || !record::is_ours(&recorded.stream_id) {
                        self.subscription = Some((subscription, number));
                        patience = Patience::default();
                        continue;
                    }
                    // What can't be read is not passed over: the next call meets it again.
                    let event = record::event(recorded)?;
                    self.subscription = Some((subscription, number));
                    let previous = std::mem::replace(&mut self.last, cursor);
                    return Ok(Tailed {
                        cursor,
                        previous,
                        event,
                    });
                }
                Err(error) => error,
            };
            self.connection.renew(&error, number);
            if error.is_access_denied() || !patience.pause().await {
                return Err(LogError::EventStore(error.to_string()));
            }
        }
    }

    async fn subscribe(&self) -> (Subscription, u64) {
        let position = match self.last.parts() {
            (0, 0) => StreamPosition::Start,
            (commit, prepare) => StreamPosition::Position(Position { commit, prepare }),
        };
        let filter = record::TYPES
            .iter()
            .fold(SubscriptionFilter::on_stream_name(), |filter, name| {
                filter.add_prefix(format!("{name}-"))
            });
        let options = SubscribeToAllOptions::default()
            .position(position)
            .filter(filter)
            .requires_leader(true);
        let (client, number) = self.connection.client();
        (client.subscribe_to_all(&options).await, number)
    }
}
