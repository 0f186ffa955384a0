//! One open socket.

use super::control::{Throttle, admit, held_by};
use super::signed_in;
use crate::auth::Caller;
use crate::state::AppState;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use commands::{StoredEvent, public_events};
use domain::TaskId;
use domain::task::Task;
use futures::{FutureExt, Stream, StreamExt};
use kit::live::{LiveDemand, LiveInput, LiveReady, LiveSeal};
use kit::subjects;
use schemas::ws::{ClientFrame, Input, ServerFrame};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use uuid::Uuid;

const PING_EVERY: Duration = Duration::from_secs(20);
/// What tells the page that its feed lives: a browser hides pings from it.
const BEAT_EVERY: Duration = Duration::from_secs(3);
const SILENT_AT_MOST: Duration = Duration::from_secs(60);
/// A viewer that takes nothing for so long is gone: what waits for it must not pile up.
const TAKES_WITHIN: Duration = Duration::from_secs(10);
/// How long a viewer may take to hear why the socket ends.
const CLOSES_WITHIN: Duration = Duration::from_secs(1);
const DEMAND_EVERY: Duration = Duration::from_secs(2);
const PAGE_EVENTS: usize = 500;

/// Close codes of our own.
const TOO_FAST: u16 = 4008;
const SIGNED_OUT: u16 = 4401;
/// The account, or the task's profile, was erased.
const ERASED: u16 = 4410;
/// An event this program can't read, since a newer one wrote it: another node may.
const UNREADABLE: u16 = 4503;

/// Why a socket ends.
enum End {
    Gone,
    Closed(u16, &'static str),
    Fault(anyhow::Error),
}

const GOING_AWAY: End = End::Closed(1001, "going away");

impl From<axum::Error> for End {
    fn from(_: axum::Error) -> Self {
        Self::Gone
    }
}

impl From<anyhow::Error> for End {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

type Messages = Pin<Box<dyn Stream<Item = async_nats::Message> + Send>>;

/// A viewer of one task.
pub struct Session {
    state: AppState,
    caller: Caller,
    id: TaskId,
    /// The task as of `sent`.
    task: Task,
    /// The last sequence folded into `task`.
    sent: u64,
    /// What the client has: events up to here are folded but not sent.
    after: u64,
    live: bool,
    /// This socket, for the agent.
    socket: Uuid,
    /// Actions passed on.
    passed: u64,
    ready_sent: Option<u64>,
    newest: Option<Bytes>,
    in_flight: bool,
    heard: Instant,
}

impl Session {
    /// A viewer that has the events up to `after`.
    pub fn new(state: AppState, caller: Caller, id: TaskId, after: u64, live: bool) -> Self {
        Self {
            state,
            caller,
            id,
            task: Task::default(),
            sent: 0,
            after,
            live,
            socket: Uuid::now_v7(),
            passed: 0,
            ready_sent: None,
            newest: None,
            in_flight: false,
            heard: Instant::now(),
        }
    }

    /// Serves the socket until it ends.
    pub async fn run(mut self, mut socket: WebSocket) {
        let signed_out = signed_in::ended(self.state.clone(), self.caller.via.clone());
        let ended = tokio::select! {
            ended = self.serve(&mut socket) => ended,
            () = signed_out => Err(End::Closed(SIGNED_OUT, "signed out")),
        };
        let close = match ended {
            Ok(()) | Err(End::Gone) => return,
            Err(End::Closed(code, reason)) => (code, reason),
            Err(End::Fault(error)) => {
                tracing::warn!(%error, task = %self.id, "socket ended by a fault");
                (1011, "internal")
            }
        };
        let frame = CloseFrame {
            code: close.0,
            reason: close.1.into(),
        };
        // The client may be gone already, or take nothing.
        let _ = timeout(CLOSES_WITHIN, socket.send(Message::Close(Some(frame)))).await;
    }

    async fn serve(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        // Subscribe first, replay then: what comes in between is buffered, and dropped if known.
        let mut events = self.state.fanout.listen();
        let mut frames = self
            .subscribe(self.live, subjects::live_frame(self.id))
            .await;
        let mut ready = self.subscribe(true, subjects::live_ready(self.id)).await;
        self.catch_up(socket).await?;
        let sequence = self.sent;
        send(socket, &ServerFrame::CaughtUp { sequence }).await?;
        self.demand(true).await;
        let mut demand = interval(DEMAND_EVERY);
        demand.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut ping = interval(PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut beat = interval(BEAT_EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut throttle = Throttle::new();
        let stop = self.state.stop.clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => return Err(GOING_AWAY),
                event = events.recv() => match event {
                    Ok(event) => self.event(socket, &event).await?,
                    Err(RecvError::Lagged(_)) => self.catch_up(socket).await?,
                    Err(RecvError::Closed) => return Err(GOING_AWAY),
                },
                Some(message) = frames.next() => {
                    self.newest = Some(message.payload);
                    // Of those that came while a send was waiting, only the last one counts.
                    while let Some(Some(message)) = frames.next().now_or_never() {
                        self.newest = Some(message.payload);
                    }
                    self.picture(socket).await?;
                }
                Some(message) = ready.next() => self.ready(socket, &message.payload).await?,
                message = socket.recv() => {
                    let Some(message) = message else { return Ok(()) };
                    self.heard = Instant::now();
                    if !throttle.admits() {
                        return Err(End::Closed(TOO_FAST, "too many messages"));
                    }
                    self.message(socket, message?).await?;
                }
                _ = demand.tick() => {
                    self.not_erased().await?;
                    self.demand(false).await;
                    self.beat().await;
                }
                _ = beat.tick() => {
                    let now = self.state.bus.now().timestamp_millis();
                    let at_ms = u64::try_from(now).unwrap_or_default();
                    send(socket, &ServerFrame::Beat { at_ms }).await?;
                }
                _ = ping.tick() => {
                    if self.heard.elapsed() > SILENT_AT_MOST {
                        return Err(End::Gone);
                    }
                    put(socket, Message::Ping(Bytes::new())).await?;
                }
            }
        }
    }

    /// A core NATS subscription, or silence when unwanted or NATS is gone: pictures are a view,
    /// never the truth.
    async fn subscribe(&self, wanted: bool, subject: String) -> Messages {
        if wanted {
            match self.state.nats.subscribe(subject).await {
                Ok(messages) => return Box::pin(messages.chain(futures::stream::pending())),
                Err(error) => tracing::warn!(%error, "no live messages"),
            }
        }
        Box::pin(futures::stream::pending())
    }

    /// Sends what the log has beyond `sent`.
    async fn catch_up(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        loop {
            let id = self.id.to_string();
            let page = self
                .state
                .bus
                .log()
                .read_stream("task", &id, self.sent)
                .await
                .map_err(anyhow::Error::from)?;
            if page.is_empty() {
                return Ok(());
            }
            for event in page.iter().take(PAGE_EVENTS) {
                self.send_event(socket, event).await?;
            }
        }
    }

    async fn event(&mut self, socket: &mut WebSocket, event: &Arc<StoredEvent>) -> Result<(), End> {
        if event.aggregate_type != "task" || event.aggregate_id != self.id.to_string() {
            return Ok(());
        }
        match event.sequence {
            known if known <= self.sent => Ok(()),
            next if next == self.sent + 1 => self.send_event(socket, event).await,
            _ => self.catch_up(socket).await,
        }
    }

    async fn send_event(&mut self, socket: &mut WebSocket, event: &StoredEvent) -> Result<(), End> {
        match event.task_event() {
            Ok(decoded) => self.task.fold(&decoded),
            // To go on without it would show, and let people control, what is not so.
            Err(error) => {
                tracing::error!(%error, position = event.position, "an event can't be read");
                return Err(End::Closed(UNREADABLE, "an event that can't be read"));
            }
        }
        self.sent = event.sequence;
        if event.sequence > self.after {
            for public in public_events(event) {
                send(socket, &ServerFrame::Event(public)).await?;
            }
        }
        Ok(())
    }

    async fn message(&mut self, socket: &mut WebSocket, message: Message) -> Result<(), End> {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return Err(End::Gone),
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Binary(_) => return Err(End::Closed(1003, "text only")),
        };
        match serde_json::from_str::<ClientFrame>(&text) {
            Ok(ClientFrame::FrameAck { .. }) => {
                self.in_flight = false;
                self.picture(socket).await
            }
            Ok(ClientFrame::Input {
                control_epoch,
                input,
            }) => match admit(&self.task, self.caller.user, control_epoch, &input) {
                Ok(()) => {
                    self.pass(control_epoch, input).await;
                    Ok(())
                }
                Err(code) => refuse(socket, code).await,
            },
            Err(_) => refuse(socket, "malformed-message").await,
        }
    }

    /// Sends the newest picture, at most one in flight: a stalled viewer resumes on now.
    async fn picture(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        if self.in_flight {
            return Ok(());
        }
        let (Some(sealed), Some(seal)) = (self.newest.take(), self.seal()) else {
            return Ok(());
        };
        match seal.open_frame(&sealed).await {
            Ok(picture) => {
                self.in_flight = true;
                put(socket, Message::Binary(picture)).await
            }
            Err(error) => {
                tracing::warn!(task = %self.id, %error, "a picture that doesn't open");
                Ok(())
            }
        }
    }

    /// Passes a human's action on to the agent.
    async fn pass(&mut self, control_epoch: u64, input: Input) {
        let Some(seal) = self.seal() else { return };
        self.passed += 1;
        let input = LiveInput {
            user: self.caller.user,
            control_epoch,
            socket: self.socket,
            number: self.passed,
            input,
        };
        match seal.seal_input(&input).await {
            Ok(sealed) => {
                let subject = subjects::live_input(self.id);
                kit::nats::say(&self.state.nats, subject, sealed).await;
            }
            Err(error) => tracing::warn!(task = %self.id, %error, "input is not sealed"),
        }
    }

    /// Under the owner's key; `None` before the task is known.
    fn seal(&self) -> Option<LiveSeal> {
        let owner = self.task.owner()?;
        Some(LiveSeal::new(self.state.vault.clone(), owner, self.id))
    }

    /// Tells the holder, once per epoch, that the agent has stopped.
    async fn ready(&mut self, socket: &mut WebSocket, payload: &[u8]) -> Result<(), End> {
        let Ok(LiveReady { control_epoch }) = serde_json::from_slice(payload) else {
            return Ok(());
        };
        if self.ready_sent == Some(control_epoch) {
            return Ok(());
        }
        if held_by(&self.task, self.caller.user) != Some(control_epoch) {
            self.catch_up(socket).await?;
        }
        if held_by(&self.task, self.caller.user) == Some(control_epoch) {
            self.ready_sent = Some(control_epoch);
            send(socket, &ServerFrame::ControlReady { control_epoch }).await?;
        }
        Ok(())
    }

    /// While the database is away nothing can be erased either.
    async fn not_erased(&self) -> Result<(), End> {
        let erased = self.state.erasures.of(self.caller.user).await;
        match (erased, self.task.profile()) {
            (Ok(erased), Some(profile)) if erased.covers(profile) => {
                Err(End::Closed(ERASED, "erased"))
            }
            _ => Ok(()),
        }
    }

    async fn demand(&self, fresh: bool) {
        let wanted = self.live || held_by(&self.task, self.caller.user).is_some();
        if wanted && !self.task.status.is_finished() {
            self.publish(subjects::live_demand(self.id), &LiveDemand { fresh })
                .await;
        }
    }

    /// While the holder's socket is open, their control does not lapse.
    async fn beat(&self) {
        if let Some(epoch) = held_by(&self.task, self.caller.user) {
            self.state.control_beats.stamp(self.id, epoch).await;
        }
    }

    async fn publish(&self, subject: String, message: &impl serde::Serialize) {
        if let Ok(payload) = serde_json::to_vec(message) {
            kit::nats::say(&self.state.nats, subject, payload.into()).await;
        }
    }
}

async fn send(socket: &mut WebSocket, frame: &ServerFrame) -> Result<(), End> {
    let text = serde_json::to_string(frame).map_err(anyhow::Error::from)?;
    put(socket, Message::Text(text.into())).await
}

/// The one way out: every message has its deadline.
async fn put(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    let sent = timeout(TAKES_WITHIN, socket.send(message)).await;
    Ok(sent.map_err(|_| End::Gone)??)
}

async fn refuse(socket: &mut WebSocket, code: &str) -> Result<(), End> {
    let code = code.to_owned();
    send(socket, &ServerFrame::InputRefused { code }).await
}

#[cfg(test)]
mod tests;
