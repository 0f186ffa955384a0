//! What the server keeps: streams within one order, by EventStoreDB's rules.

use super::messages::*;
use bytes::Bytes;
use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Everything that was appended, in order.
#[derive(Default)]
pub struct Book {
    events: Vec<RecordedEvent>,
    /// Where the events of each stream are.
    streams: HashMap<Bytes, Vec<usize>>,
    end: u64,
}

/// An append as it came.
#[derive(Clone)]
pub struct Request {
    pub stream: Bytes,
    pub expected: Expected,
    pub messages: Vec<ProposedMessage>,
}

impl Book {
    /// Appends by the rules: all or nothing, and what is there already under these ids right behind
    /// the expected revision is a success without an append.
    pub fn append(&mut self, request: Request) -> AppendResult {
        let current = self.streams.get(&request.stream).map_or(0, Vec::len);
        let wanted = match &request.expected {
            Expected::Revision(revision) => usize::try_from(*revision).unwrap() + 1,
            Expected::NoStream(_) => 0,
            other => panic!("our client always expects a revision, not {other:?}"),
        };
        if wanted == current {
            return self.record(request);
        }
        if wanted < current && self.has(&request, wanted) {
            return success(wanted + request.messages.len(), None);
        }
        let current_revision = match current.checked_sub(1) {
            Some(last) => CurrentRevision::Revision(last as u64),
            None => CurrentRevision::NoStream(Empty {}),
        };
        let expected_revision = match request.expected {
            Expected::Revision(revision) => ExpectedRevision::Revision(revision),
            _ => ExpectedRevision::NoStream(Empty {}),
        };
        AppendResult::WrongExpectedVersion(WrongExpectedVersion {
            current_revision_option: Some(current_revision),
            expected_revision_option: Some(expected_revision),
        })
    }

    /// Whether these very events stand in the stream from this revision on.
    fn has(&self, request: &Request, from: usize) -> bool {
        let places = self.streams[&request.stream].iter().skip(from);
        let found = places.map(|place| &self.events[*place].id);
        let ids = request.messages.iter().map(|message| &message.id);
        found
            .take(request.messages.len())
            .map(parsed)
            .eq(ids.map(parsed))
    }

    fn record(&mut self, request: Request) -> AppendResult {
        let count = request.messages.len();
        for message in request.messages {
            self.push(&request.stream, message);
        }
        let revision = self.streams[&request.stream].len();
        let end = self.events.last().map(|event| event.commit_position);
        // Somebody else's events are in between, as on every real server.
        if self.events.len() % 3 < count {
            self.push(&Bytes::from_static(b"$stats-0"), ProposedMessage::default());
            self.push(
                &Bytes::from_static(b"order-task-1"),
                ProposedMessage::default(),
            );
        }
        success(revision, end)
    }

    fn push(&mut self, stream: &Bytes, message: ProposedMessage) {
        self.end += 100 + message.data.len() as u64;
        let places = self.streams.entry(stream.clone()).or_default();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let mut metadata = message.metadata;
        metadata.insert("created".to_owned(), (since.as_nanos() / 100).to_string());
        self.events.push(RecordedEvent {
            id: Some(Uuid {
                value: Some(UuidValue::String(parsed(&message.id).to_string())),
            }),
            stream_identifier: Some(StreamIdentifier {
                stream_name: stream.clone(),
            }),
            stream_revision: places.len() as u64,
            prepare_position: self.end,
            commit_position: self.end,
            metadata,
            custom_metadata: message.custom_metadata,
            data: message.data,
        });
        places.push(self.events.len() - 1);
    }

    /// The stream's events from a revision on; `None` when there is no such stream.
    pub fn stream(&self, name: &Bytes) -> Option<Vec<RecordedEvent>> {
        let places = self.streams.get(name)?;
        Some(
            places
                .iter()
                .map(|place| self.events[*place].clone())
                .collect(),
        )
    }

    /// All events, in order.
    pub fn all(&self) -> &[RecordedEvent] {
        &self.events
    }
}

fn success(length: usize, end: Option<u64>) -> AppendResult {
    AppendResult::Success(Success {
        current_revision_option: Some(SuccessRevision::CurrentRevision(length as u64 - 1)),
        position_option: Some(match end {
            Some(end) => SuccessPosition::Position(Position {
                commit_position: end,
                prepare_position: end,
            }),
            None => SuccessPosition::NoPosition(Empty {}),
        }),
    })
}

fn parsed(id: &Option<Uuid>) -> uuid::Uuid {
    match id.as_ref().and_then(|id| id.value.as_ref()) {
        Some(UuidValue::String(text)) => text.parse().unwrap(),
        Some(UuidValue::Structured(halves)) => uuid::Uuid::from_u64_pair(
            halves.most_significant_bits.cast_unsigned(),
            halves.least_significant_bits.cast_unsigned(),
        ),
        None => uuid::Uuid::nil(),
    }
}
