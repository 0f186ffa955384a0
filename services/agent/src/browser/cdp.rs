//! One connection to Chromium's DevTools protocol.
//!
//! All tabs share it (flat sessions). Every call has a deadline; commands leave in the order they
//! were made; events never get lost for want of room; the end of the connection ends every wait.
//! Each command is recorded, and refused unsent while the agent's gate is closed.

use super::{BrowserError, By, Recorder};
use crate::clock::Deadline;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::sync::CancellationToken;

/// What Chromium tells unasked.
#[derive(Debug)]
pub(super) struct Event {
    pub session: Option<String>,
    pub method: String,
    pub params: Value,
}

/// Why a call gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection is gone.
    Lost,
    /// No reply in time.
    Late,
    /// The gate is closed: nothing was sent.
    Gated,
    /// The document or tab the command was for is gone.
    Moved,
    /// The element can't take it.
    Unfit(String),
    /// Chromium refused the command.
    Refused(String),
}

impl Fault {
    pub(super) fn into_error(self, what: &str) -> BrowserError {
        match self {
            Self::Lost => BrowserError::BrowserLost("the connection has ended".to_owned()),
            Self::Late | Self::Moved => BrowserError::Timeout {
                what: what.to_owned(),
            },
            Self::Gated => BrowserError::Gated,
            Self::Unfit(why) => BrowserError::NotActionable {
                what: what.to_owned(),
                why,
            },
            Self::Refused(why) => BrowserError::Unexpected(format!("{what}: {why}")),
        }
    }
}

pub(super) type Reply = Result<Value, Fault>;
/// Who waits for the reply to which command, and the tab it was for.
type Waiting = HashMap<u64, (Option<String>, oneshot::Sender<Reply>)>;

#[derive(Debug)]
pub(super) struct Cdp {
    out: mpsc::UnboundedSender<String>,
    waiting: Mutex<Waiting>,
    next: AtomicU64,
    gate_closed: AtomicBool,
    /// After this the gate is as good as closed.
    deadline: Mutex<Option<Deadline>>,
    pub recorder: Arc<Recorder>,
    /// Cancelled when the connection has ended.
    pub lost: CancellationToken,
}

/// A command on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// The tab; `None` for the browser itself.
    pub session: Option<&'a str>,
    pub method: &'a str,
    /// What the record adds to the method.
    pub note: &'a str,
    pub by: By,
    pub within: Duration,
}

impl<'a> Call<'a> {
    pub(super) fn new(session: Option<&'a str>, method: &'a str, by: By) -> Self {
        Self {
            session,
            method,
            note: "",
            by,
            within: Duration::from_secs(10),
        }
    }

    pub(super) fn note(self, note: &'a str) -> Self {
        Self { note, ..self }
    }

    pub(super) fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }
}

impl Cdp {
    pub(super) fn new(out: mpsc::UnboundedSender<String>) -> Self {
        Self {
            out,
            waiting: Mutex::default(),
            next: AtomicU64::new(1),
            gate_closed: AtomicBool::new(false),
            deadline: Mutex::default(),
            recorder: Arc::default(),
            lost: CancellationToken::new(),
        }
    }

    /// Connects to `url` (`ws://127.0.0.1:…/devtools/browser/…`); events go to the receiver.
    pub(super) async fn connect(
        url: &str,
    ) -> Result<(Arc<Self>, mpsc::UnboundedReceiver<Event>), BrowserError> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(128 << 20))
            .max_frame_size(Some(128 << 20));
        let connecting = tokio_tungstenite::connect_async_with_config(url, Some(config), true);
        let (socket, _) = tokio::time::timeout(Duration::from_secs(10), connecting)
            .await
            .map_err(|_| BrowserError::Start("Chromium's protocol port is silent".to_owned()))?
            .map_err(|e| BrowserError::Start(format!("no protocol connection: {e}")))?;
        let (mut sink, mut stream) = socket.split();
        let (out, mut queue) = mpsc::unbounded_channel::<String>();
        let (events, receiver) = mpsc::unbounded_channel();
        let cdp = Arc::new(Self::new(out));
        let lost = cdp.lost.clone();
        tokio::spawn(async move {
            loop {
                let text = tokio::select! {
                    text = queue.recv() => text,
                    () = lost.cancelled() => None,
                };
                let Some(text) = text else { break };
                if sink.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
            lost.cancel();
        });
        let reader = Arc::clone(&cdp);
        tokio::spawn(async move {
            loop {
                let message = tokio::select! {
                    message = stream.next() => message,
                    () = reader.lost.cancelled() => None,
                };
                match message {
                    Some(Ok(Message::Text(text))) => reader.take(text.as_str(), &events),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => {}
                }
            }
            reader.lost.cancel();
            reader.waiting().clear();
        });
        Ok((cdp, receiver))
    }

    /// Sends a command and waits for its result.
    pub(super) async fn call(&self, call: Call<'_>, params: Value) -> Reply {
        self.admit(call)?;
        self.ask(call, params).await
    }

    /// Sends several commands as one: all leave, or, while the gate is closed, none of them. Waits
    /// for the last one's result.
    pub(super) async fn call_all<const N: usize>(&self, call: Call<'_>, all: [Value; N]) -> Reply {
        self.admit(call)?;
        let mut all = all.into_iter().peekable();
        while let Some(params) = all.next() {
            if all.peek().is_none() {
                return self.ask(call, params).await;
            }
            self.put(call, &params, None)?;
        }
        Ok(Value::Null)
    }

    async fn ask(&self, call: Call<'_>, params: Value) -> Reply {
        let (sender, receiver) = oneshot::channel();
        let id = self.put(call, &params, Some(sender))?;
        let answer = tokio::select! {
            answer = tokio::time::timeout(call.within, receiver) => answer,
            () = self.lost.cancelled() => return Err(Fault::Lost),
        };
        match answer {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => Err(Fault::Lost),
            Err(_) => {
                self.waiting().remove(&id);
                Err(Fault::Late)
            }
        }
    }

    /// Sends a command and doesn't wait; what is sent later arrives later.
    pub(super) fn post(&self, call: Call<'_>, params: Value) -> Result<(), Fault> {
        self.admit(call)?;
        self.put(call, &params, None).map(|_| ())
    }

    /// Sends a command whose result may be waited for later.
    pub(super) fn begin(
        &self,
        call: Call<'_>,
        params: &Value,
    ) -> Result<oneshot::Receiver<Reply>, Fault> {
        self.admit(call)?;
        let (sender, receiver) = oneshot::channel();
        self.put(call, params, Some(sender))?;
        Ok(receiver)
    }

    pub(super) fn set_gate(&self, closed: bool) {
        self.gate_closed.store(closed, Ordering::SeqCst);
    }

    pub(super) fn set_deadline(&self, deadline: Option<Deadline>) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    pub(super) fn gate_is_closed(&self) -> bool {
        let deadline = self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        self.gate_closed.load(Ordering::SeqCst) || deadline.is_some_and(|d| d.is_over())
    }

    /// The last look before something leaves.
    fn admit(&self, call: Call<'_>) -> Result<(), Fault> {
        if call.by == By::Agent && self.gate_is_closed() {
            return Err(Fault::Gated);
        }
        if self.lost.is_cancelled() {
            return Err(Fault::Lost);
        }
        Ok(())
    }

    fn put(
        &self,
        call: Call<'_>,
        params: &Value,
        reply: Option<oneshot::Sender<Reply>>,
    ) -> Result<u64, Fault> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({"id": id, "method": call.method, "params": params});
        if let Some(session) = call.session {
            message["sessionId"] = session.into();
        }
        if let Some(reply) = reply {
            let tab = call.session.map(str::to_owned);
            self.waiting().insert(id, (tab, reply));
        }
        if call.note.is_empty() {
            self.recorder.note(call.method, call.by);
        } else {
            let what = format!("{} {}", call.method, call.note);
            self.recorder.note(&what, call.by);
        }
        self.out
            .send(message.to_string())
            .map_err(|_| Fault::Lost)?;
        Ok(id)
    }

    fn take(&self, text: &str, events: &mpsc::UnboundedSender<Event>) {
        let Ok(mut message) = serde_json::from_str::<Value>(text) else {
            return;
        };
        if let Some(id) = message["id"].as_u64() {
            let Some((_, waiter)) = self.waiting().remove(&id) else {
                return;
            };
            let reply = match message.get("error") {
                Some(error) => Err(refusal(error)),
                None => Ok(message["result"].take()),
            };
            // Nobody waits any more: too late.
            waiter.send(reply).ok();
        } else if let Some(method) = message["method"].as_str() {
            if method == "Target.detachedFromTarget" {
                self.tab_is_gone(message["params"]["sessionId"].as_str());
            }
            let event = Event {
                session: message["sessionId"].as_str().map(str::to_owned),
                method: method.to_owned(),
                params: message["params"].take(),
            };
            // Fails only while the browser is being closed.
            events.send(event).ok();
        }
    }

    /// A tab that is gone answers nothing any more.
    fn tab_is_gone(&self, session: Option<&str>) {
        let gone = self
            .waiting()
            .extract_if(|_, (tab, _)| tab.is_some() && tab.as_deref() == session)
            .collect::<Vec<_>>();
        for (_, (_, waiter)) in gone {
            waiter.send(Err(Fault::Moved)).ok();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(error: &Value) -> Fault {
    let message = error["message"].as_str().unwrap_or("refused");
    let gone = [
        "Cannot find context",
        "context was destroyed",
        "context with specified id",
        "uniqueContextId not found",
        "navigated or closed",
        "Session with given id not found",
        "No target with given id",
        "Not attached to an active page",
        "Target closed",
    ];
    if gone.iter().any(|g| message.contains(g)) {
        Fault::Moved
    } else {
        Fault::Refused(message.chars().take(200).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gate closes as soon as the first of the three has left.
    #[tokio::test]
    async fn a_click_leaves_whole_or_not_at_all() {
        let (out, mut sent) = mpsc::unbounded_channel();
        let cdp = Arc::new(Cdp::new(out));
        let click = |cdp: Arc<Cdp>| {
            tokio::spawn(async move {
                let call = Call::new(None, "Input.dispatchMouseEvent", By::Agent);
                cdp.call_all(call, [json!(1), json!(2), json!(3)]).await
            })
        };
        let whole = click(Arc::clone(&cdp));
        for part in 1..=3 {
            let message: Value = serde_json::from_str(&sent.recv().await.unwrap()).unwrap();
            assert_eq!(message["params"], part);
            cdp.set_gate(true);
        }
        cdp.lost.cancel();
        assert_eq!(whole.await.unwrap(), Err(Fault::Lost));
        assert_eq!(click(Arc::clone(&cdp)).await.unwrap(), Err(Fault::Gated));
        assert!(sent.try_recv().is_err(), "nothing left");
    }
}
