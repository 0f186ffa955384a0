//! A line between a bus and its database that breaks at a chosen moment.

use crate::harness::Database;
use commands::{CommandBus, LogConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Stands between a bus and its database, and can break the line after the next append.
pub struct Line {
    port: u16,
    state: Arc<State>,
    breaks: Break,
}

#[derive(Default)]
struct State {
    /// The next connection to send an append is broken.
    armed: AtomicBool,
    /// Ends what hangs.
    cut: Notify,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Break {
    /// When the append's answer has come from the server, and before the client has it.
    AfterCommit,
    /// When the append has gone to the server: nobody waits for the answer.
    BeforeCommit,
    /// When the append has gone to the server but for its end, the Sync that commits. The line
    /// hangs, and breaks when it is [cut](Line::cut).
    BeforeSync,
}

/// The message Sync: what ends an append, and what commits it.
const SYNC: &[u8] = b"S\0\0\0\x04";

impl Line {
    pub async fn to(server_port: u16, breaks: Break) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        tokio::spawn({
            let state = Arc::clone(&state);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = TcpStream::connect(("127.0.0.1", server_port))
                        .await
                        .unwrap();
                    tokio::spawn(carry(client, server, Arc::clone(&state), breaks));
                }
            }
        });
        Self {
            port,
            state,
            breaks,
        }
    }

    pub async fn bus(&self, db: &Database) -> CommandBus {
        let mut url: url::Url = db.url("relevo_api").parse().unwrap();
        url.set_port(Some(self.port)).unwrap();
        let url = format!("{url}?sslmode=disable");
        CommandBus::connect(&LogConfig::new(url)).await.unwrap()
    }

    /// Breaks with the next append that has `BREAKME` in it.
    pub fn arm(&self) {
        self.state.armed.store(true, Ordering::SeqCst);
    }

    /// Whether that append is still to come.
    pub fn is_armed(&self) -> bool {
        self.state.armed.load(Ordering::SeqCst)
    }

    /// Breaks what hangs.
    pub fn cut(&self) {
        assert!(self.breaks == Break::BeforeSync && !self.is_armed());
        self.state.cut.notify_one();
    }
}

/// Carries bytes both ways. An append is recognised by what the test put into it.
async fn carry(mut client: TcpStream, mut server: TcpStream, state: Arc<State>, breaks: Break) {
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut breaking = false;
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                let sent = &up[..count];
                if sent.windows(7).any(|w| w == b"BREAKME") && state.armed.swap(false, Ordering::SeqCst) {
                    breaking = true;
                }
                if breaking && breaks == Break::BeforeSync {
                    let executed = sent.strip_suffix(SYNC).expect("the append comes in one piece");
                    // So that the server does all of it now.
                    const FLUSH: &[u8] = b"H\0\0\0\x04";
                    server.write_all(&[executed, FLUSH].concat()).await.unwrap();
                    state.cut.notified().await;
                    return;
                }
                server.write_all(sent).await.unwrap();
                if breaking && breaks == Break::BeforeCommit {
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                // The answer to Sync, which comes after the commit, ends with ReadyForQuery.
                if breaking && down[..count].ends_with(b"Z\0\0\0\x05I") {
                    return;
                }
                if client.write_all(&down[..count]).await.is_err() { return }
            }
        }
    }
}
