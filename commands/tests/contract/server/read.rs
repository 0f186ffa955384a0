//! Reads and subscriptions.

use super::Shared;
use super::messages::*;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tonic::{Response, Status};

type Answers = BoxStream<'static, Result<ReadResp, Status>>;

impl Shared {
    pub(super) async fn read(
        self: Arc<Self>,
        request: tonic::Request<ReadReq>,
    ) -> Result<Response<Answers>, Status> {
        let options = request.into_inner().options.unwrap();
        let answers = match options.count_option.clone() {
            Some(CountOption::Count(count)) => {
                let found = self.page(&options, usize::try_from(count).unwrap_or(usize::MAX));
                stream::iter(found.into_iter().map(Ok)).boxed()
            }
            _ => self.subscribe(&options),
        };
        Ok(Response::new(answers))
    }

    fn page(&self, options: &ReadOptions, count: usize) -> Vec<ReadResp> {
        let book = self.book.lock().unwrap();
        let backwards = options.read_direction == 1;
        let mut found: Vec<RecordedEvent> = match options.stream_option.as_ref().unwrap() {
            StreamOption::Stream(asked) => {
                let identifier = asked.stream_identifier.clone();
                let Some(found) = book.stream(&identifier.as_ref().unwrap().stream_name) else {
                    let stream_identifier = identifier;
                    let none = StreamNotFound { stream_identifier };
                    return vec![answer(ReadContent::StreamNotFound(none))];
                };
                let from = match asked.revision_option {
                    Some(RevisionOption::Revision(revision)) => revision,
                    _ => 0,
                };
                let from_there = |event: &RecordedEvent| event.stream_revision >= from;
                found.into_iter().filter(from_there).collect()
            }
            // Our client reads it backwards from the end, and follows it by subscriptions.
            StreamOption::All(_) => book.all().to_vec(),
        };
        if backwards {
            found.reverse();
        }
        found.truncate(count);
        found.into_iter().map(event).collect()
    }

    /// What is behind a position, then whatever comes.
    fn subscribe(self: Arc<Self>, options: &ReadOptions) -> Answers {
        self.subscriptions.fetch_add(1, Ordering::SeqCst);
        let Some(StreamOption::All(all)) = &options.stream_option else {
            panic!("our client subscribes to all only");
        };
        let mut after = match &all.all_option {
            Some(AllOption::Position(position)) => position.commit_position,
            _ => 0,
        };
        let Some(FilterOption::Filter(filter)) = &options.filter_option else {
            panic!("our client asks for its own streams only");
        };
        let prefixes = filter.stream_identifier.clone().unwrap().prefix;
        let confirmed = answer(ReadContent::Confirmation(Confirmation {
            subscription_id: "1".to_owned(),
        }));
        let drops_after = match self.drops_after.load(Ordering::SeqCst) {
            0 => usize::MAX,
            count => count,
        };
        let copies = 1 + usize::from(self.doubles.load(Ordering::SeqCst));
        let mut length = self.length.subscribe();
        let events = async_stream(move |events| async move {
            let mut sent = 0;
            loop {
                let found: Vec<RecordedEvent> = {
                    let book = self.book.lock().unwrap();
                    let behind = book.all().iter().filter(|e| e.commit_position > after);
                    behind.cloned().collect()
                };
                for found in found {
                    after = found.commit_position;
                    let name = found
                        .stream_identifier
                        .as_ref()
                        .unwrap()
                        .stream_name
                        .clone();
                    if !prefixes
                        .iter()
                        .any(|prefix| name.starts_with(prefix.as_bytes()))
                    {
                        let passed = Position {
                            commit_position: after,
                            prepare_position: after,
                        };
                        if events
                            .send(Ok(answer(ReadContent::Checkpoint(passed))))
                            .await
                            .is_err()
                        {
                            return;
                        }
                        continue;
                    }
                    for _ in 0..copies {
                        if events.send(Ok(event(found.clone()))).await.is_err() {
                            return;
                        }
                    }
                    sent += 1;
                    if sent == drops_after {
                        let _ = events.send(Err(Status::unavailable("dropped"))).await;
                        return;
                    }
                }
                if length.changed().await.is_err() {
                    return;
                }
            }
        });
        stream::once(async { Ok(confirmed) }).chain(events).boxed()
    }
}

/// A stream of what a task sends; the task ends when nobody reads any more.
fn async_stream<F>(
    task: impl FnOnce(tokio::sync::mpsc::Sender<Result<ReadResp, Status>>) -> F,
) -> impl futures::Stream<Item = Result<ReadResp, Status>> + Send
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(task(sender));
    stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|item| (item, receiver))
    })
}

fn answer(content: ReadContent) -> ReadResp {
    ReadResp {
        content: Some(content),
    }
}

fn event(event: RecordedEvent) -> ReadResp {
    answer(ReadContent::Event(ReadEvent { event: Some(event) }))
}
