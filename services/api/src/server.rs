//! The HTTP server: hyper itself rather than `axum::serve`, which has no limit on how long a
//! client may take to send its headers. HTTP/1 only: hyper-util's builder for both versions waits
//! without a limit for the first bytes, to tell which it is. WebSockets are HTTP/1 anyhow.

use crate::rules::Peer;
use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::util::MapRequest;

const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// How long open requests and sockets may take to end.
pub const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// Serves until `stop`, then lets open requests finish for five seconds.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut builder = Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN);
    let open = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: wait for some to come back.
                    tracing::warn!(%error, "accept failed");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        let with_peer = move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer.ip()));
            request
        };
        let service = TowerToHyperService::new(MapRequest::new(router.clone(), with_peer));
        let connection = builder
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let stop = stop.clone();
        open.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "connection ended");
            }
        });
    }
    drop(listener);
    open.close();
    if timeout(DRAIN_WITHIN, open.wait()).await.is_err() {
        tracing::info!("some connections were cut at the end");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpStream;

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_sends_nothing_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, Router::new(), stop.clone()));
        let mut silent = TcpStream::connect(address).await.unwrap();
        // The clock stands still but for timers: waiting costs no time.
        let mut answer = Vec::new();
        let end = timeout(HEADERS_WITHIN * 9, silent.read_to_end(&mut answer)).await;
        assert!(matches!(end, Ok(Ok(_))), "it is still open: {end:?}");
        stop.cancel();
        serving.await.unwrap();
    }
}
