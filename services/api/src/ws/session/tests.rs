#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::routing::get;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const OPENING: &str = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

async fn pour(mut socket: WebSocket, ended: mpsc::Sender<End>) {
    let picture = Bytes::from(vec![0; 64 * 1024]);
    loop {
        if let Err(end) = put(&mut socket, Message::Binary(picture.clone())).await {
            ended.send(end).await.unwrap();
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_never_reads_is_gone() {
    let (sender, mut ended) = mpsc::channel(1);
    let open = get(|upgrade: WebSocketUpgrade| async move {
        upgrade.on_upgrade(move |socket| pour(socket, sender))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", open);
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut viewer = TcpStream::connect(address).await.unwrap();
    viewer.write_all(OPENING.as_bytes()).await.unwrap();
    // The clock stands still but for timers: waiting costs no time.
    let end = timeout(TAKES_WITHIN * 9, ended.recv()).await;
    assert!(matches!(end, Ok(Some(End::Gone))), "it is still served");
    serving.abort();
}
