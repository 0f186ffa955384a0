//! A human's hands on the canvas: listens to the browser and sends what [`super::input`] makes of
//! it, while the human holds control.
//!
//! Keys are heard on an invisible text field that lies over the canvas, so that input methods, dead
//! keys and keyboards on a screen work as in any field; it is emptied after each key.

mod pointer;

use super::feed::now_ms;
use super::input::{Keyboard, Mouse, Press, Ruling, SENTINEL, Touch};
use super::input::{pieces, typed};
use super::painter::Painter;
use crate::browser;
use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Interval;
use schemas::ws::Input;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use web_sys::{
    ClipboardEvent, Event, EventTarget, HtmlTextAreaElement, KeyboardEvent, PointerEvent,
    WheelEvent,
};
use yew::Callback;

/// How often it is looked whether a thinned-out move is due.
const TICK_MS: u32 = 20;

/// What the hands need.
pub struct Tools {
    pub painter: Rc<Painter>,
    /// The control epoch, while the human drives.
    pub driving: Rc<Cell<Option<u64>>>,
    /// Sends, in order.
    pub send: Callback<Vec<Input>>,
    /// The human wants the keyboard back.
    pub exit: Callback<()>,
}

/// The hands; they rest when this is dropped.
pub struct Hands {
    inner: Rc<Inner>,
    _listeners: Vec<EventListener>,
    _tick: Interval,
}

struct Inner {
    tools: Tools,
    mouse: RefCell<Mouse>,
    keyboard: RefCell<Keyboard>,
    touch: RefCell<Touch>,
    field: HtmlTextAreaElement,
    composing: Cell<bool>,
}

impl Hands {
    /// Puts the hands on the canvas; keys come through `field`.
    pub fn new(tools: Tools, field: HtmlTextAreaElement) -> Option<Self> {
        let canvas = tools.painter.canvas()?;
        field.set_value(SENTINEL);
        let inner = Rc::new(Inner {
            tools,
            mouse: RefCell::default(),
            keyboard: RefCell::new(Keyboard::new(is_mac())),
            touch: RefCell::default(),
            field: field.clone(),
            composing: Cell::new(false),
        });
        let mut listeners = inner.on_canvas(&canvas);
        listeners.extend(inner.on_field(&field));
        if let Some(window) = browser::window() {
            listeners.push(inner.listen(&window, "blur", |inner, _| {
                inner.release();
                inner.keyboard.borrow_mut().returned();
            }));
        }
        let weak = Rc::downgrade(&inner);
        let tick = Interval::new(TICK_MS, move || {
            if let Some(inner) = weak.upgrade() {
                let due = inner.mouse.borrow_mut().tick(now_ms());
                inner.send(due);
            }
        });
        Some(Self {
            inner,
            _listeners: listeners,
            _tick: tick,
        })
    }

    /// Takes the keyboard.
    pub fn focus(&self) {
        self.inner.focus();
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        self.inner.release();
    }
}

impl Inner {
    fn listen(
        self: &Rc<Self>,
        target: &EventTarget,
        event: &'static str,
        f: fn(&Inner, &Event),
    ) -> EventListener {
        let weak = Rc::downgrade(self);
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(target, event, options, move |event| {
            if let Some(inner) = weak.upgrade()
                && inner.tools.driving.get().is_some()
            {
                f(&inner, event);
            }
        })
    }

    fn on_canvas(self: &Rc<Self>, canvas: &EventTarget) -> Vec<EventListener> {
        let pointer: fn(&Inner, &Event) = |inner, event| {
            if let Some(event) = event.dyn_ref::<PointerEvent>() {
                inner.pointer(event);
            }
        };
        let mut listeners: Vec<_> = ["pointerdown", "pointermove", "pointerup", "pointercancel"]
            .into_iter()
            .map(|name| self.listen(canvas, name, pointer))
            .collect();
        listeners.push(self.listen(canvas, "wheel", |inner, event| {
            if let Some(event) = event.dyn_ref::<WheelEvent>() {
                inner.wheel(event);
            }
        }));
        // The menu is the page's there; the press that follows a pointer's would take the focus.
        for name in ["contextmenu", "mousedown", "dragstart"] {
            listeners.push(self.listen(canvas, name, |_, event| event.prevent_default()));
        }
        listeners
    }

    fn on_field(self: &Rc<Self>, field: &EventTarget) -> Vec<EventListener> {
        vec![
            self.listen(field, "keydown", |inner, event| inner.key(event, true)),
            self.listen(field, "keyup", |inner, event| inner.key(event, false)),
            self.listen(field, "compositionstart", |inner, _| {
                inner.composing.set(true);
            }),
            self.listen(field, "compositionend", |inner, _| {
                inner.composing.set(false);
                inner.typed();
            }),
            self.listen(field, "input", |inner, _| {
                if !inner.composing.get() {
                    inner.typed();
                }
            }),
            self.listen(field, "paste", |inner, event| {
                if let Some(event) = event.dyn_ref::<ClipboardEvent>() {
                    inner.paste(event);
                }
            }),
            self.listen(field, "blur", |inner, _| inner.release()),
        ]
    }

    fn key(&self, event: &Event, down: bool) {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
            return;
        };
        let (key, code) = (event.key(), event.code());
        let press = Press {
            now_ms: now_ms(),
            key: &key,
            code: &code,
            modifiers: modifiers(
                event.alt_key(),
                event.ctrl_key(),
                event.meta_key(),
                event.shift_key(),
            ),
            alt_graph: event.get_modifier_state("AltGraph"),
            composing: event.is_composing() || event.key_code() == 229,
            repeat: event.repeat(),
        };
        let ruling = match down {
            true => self.keyboard.borrow_mut().down(&press),
            false => self.keyboard.borrow_mut().up(&press),
        };
        match ruling {
            Ruling::Send(inputs) => {
                event.prevent_default();
                event.stop_propagation();
                self.send_now(inputs);
            }
            Ruling::Leave => {}
            Ruling::Exit => {
                event.prevent_default();
                self.release();
                self.tools.exit.emit(());
            }
        }
    }

    fn typed(&self) {
        let inputs = typed(&self.field.value());
        self.field.set_value(SENTINEL);
        self.send_now(inputs);
    }

    fn paste(&self, event: &ClipboardEvent) {
        event.prevent_default();
        let text = event
            .clipboard_data()
            .and_then(|data| data.get_data("text").ok());
        let inputs = match text.as_deref() {
            None | Some("") => self.keyboard.borrow().paste_there(),
            Some(text) => pieces(text),
        };
        self.send_now(inputs);
    }

    fn release(&self) {
        let mut inputs = self.mouse.borrow_mut().release();
        inputs.extend(self.keyboard.borrow_mut().release());
        self.touch.borrow_mut().cancel();
        self.send(inputs);
    }

    /// What comes after a move happens where the move ended.
    fn send_now(&self, inputs: Vec<Input>) {
        let mut all = self.mouse.borrow_mut().flush(now_ms());
        all.extend(inputs);
        self.send(all);
    }

    fn send(&self, inputs: Vec<Input>) {
        if !inputs.is_empty() && self.tools.driving.get().is_some() {
            self.tools.send.emit(inputs);
        }
    }

    fn focus(&self) {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = self.field.focus_with_options(&options);
    }
}

/// The protocol's mask: 1 Alt, 2 Ctrl, 4 Meta, 8 Shift.
fn modifiers(alt: bool, ctrl: bool, meta: bool, shift: bool) -> u8 {
    u8::from(alt) | u8::from(ctrl) << 1 | u8::from(meta) << 2 | u8::from(shift) << 3
}

fn is_mac() -> bool {
    let platform = browser::window().and_then(|w| w.navigator().platform().ok());
    platform.is_some_and(|p| p.starts_with("Mac") || p.starts_with("iP"))
}
