//! The socket's state machine: what to do when something comes, goes quiet, breaks or wakes up.
//! Pure: times are arguments, effects are [`Act`]s.
//!
//! No event is lost and none is taken twice: a new socket asks for what follows the event before
//! the last one (an event may be told in two parts under one sequence), what is known is dropped,
//! and a gap is asked for again.

use schemas::PublicEvent;
use schemas::ws::ServerFrame;

/// A feed that says nothing for so long is lost. The server beats every 3 s.
const SILENT_MS: u64 = 8_000;
/// A socket that doesn't open for so long never will.
const OPENS_WITHIN_MS: u64 = 8_000;
const FIRST_WAIT_MS: u64 = 500;
const LONGEST_WAIT_MS: u64 = 15_000;
/// The session has ended (a close code of the server's own).
const SIGNED_OUT: u16 = 4401;
/// What the task was about has been erased.
const ERASED: u16 = 4410;

/// What the socket's owner must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Drop the socket there is, and open one that sends what follows `after`.
    Open {
        after: u64,
    },
    /// Drop the socket.
    Drop,
    Deliver(Box<PublicEvent>),
    /// All that was missed has been delivered.
    CaughtUp,
    /// The agent has stopped under that control epoch.
    Ready(u64),
    Refused(String),
    /// The server's clock says so now.
    Clock(u64),
    /// A socket was refused or broke before it was open: ask by a plain call why.
    AskWhy,
    SignedOut,
}

/// What the page says of its feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    Connecting,
    /// Open, and all that was missed is here.
    Live,
    /// Lost; the next try in so many seconds (0: under way).
    Lost {
        retry_in_s: u64,
    },
    SignedOut,
    /// There will never be anything more.
    Erased,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Opening { since_ms: u64 },
    Open,
    Waiting { until_ms: u64 },
    Ended,
    Erased,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Link {
    phase: Phase,
    heard_ms: u64,
    /// The last sequence delivered, and under which names.
    last: u64,
    names: Vec<String>,
    /// Tries since the feed last was whole.
    tries: u32,
    caught_up: bool,
    /// Whether the feed was whole once.
    was_live: bool,
    /// After which sequence a gap was seen and asked for again.
    gap_after: Option<u64>,
}

impl Link {
    /// Starts with nothing known.
    pub fn start(now_ms: u64) -> (Self, Vec<Act>) {
        let mut link = Self {
            phase: Phase::Ended,
            heard_ms: now_ms,
            last: 0,
            names: Vec::new(),
            tries: 0,
            caught_up: false,
            was_live: false,
            gap_after: None,
        };
        let open = link.open(now_ms);
        (link, vec![open])
    }

    /// Whether input may be sent.
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// What to say of the feed.
    pub fn connection(&self, now_ms: u64) -> Connection {
        match self.phase {
            Phase::Ended => Connection::SignedOut,
            Phase::Erased => Connection::Erased,
            Phase::Open if self.caught_up => Connection::Live,
            Phase::Waiting { until_ms } => Connection::Lost {
                retry_in_s: until_ms.saturating_sub(now_ms).div_ceil(1000),
            },
            _ if self.was_live || self.tries > 0 => Connection::Lost { retry_in_s: 0 },
            _ => Connection::Connecting,
        }
    }

    /// The socket is open.
    pub fn opened(&mut self, now_ms: u64) {
        if matches!(self.phase, Phase::Opening { .. }) {
            self.phase = Phase::Open;
            self.heard_ms = now_ms;
        }
    }

    /// A picture came: the feed lives.
    pub fn heard(&mut self, now_ms: u64) {
        self.heard_ms = now_ms;
    }

    /// A text frame came.
    pub fn frame(&mut self, now_ms: u64, frame: ServerFrame) -> Vec<Act> {
        self.heard_ms = now_ms;
        match frame {
            ServerFrame::Event(event) => self.event(now_ms, event),
            ServerFrame::CaughtUp { sequence } => {
                self.last = self.last.max(sequence);
                self.caught_up = true;
                self.was_live = true;
                self.tries = 0;
                vec![Act::CaughtUp]
            }
            ServerFrame::ControlReady { control_epoch } => vec![Act::Ready(control_epoch)],
            ServerFrame::InputRefused { code } => vec![Act::Refused(code)],
            ServerFrame::Beat { at_ms } => vec![Act::Clock(at_ms)],
        }
    }

    fn event(&mut self, now_ms: u64, event: PublicEvent) -> Vec<Act> {
        if event.sequence < self.last {
            return vec![];
        }
        if event.sequence == self.last {
            if self.names.contains(&event.event) {
                return vec![];
            }
        } else if event.sequence > self.last + 1 && self.gap_after != Some(self.last) {
            self.gap_after = Some(self.last);
            return vec![self.open(now_ms)];
        } else {
            // After a second look a gap is no loss: the server has nothing there that it can tell.
            self.names.clear();
        }
        self.last = event.sequence;
        self.names.push(event.event.clone());
        vec![Act::Deliver(Box::new(event))]
    }

    /// The socket has closed, by that code; `random` in 0..1 spreads the tries of many pages.
    pub fn closed(&mut self, now_ms: u64, code: u16, random: f64) -> Vec<Act> {
        match (self.phase, code) {
            (Phase::Ended | Phase::Erased | Phase::Waiting { .. }, _) => vec![],
            (_, ERASED) => {
                self.phase = Phase::Erased;
                vec![Act::Drop]
            }
            (_, SIGNED_OUT) => {
                self.phase = Phase::Ended;
                vec![Act::Drop, Act::SignedOut]
            }
            (Phase::Opening { .. }, _) => {
                self.wait(now_ms, random);
                vec![Act::Drop, Act::AskWhy]
            }
            (Phase::Open, _) => {
                self.wait(now_ms, random);
                vec![Act::Drop]
            }
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now_ms: u64, random: f64) -> Vec<Act> {
        match self.phase {
            Phase::Open if now_ms.saturating_sub(self.heard_ms) >= SILENT_MS => {
                self.wait(now_ms, random);
                vec![Act::Drop]
            }
            Phase::Opening { since_ms } if now_ms.saturating_sub(since_ms) >= OPENS_WITHIN_MS => {
                self.wait(now_ms, random);
                vec![Act::Drop, Act::AskWhy]
            }
            Phase::Waiting { until_ms } if now_ms >= until_ms => vec![self.open(now_ms)],
            _ => vec![],
        }
    }

    /// The tab is looked at again, or the network is back: no reason to wait. One may have signed in
    /// again in another tab; if not, the refusal leads to sign-in.
    pub fn wake(&mut self, now_ms: u64) -> Vec<Act> {
        let silent = now_ms.saturating_sub(self.heard_ms) >= SILENT_MS;
        match self.phase {
            Phase::Waiting { .. } | Phase::Ended => vec![self.open(now_ms)],
            Phase::Open if silent => vec![self.open(now_ms)],
            _ => vec![],
        }
    }

    fn open(&mut self, now_ms: u64) -> Act {
        self.phase = Phase::Opening { since_ms: now_ms };
        self.caught_up = false;
        Act::Open {
            after: self.last.saturating_sub(1),
        }
    }

    /// Half of the wait is certain, half is by chance.
    fn wait(&mut self, now_ms: u64, random: f64) {
        let longest = FIRST_WAIT_MS.saturating_mul(1 << self.tries.min(10));
        let half = longest.min(LONGEST_WAIT_MS) / 2;
        let chance = (half as f64 * random.clamp(0.0, 1.0)) as u64;
        self.tries += 1;
        self.caught_up = false;
        self.phase = Phase::Waiting {
            until_ms: now_ms + half + chance,
        };
    }
}

#[cfg(test)]
mod tests;
