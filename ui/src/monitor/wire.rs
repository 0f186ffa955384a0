//! What lies between the page and the task's socket: feed, picture, input.

use super::feed::{Feed, Told, now_ms};
use super::painter::Painter;
use domain::TaskId;
use schemas::ws::{ClientFrame, Input};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use yew::{Callback, NodeRef};

/// One task's wire.
pub struct Wire {
    feed: RefCell<Option<Feed>>,
    painter: Rc<Painter>,
    driving: Rc<Cell<Option<u64>>>,
    /// When the human last did something, by the browser's clock.
    input_ms: Cell<u64>,
}

impl PartialEq for Wire {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Wire {
    /// Pictures go onto `canvas`; `first` is told when one is there.
    pub fn new(canvas: NodeRef, first: Callback<()>) -> Rc<Self> {
        Rc::new_cyclic(|weak: &std::rc::Weak<Self>| {
            let weak = weak.clone();
            let ack = Callback::from(move |number| {
                if let Some(wire) = weak.upgrade() {
                    wire.say(&ClientFrame::FrameAck { number });
                }
            });
            Self {
                feed: RefCell::new(None),
                painter: Painter::new(canvas, ack, first),
                driving: Rc::new(Cell::new(None)),
                input_ms: Cell::new(0),
            }
        })
    }

    /// Opens the feed.
    pub fn open(&self, id: TaskId, told: Callback<Told>) {
        let painter = self.painter.clone();
        let pictures = Callback::from(move |picture| painter.offer(picture));
        self.feed.replace(Some(Feed::start(id, told, pictures)));
    }

    /// Closes it.
    pub fn close(&self) {
        self.feed.replace(None);
    }

    /// What shows the pictures.
    pub fn painter(&self) -> &Rc<Painter> {
        &self.painter
    }

    /// The control epoch under which input goes out now.
    pub fn driving(&self) -> &Rc<Cell<Option<u64>>> {
        &self.driving
    }

    /// From now on input goes out under this epoch, or not at all.
    pub fn drive(&self, epoch: Option<u64>) {
        if self.driving.replace(epoch) != epoch && epoch.is_some() {
            self.input_ms.set(now_ms());
        }
    }

    /// Sends what the human did, in order.
    pub fn input(&self, inputs: Vec<Input>) {
        let Some(control_epoch) = self.driving.get() else {
            return;
        };
        self.input_ms.set(now_ms());
        for input in inputs {
            self.say(&ClientFrame::Input {
                control_epoch,
                input,
            });
        }
    }

    /// When the human last did something.
    pub fn input_ms(&self) -> u64 {
        self.input_ms.get()
    }

    /// Now, by the server's clock.
    pub fn server_now_ms(&self) -> u64 {
        let feed = self.feed.borrow();
        feed.as_ref().map_or_else(now_ms, Feed::server_now_ms)
    }

    fn say(&self, frame: &ClientFrame) {
        if let Some(feed) = &*self.feed.borrow() {
            feed.send(frame);
        }
    }
}
