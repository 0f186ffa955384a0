//! A small store that speaks S3, **for tests only**: one bucket in memory, on loopback. It knows what
//! Relevo uses – files, parts, listings, files that must not be there yet – checks the signature of
//! every request (Signature Version 4) and the hash of its body, and fails when told to.

mod bucket;
mod faults;
mod listing;
mod parts;
mod signature;

pub use faults::Fault;
pub use hyper::Method;

use anyhow::Result;
use bucket::Bucket;
use bytes::Bytes;
use chrono::Utc;
use faults::Faults;
use futures::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The only bucket.
pub const BUCKET: &str = "relevo-files";
/// Any other one is refused.
pub const REGION: &str = "mx-central-1";
/// Who may do everything.
pub const ACCESS_KEY_ID: &str = "AKIDRELEVO";
/// Its secret.
pub const SECRET_ACCESS_KEY: &str = "a+secret/of the tests";

type Answer = Response<UnsyncBoxBody<Bytes, std::io::Error>>;

/// The running store; ends when it is dropped.
#[derive(Debug)]
pub struct S3Server {
    port: u16,
    shelf: Arc<Shelf>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shelf {
    bucket: Mutex<Bucket>,
    faults: Faults,
}

/// A request whose body has come.
struct Asked {
    method: Method,
    /// As it was sent.
    key: String,
    query: Vec<(String, String)>,
    parts: hyper::http::request::Parts,
    body: Bytes,
    /// Whether `start-after` is not minded.
    from_the_start: bool,
}

impl Asked {
    fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }
}

impl S3Server {
    /// Starts one with an empty bucket, on any port.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        let shelf = Arc::new(Shelf::default());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let task = tokio::spawn(listen(listener, Arc::clone(&shelf)));
        Ok(Self { port, shelf, task })
    }

    /// `http://127.0.0.1:port`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Fails the next requests of a method so many times, before those that were told before.
    pub fn fail(&self, method: Method, times: usize, fault: Fault) {
        self.shelf.faults.add(method, times, fault);
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        self.shelf.faults.clear();
    }

    /// How many requests are still to fail.
    #[must_use]
    pub fn failures_to_come(&self) -> usize {
        self.shelf.faults.left()
    }

    /// The files' names, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.bucket().files.keys().cloned().collect()
    }

    /// A file's content.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<Bytes> {
        self.bucket().files.get(name).cloned()
    }

    /// Puts a file there, past all checks.
    pub fn put(&self, name: &str, content: impl Into<Bytes>) {
        let mut bucket = self.bucket();
        bucket.files.insert(name.to_owned(), content.into());
    }

    /// Takes a file away, past all checks.
    pub fn remove(&self, name: &str) {
        self.bucket().files.remove(name);
    }

    /// How many uploads in parts are neither finished nor aborted.
    #[must_use]
    pub fn open_uploads(&self) -> usize {
        self.bucket().uploads.len()
    }

    fn bucket(&self) -> std::sync::MutexGuard<'_, Bucket> {
        self.shelf.bucket.lock().expect("no holder panics")
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, shelf: Arc<Shelf>) {
    // Dropped with this task, and its connections with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&shelf)));
    }
}

async fn serve(stream: TcpStream, shelf: Arc<Shelf>) {
    let service = service_fn(move |request| {
        let shelf = Arc::clone(&shelf);
        async move { shelf.answer(request).await }
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!("a connection to the store ended: {error}");
    }
}

impl Shelf {
    /// An error ends the connection without an answer.
    async fn answer(&self, request: Request<Incoming>) -> std::io::Result<Answer> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(std::io::Error::other)?;
        let mut asked = ask(parts, body.to_bytes());
        match self.faults.next(&asked.method) {
            None => Ok(self.done(&asked)),
            Some(Fault::Status(status)) => Ok(refusal(status, "Told")),
            Some(Fault::NoAnswer) => Err(cut()),
            Some(Fault::DoneWithoutAnswer) => {
                self.done(&asked);
                Err(cut())
            }
            Some(Fault::FromTheStart) => {
                asked.from_the_start = true;
                Ok(self.done(&asked))
            }
            Some(Fault::HalfAnAnswer) => half(self.done(&asked)).await,
            Some(Fault::Late(time)) => {
                tokio::time::sleep(time).await;
                Ok(self.done(&asked))
            }
        }
    }

    fn done(&self, asked: &Asked) -> Answer {
        if let Err(code) = signature::check(asked, Utc::now()) {
            return refusal(403, code);
        }
        let Some(key) = key_in_bucket(&asked.key) else {
            return refusal(404, "NoSuchBucket");
        };
        let mut bucket = self.bucket.lock().expect("no holder panics");
        bucket.answer(&key, asked)
    }
}

fn ask(parts: hyper::http::request::Parts, body: Bytes) -> Asked {
    let url = format!("http://store{}", parts.uri);
    let query = url::Url::parse(&url).map(|url| url.query_pairs().into_owned().collect());
    Asked {
        method: parts.method.clone(),
        key: parts.uri.path().to_owned(),
        query: query.unwrap_or_default(),
        parts,
        body,
        from_the_start: false,
    }
}

/// The key of a path; empty for the bucket itself.
fn key_in_bucket(path: &str) -> Option<String> {
    let path = path.strip_prefix('/')?.strip_prefix(BUCKET)?;
    if !path.is_empty() && !path.starts_with('/') {
        return None;
    }
    signature::decoded(path.trim_start_matches('/'))
}

fn reply(status: u16, headers: &[(&str, &str)], content: impl Into<Bytes>) -> Answer {
    let mut answer = Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    let body = Full::new(content.into()).map_err(|never| match never {});
    answer.body(body.boxed_unsync()).expect("plain headers")
}

fn refusal(status: u16, code: &str) -> Answer {
    let xml = format!("<Error><Code>{code}</Code></Error>");
    reply(status, &[("content-type", "application/xml")], xml)
}

fn cut() -> std::io::Error {
    std::io::Error::other("cut, as told")
}

/// The answer's head and the first half of its body, and then the connection ends.
async fn half(answer: Answer) -> std::io::Result<Answer> {
    let (mut head, body) = answer.into_parts();
    if head.status != StatusCode::OK && head.status != StatusCode::PARTIAL_CONTENT {
        return Err(cut());
    }
    let whole = body.collect().await?.to_bytes();
    head.headers.insert("content-length", whole.len().into());
    let first = Frame::data(whole.slice(..whole.len() / 2));
    let pieces = StreamBody::new(stream::iter([Ok(first), Err(cut())]));
    Ok(Response::from_parts(head, pieces.boxed_unsync()))
}
