//! Pointer: buttons by their mask, real click counts, moves and wheel thinned out.

use schemas::ws::{Input, MouseAction, MouseButton};

/// Moves are sent at most this often: 25 a second.
const MOVE_EVERY_MS: u64 = 40;
/// Presses closer in time and place count as a double or triple click.
const CLICK_MS: u64 = 500;
const CLICK_PIXELS: f64 = 5.0;
/// CSS pixels of a line and of a page, for wheels that count in those.
const LINE: f64 = 33.0;
const PAGE: f64 = 600.0;
/// What the agent takes in one turn.
const SPIN_LIMIT: f64 = 2_000.0;

const BUTTONS: [(u8, MouseButton); 3] = [
    (1, MouseButton::Left),
    (2, MouseButton::Right),
    (4, MouseButton::Middle),
];

/// Where the pointer is, and what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pointer {
    pub now_ms: u64,
    /// On the page; `None` in the bars and outside.
    pub at: Option<(f64, f64)>,
    /// The page's point nearest to the pointer.
    pub nearest: (f64, f64),
    /// As `MouseEvent.buttons`: 1 left, 2 right, 4 middle.
    pub buttons: u16,
    /// A button went down or up with this event: `PointerEvent.button` is not -1.
    pub changed: bool,
    pub modifiers: u8,
}

/// A turn of the wheel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spin {
    pub now_ms: u64,
    pub at: Option<(f64, f64)>,
    pub delta: (f64, f64),
    /// As `WheelEvent.deltaMode`: 0 pixels, 1 lines, 2 pages.
    pub mode: u32,
    pub modifiers: u8,
}

#[derive(Clone, Copy, Debug)]
struct Click {
    at_ms: u64,
    place: (f64, f64),
    button: MouseButton,
    count: u8,
}

#[derive(Clone, Copy, Debug)]
enum Waiting {
    Move { modifiers: u8 },
    Spin { delta: (f64, f64), modifiers: u8 },
}

/// The mouse as the page has seen it so far.
#[derive(Debug, Default)]
pub struct Mouse {
    held: u8,
    place: (f64, f64),
    last_click: Option<Click>,
    waiting: Option<Waiting>,
    due_ms: u64,
}

impl Mouse {
    /// The pointer moved, or its buttons changed: both are seen by the masks, so that a button let
    /// go where nobody looked, or pressed beside another, is not missed. A button that comes in held
    /// was pressed elsewhere, for something else: it presses nothing here.
    pub fn pointer(&mut self, pointer: &Pointer) -> Vec<Input> {
        let now = (pointer.buttons & 7) as u8;
        let began = if pointer.changed { now } else { 0 };
        let (pressed, released) = (began & !self.held, self.held & !now);
        let dragging = self.held != 0;
        let place = match pointer.at {
            Some(place) => place,
            None if dragging => pointer.nearest,
            // In the bars nothing is pointed at, and nothing pressed.
            None => return vec![],
        };
        let moved = place != self.place;
        self.place = place;
        if pressed == 0 && released == 0 {
            return match moved {
                true => self.wait(
                    pointer.now_ms,
                    Waiting::Move {
                        modifiers: pointer.modifiers,
                    },
                ),
                false => vec![],
            };
        }
        let mut inputs = self.flush(pointer.now_ms);
        if moved && self.waiting.is_none() && inputs.is_empty() {
            inputs.push(self.moved(pointer.modifiers));
        }
        for (mask, button) in BUTTONS {
            if released & mask != 0 {
                self.held &= !mask;
                inputs.push(self.button(MouseAction::Up, button, pointer.modifiers));
            }
        }
        // A press that began in the bars is none.
        for (mask, button) in BUTTONS {
            if pressed & mask != 0 && pointer.at.is_some() {
                self.held |= mask;
                self.count(pointer.now_ms, button);
                inputs.push(self.button(MouseAction::Down, button, pointer.modifiers));
            }
        }
        inputs
    }

    /// The wheel turned.
    pub fn wheel(&mut self, spin: &Spin) -> Vec<Input> {
        let Some(place) = spin.at else {
            return vec![];
        };
        self.place = place;
        let unit = match spin.mode {
            1 => LINE,
            2 => PAGE,
            _ => 1.0,
        };
        let (x, y) = (spin.delta.0 * unit, spin.delta.1 * unit);
        if !(x.is_finite() && y.is_finite()) || (x, y) == (0.0, 0.0) {
            return vec![];
        }
        let modifiers = spin.modifiers;
        let delta = (x, y);
        self.wait(spin.now_ms, Waiting::Spin { delta, modifiers })
    }

    /// Sends what waits, whatever the time: before a press or a key.
    pub fn flush(&mut self, now_ms: u64) -> Vec<Input> {
        match self.waiting.take() {
            Some(waiting) => vec![self.send(now_ms, waiting)],
            None => vec![],
        }
    }

    /// Sends what waits if its time has come.
    pub fn tick(&mut self, now_ms: u64) -> Vec<Input> {
        match now_ms >= self.due_ms {
            true => self.flush(now_ms),
            false => vec![],
        }
    }

    /// Lets all buttons go.
    pub fn release(&mut self) -> Vec<Input> {
        self.waiting = None;
        let held = std::mem::take(&mut self.held);
        let all = BUTTONS.into_iter().filter(|(mask, _)| held & mask != 0);
        all.map(|(_, button)| self.button(MouseAction::Up, button, 0))
            .collect()
    }

    fn wait(&mut self, now_ms: u64, next: Waiting) -> Vec<Input> {
        let mut inputs = Vec::new();
        let waiting = match (self.waiting.take(), next) {
            (
                Some(Waiting::Spin { delta: a, .. }),
                Waiting::Spin {
                    delta: b,
                    modifiers,
                },
            ) => {
                let delta = (a.0 + b.0, a.1 + b.1);
                Waiting::Spin { delta, modifiers }
            }
            (Some(spin @ Waiting::Spin { .. }), next @ Waiting::Move { .. }) => {
                inputs.push(self.send(now_ms, spin));
                next
            }
            // The wheel turns where the pointer is.
            (_, next) => next,
        };
        if now_ms >= self.due_ms {
            inputs.push(self.send(now_ms, waiting));
        } else {
            self.waiting = Some(waiting);
        }
        inputs
    }

    fn send(&mut self, now_ms: u64, waiting: Waiting) -> Input {
        self.due_ms = now_ms + MOVE_EVERY_MS;
        match waiting {
            Waiting::Move { modifiers } => self.moved(modifiers),
            Waiting::Spin { delta, modifiers } => {
                let clamp = |n: f64| n.clamp(-SPIN_LIMIT, SPIN_LIMIT);
                let delta = (clamp(delta.0), clamp(delta.1));
                self.mouse(MouseAction::Wheel, MouseButton::None, 0, modifiers, delta)
            }
        }
    }

    fn moved(&self, modifiers: u8) -> Input {
        let held = BUTTONS.into_iter().find(|(mask, _)| self.held & mask != 0);
        let button = held.map_or(MouseButton::None, |(_, button)| button);
        self.mouse(MouseAction::Move, button, 0, modifiers, (0.0, 0.0))
    }

    fn button(&self, action: MouseAction, button: MouseButton, modifiers: u8) -> Input {
        let count = match self.last_click {
            Some(click) if click.button == button => click.count,
            _ => 1,
        };
        self.mouse(action, button, count, modifiers, (0.0, 0.0))
    }

    fn mouse(
        &self,
        action: MouseAction,
        button: MouseButton,
        click_count: u8,
        modifiers: u8,
        (delta_x, delta_y): (f64, f64),
    ) -> Input {
        Input::Mouse {
            action,
            x: self.place.0,
            y: self.place.1,
            button,
            buttons: self.held,
            click_count,
            modifiers,
            delta_x,
            delta_y,
        }
    }

    fn count(&mut self, at_ms: u64, button: MouseButton) {
        let near = |a: f64, b: f64| (a - b).abs() <= CLICK_PIXELS;
        let again = self.last_click.filter(|click| {
            click.button == button
                && at_ms.saturating_sub(click.at_ms) <= CLICK_MS
                && near(click.place.0, self.place.0)
                && near(click.place.1, self.place.1)
                && click.count < 3
        });
        self.last_click = Some(Click {
            at_ms,
            place: self.place,
            button,
            count: again.map_or(1, |click| click.count + 1),
        });
    }
}

#[cfg(test)]
mod tests;
