//! A small EventStoreDB: as much of its streams protocol as the client speaks, over real HTTP/2 on
//! loopback, with faults to order. It is no proof of how a real server behaves; it is written from
//! its protocol and its documented rules.

pub mod book;
mod messages;
mod read;

use book::{Book, Request};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use messages::*;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tonic::body::BoxBody;
use tonic::codec::ProstCodec;
use tonic::server::Grpc;
use tonic::{Response, Status, Streaming};

/// What goes wrong with an append.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The connection is cut, and nothing was appended.
    CutBefore,
    /// It is appended, and the connection is cut before the answer.
    CutAfter,
    /// The connection is cut; the append is carried out behind the next one.
    Late,
    /// The server says that it is not available.
    Unavailable,
}

/// A server on a free port, while it is held.
pub struct Server {
    port: u16,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

#[derive(Default)]
struct Shared {
    book: Mutex<Book>,
    /// How many events there are: wakes subscriptions.
    length: watch::Sender<usize>,
    faults: Mutex<VecDeque<Fault>>,
    late: Mutex<Option<Request>>,
    connections: Mutex<Vec<AbortHandle>>,
    /// Closes each connection as it comes.
    away: AtomicBool,
    /// Sends each event of a subscription twice.
    doubles: AtomicBool,
    /// Ends each subscription after so many events, if not 0.
    drops_after: AtomicUsize,
    subscriptions: AtomicUsize,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self {
            port,
            shared,
            accepting: accepting.abort_handle(),
        }
    }

    pub fn url(&self) -> String {
        format!(
            "esdb://127.0.0.1:{}?tls=false&discoveryInterval=50",
            self.port
        )
    }

    /// Orders faults for the next appends, one each.
    pub fn order(&self, faults: &[Fault]) {
        self.shared.faults.lock().unwrap().extend(faults);
    }

    /// How many ordered faults have not happened yet.
    pub fn pending(&self) -> usize {
        self.shared.faults.lock().unwrap().len()
    }

    /// Cuts all connections, and each new one at once, until it is back.
    pub fn away(&self, away: bool) {
        self.shared.away.store(away, Ordering::SeqCst);
        if away {
            self.shared.cut();
        }
    }

    pub fn cut(&self) {
        self.shared.cut();
    }

    /// Subscriptions end after so many events (0: they don't), with each event sent twice or once.
    pub fn subscriptions(&self, drops_after: usize, doubles: bool) {
        self.shared.drops_after.store(drops_after, Ordering::SeqCst);
        self.shared.doubles.store(doubles, Ordering::SeqCst);
    }

    /// How many subscriptions were begun.
    pub fn subscribed(&self) -> usize {
        self.shared.subscriptions.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
        self.shared.cut();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        if shared.away.load(Ordering::SeqCst) {
            continue;
        }
        let service = hyper::service::service_fn({
            let shared = Arc::clone(&shared);
            move |request| Arc::clone(&shared).answer(request)
        });
        let connection = tokio::spawn(async move {
            let server = http2::Builder::new(TokioExecutor::new());
            // A connection that breaks is what some tests want.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
        shared
            .connections
            .lock()
            .unwrap()
            .push(connection.abort_handle());
    }
}

impl Shared {
    fn cut(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            connection.abort();
        }
    }

    async fn answer(
        self: Arc<Self>,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<BoxBody>, Infallible> {
        Ok(match request.uri().path() {
            "/event_store.client.server_features.ServerFeatures/GetSupportedMethods" => {
                let features = tower::service_fn(async |_: tonic::Request<Empty>| {
                    Ok(Response::new(SupportedMethods {
                        event_store_server_version: "24.10.0".to_owned(),
                    }))
                });
                Grpc::new(ProstCodec::default())
                    .unary(features, request)
                    .await
            }
            "/event_store.client.streams.Streams/Append" => {
                let append = tower::service_fn(move |appended| Arc::clone(&self).append(appended));
                let mut grpc = Grpc::new(ProstCodec::<AppendResp, AppendReq>::default());
                grpc.client_streaming(append, request).await
            }
            "/event_store.client.streams.Streams/Read" => {
                let read = tower::service_fn(move |asked| Arc::clone(&self).read(asked));
                let mut grpc = Grpc::new(ProstCodec::<ReadResp, ReadReq>::default());
                grpc.server_streaming(read, request).await
            }
            other => Status::unimplemented(other.to_owned()).into_http(),
        })
    }

    async fn append(
        self: Arc<Self>,
        request: tonic::Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        let request = collect(request.into_inner()).await?;
        let fault = self.faults.lock().unwrap().pop_front();
        let nobody_hears = Status::unavailable("the connection is cut");
        match fault {
            Some(Fault::Unavailable) => return Err(Status::unavailable("not now")),
            Some(Fault::CutBefore) => {
                self.cut();
                return Err(nobody_hears);
            }
            Some(Fault::Late) => {
                *self.late.lock().unwrap() = Some(request);
                self.cut();
                return Err(nobody_hears);
            }
            Some(Fault::CutAfter) | None => {}
        }
        let result = Some(self.carry_out(request));
        let late = self.late.lock().unwrap().take();
        if let Some(late) = late {
            self.carry_out(late);
        }
        if fault == Some(Fault::CutAfter) {
            self.cut();
            return Err(nobody_hears);
        }
        Ok(Response::new(AppendResp { result }))
    }

    fn carry_out(&self, request: Request) -> AppendResult {
        let mut book = self.book.lock().unwrap();
        let result = book.append(request);
        self.length.send_replace(book.all().len());
        result
    }
}

/// All messages of an append; nothing is done before the last is here.
async fn collect(mut messages: Streaming<AppendReq>) -> Result<Request, Status> {
    let mut request = Request {
        stream: Bytes::new(),
        expected: Expected::Any(Empty {}),
        messages: vec![],
    };
    while let Some(message) = messages.message().await? {
        match message.content {
            Some(AppendContent::Options(options)) => {
                request.stream = options.stream_identifier.unwrap().stream_name;
                request.expected = options.expected_stream_revision.unwrap();
            }
            Some(AppendContent::ProposedMessage(message)) => request.messages.push(message),
            None => {}
        }
    }
    Ok(request)
}
