//! The task's socket in the browser: carries out what [`Link`] decides.

use super::link::{Act, Connection, Link};
use crate::browser;
use domain::TaskId;
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use js_sys::{ArrayBuffer, Date, Math};
use schemas::PublicEvent;
use schemas::ws::{ClientFrame, ServerFrame};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};
use yew::Callback;

/// How often time is looked at.
const TICK_MS: u32 = 250;

/// What the feed tells the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The next events: many at once when some were missed.
    Events(Vec<PublicEvent>),
    /// The agent has stopped under that control epoch.
    Ready(u64),
    Refused(String),
    Connection(Connection),
    /// A socket was not opened: whether there is such a task a plain call tells.
    AskWhy,
    SignedOut,
}

/// The feed of one task; ends when it is dropped.
pub struct Feed {
    inner: Rc<Inner>,
    _tick: Interval,
    _listeners: Vec<EventListener>,
}

struct Inner {
    id: TaskId,
    link: RefCell<Link>,
    socket: RefCell<Option<Socket>>,
    /// Events that were missed, until all are here.
    missed: RefCell<Vec<PublicEvent>>,
    caught_up: Cell<bool>,
    said: Cell<Option<Connection>>,
    /// The server's clock less ours.
    ahead_ms: Cell<Option<f64>>,
    told: Callback<Told>,
    pictures: Callback<ArrayBuffer>,
}

/// Now, in Unix milliseconds by the browser's clock.
pub fn now_ms() -> u64 {
    Date::now() as u64
}

impl Feed {
    /// Opens the socket and keeps it open.
    pub fn start(id: TaskId, told: Callback<Told>, pictures: Callback<ArrayBuffer>) -> Self {
        let (link, acts) = Link::start(now_ms());
        let inner = Rc::new(Inner {
            id,
            link: RefCell::new(link),
            socket: RefCell::new(None),
            missed: RefCell::default(),
            caught_up: Cell::new(false),
            said: Cell::new(None),
            ahead_ms: Cell::new(None),
            told,
            pictures,
        });
        inner.act(acts);
        let ticking = Rc::downgrade(&inner);
        let tick = Interval::new(TICK_MS, move || with(&ticking, |inner| inner.tick()));
        let mut listeners = Vec::new();
        if let Some(window) = browser::window() {
            for event in ["online", "focus", "pageshow"] {
                let weak = Rc::downgrade(&inner);
                let wake = move |_: &web_sys::Event| with(&weak, |inner| inner.wake());
                listeners.push(EventListener::new(&window, event, wake));
            }
        }
        if let Some(document) = browser::document() {
            let weak = Rc::downgrade(&inner);
            let wake = move |_: &web_sys::Event| with(&weak, |inner| inner.wake());
            listeners.push(EventListener::new(&document, "visibilitychange", wake));
        }
        Self {
            inner,
            _tick: tick,
            _listeners: listeners,
        }
    }

    /// Sends, if the socket is open. Input that can't be sent is gone: it belongs to what was seen.
    pub fn send(&self, frame: &ClientFrame) -> bool {
        let open = self.inner.link.borrow().is_open();
        let socket = self.inner.socket.borrow();
        match (open, &*socket, serde_json::to_string(frame)) {
            (true, Some(socket), Ok(text)) => socket.ws.send_with_str(&text).is_ok(),
            _ => false,
        }
    }

    /// Now, in Unix milliseconds by the server's clock.
    pub fn server_now_ms(&self) -> u64 {
        (Date::now() + self.inner.ahead_ms.get().unwrap_or(0.0)) as u64
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.inner.socket.take();
    }
}

fn with(weak: &Weak<Inner>, f: impl FnOnce(&Rc<Inner>)) {
    if let Some(inner) = weak.upgrade() {
        f(&inner);
    }
}

impl Inner {
    fn tick(self: &Rc<Self>) {
        let acts = self.link.borrow_mut().tick(now_ms(), Math::random());
        self.act(acts);
    }

    fn wake(self: &Rc<Self>) {
        if browser::is_visible() {
            let acts = self.link.borrow_mut().wake(now_ms());
            self.act(acts);
        }
    }

    fn act(self: &Rc<Self>, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Open { after } => self.open(after),
                Act::Drop => self.replace(None),
                Act::Deliver(event) if self.caught_up.get() => {
                    self.told.emit(Told::Events(vec![*event]));
                }
                Act::Deliver(event) => self.missed.borrow_mut().push(*event),
                Act::CaughtUp => {
                    self.caught_up.set(true);
                    self.told.emit(Told::Events(self.missed.take()));
                }
                Act::Ready(epoch) => self.told.emit(Told::Ready(epoch)),
                Act::Refused(code) => self.told.emit(Told::Refused(code)),
                Act::Clock(at_ms) => {
                    // The message that was under way for the shortest time tells best.
                    let ahead = at_ms as f64 - Date::now();
                    let best = self.ahead_ms.get().map_or(ahead, |known| known.max(ahead));
                    self.ahead_ms.set(Some(best));
                }
                Act::AskWhy => self.told.emit(Told::AskWhy),
                Act::SignedOut => self.told.emit(Told::SignedOut),
            }
        }
        self.say();
    }

    /// Tells how the feed is, when that changes.
    fn say(&self) {
        let connection = self.link.borrow().connection(now_ms());
        if self.said.replace(Some(connection)) != Some(connection) {
            self.told.emit(Told::Connection(connection));
        }
    }

    fn open(self: &Rc<Self>, after: u64) {
        self.caught_up.set(false);
        self.ahead_ms.set(None);
        let socket = address(self.id, after).and_then(|url| Socket::open(&url, self));
        self.replace(socket);
    }

    /// The old socket may be the one whose event is being handled: it goes when that is over.
    fn replace(&self, socket: Option<Socket>) {
        let old = std::mem::replace(&mut *self.socket.borrow_mut(), socket);
        if let Some(old) = old {
            old.quiet.set(true);
            spawn_local(async move { drop(old) });
        }
    }

    fn message(self: &Rc<Self>, event: &MessageEvent) {
        let data = event.data();
        if let Some(text) = data.as_string() {
            // A frame of a newer server is a sign of life all the same.
            let acts = match serde_json::from_str::<ServerFrame>(&text) {
                Ok(frame) => self.link.borrow_mut().frame(now_ms(), frame),
                Err(_) => {
                    self.link.borrow_mut().heard(now_ms());
                    vec![]
                }
            };
            self.act(acts);
        } else if let Ok(picture) = data.dyn_into::<ArrayBuffer>() {
            self.link.borrow_mut().heard(now_ms());
            self.pictures.emit(picture);
        }
    }
}

/// `/ws/{task}` on the page's own origin.
fn address(id: TaskId, after: u64) -> Option<String> {
    let location = browser::window()?.location();
    let scheme = match location.protocol().ok()?.as_str() {
        "https:" => "wss",
        _ => "ws",
    };
    let host = location.host().ok()?;
    Some(format!("{scheme}://{host}/ws/{id}?after={after}&live=true"))
}

struct Socket {
    ws: WebSocket,
    /// Replaced: what it still says doesn't count.
    quiet: Rc<Cell<bool>>,
    _listeners: [EventListener; 3],
}

impl Socket {
    fn open(url: &str, inner: &Rc<Inner>) -> Option<Self> {
        let ws = WebSocket::new(url).ok()?;
        ws.set_binary_type(BinaryType::Arraybuffer);
        let quiet = Rc::new(Cell::new(false));
        let on = |event: &'static str, f: fn(&Rc<Inner>, &web_sys::Event)| {
            let (weak, quiet) = (Rc::downgrade(inner), quiet.clone());
            EventListener::new(&ws, event, move |event| {
                if !quiet.get() {
                    with(&weak, |inner| f(inner, event));
                }
            })
        };
        let listeners = [
            on("open", |inner, _| {
                inner.link.borrow_mut().opened(now_ms());
                inner.say();
            }),
            on("message", |inner, event| {
                if let Some(event) = event.dyn_ref::<MessageEvent>() {
                    inner.message(event);
                }
            }),
            on("close", |inner, event| {
                let code = event.dyn_ref::<CloseEvent>().map_or(1006, CloseEvent::code);
                let mut link = inner.link.borrow_mut();
                let acts = link.closed(now_ms(), code, Math::random());
                drop(link);
                inner.act(acts);
            }),
        ];
        Some(Self {
            ws,
            quiet,
            _listeners: listeners,
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.ws.close();
    }
}
