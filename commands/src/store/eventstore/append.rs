//! One append, to its verdict.

use super::connection::{CALL_WITHIN, Patience, in_time};
use super::{EventStore, record};
use crate::store::types::{Append, Event, Verdict};
use ::eventstore::{
    AppendToStreamOptions, CurrentRevision, Error, ExpectedRevision, ReadStreamOptions,
    StreamPosition,
};
use uuid::Uuid;

impl EventStore {
    /// Appends; what got no answer is sent again, the same, until it has one or nobody answers.
    pub(in crate::store) async fn append(&self, append: Append) -> Verdict {
        let append_id = Uuid::now_v7();
        let events = match record::events(&append, append_id) {
            Ok(events) if events.is_empty() => {
                return Verdict::Rejected("an append without events".to_owned());
            }
            Ok(events) => events,
            Err(why) => return Verdict::Rejected(why),
        };
        let stream = record::stream(append.aggregate_type, &append.aggregate_id);
        let revision = append.expected.checked_sub(1);
        let options = AppendToStreamOptions::default()
            .expected_revision(revision.map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact))
            .requires_leader(true)
            .deadline(CALL_WITHIN);
        let mut patience = Patience::default();
        loop {
            let (client, number) = self.connection.client();
            let call = client.append_to_stream(stream.as_str(), &options, events.clone());
            let error = match in_time(call).await {
                Ok(_) => return self.confirm(&append, &stream, append_id).await,
                Err(error) => error,
            };
            if let Some(verdict) = answer(&error) {
                return verdict;
            }
            tracing::warn!(%error, "an append to EventStoreDB got no answer");
            self.connection.renew(&error, number);
            // What was kept may be of another history by now (a failover, a restore).
            self.shared.renew(Uuid::nil());
            if !patience.pause().await {
                return Verdict::Unreachable(error.to_string());
            }
        }
    }

    /// Where the events are, if they are the ones of this append. The server has said that events
    /// of these ids are there; those of the same command from another process have the same ids.
    async fn confirm(&self, append: &Append, stream: &str, append_id: Uuid) -> Verdict {
        let options = ReadStreamOptions::default()
            .forwards()
            .position(StreamPosition::Position(append.expected))
            .max_count(append.events.len())
            .requires_leader(true);
        let Ok(recorded) = self.read_stream(stream, &options).await else {
            return Verdict::LookAgain;
        };
        let ours = recorded.len() == append.events.len()
            && recorded
                .iter()
                .all(|event| record::append_id(event) == Some(append_id));
        let events: Result<Vec<Event>, _> = recorded.iter().map(record::event).collect();
        match events {
            Ok(events) if ours => {
                let last = events.last().map_or(0, |event| event.position);
                self.shared.appended_to(last);
                Verdict::Accepted(events.iter().map(Event::place).collect())
            }
            _ => Verdict::LookAgain,
        }
    }
}

/// The verdict when the server has answered; `None` when it may or may not have appended.
fn answer(error: &Error) -> Option<Verdict> {
    let detail = error.to_string();
    match error {
        Error::WrongExpectedVersion { current, .. } => Some(Verdict::Conflict {
            current: match current {
                CurrentRevision::Current(revision) => revision + 1,
                CurrentRevision::NoStream => 0,
            },
        }),
        Error::AccessDenied | Error::UnsupportedFeature => Some(Verdict::Unreachable(detail)),
        Error::ResourceDeleted => Some(Verdict::Rejected(detail)),
        // The append is too large for the server.
        Error::Grpc { code, .. } if *code as i32 == INVALID_ARGUMENT => {
            Some(Verdict::Rejected(detail))
        }
        _ => None,
    }
}

/// The gRPC status code of that name: the client doesn't export tonic's type.
const INVALID_ARGUMENT: i32 = 3;
