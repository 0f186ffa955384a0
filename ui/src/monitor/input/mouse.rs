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
    /// go where nobody looked, or pressed beside another, is not missed.
    pub fn pointer(&mut self, pointer: &Pointer) -> Vec<Input> {
        let now = (pointer.buttons & 7) as u8;
        let (pressed, released) = (now & !self.held, self.held & !now);
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
mod tests {
    use super::*;

    fn at(now_ms: u64, x: f64, buttons: u16) -> Pointer {
        Pointer {
            now_ms,
            at: Some((x, 1.0)),
            nearest: (x, 1.0),
            buttons,
            modifiers: 0,
        }
    }

    /// Action, x, button, mask, clicks.
    fn told(inputs: &[Input]) -> Vec<(MouseAction, f64, MouseButton, u8, u8)> {
        let one = |input: &Input| match input {
            Input::Mouse {
                action,
                x,
                button,
                buttons,
                click_count,
                ..
            } => (*action, *x, *button, *buttons, *click_count),
            other => panic!("{other:?}"),
        };
        inputs.iter().map(one).collect()
    }

    use MouseAction::{Down, Move, Up};
    use MouseButton::{Left, None as Nothing, Right};

    #[test]
    fn moves_are_thinned_out_and_the_last_one_comes_before_a_press() {
        let mut mouse = Mouse::default();
        let first = mouse.pointer(&at(1_000, 1.0, 0));
        assert_eq!(told(&first), [(Move, 1.0, Nothing, 0, 0)]);
        for ms in 1..30 {
            assert!(
                mouse
                    .pointer(&at(1_000 + ms, 1.0 + ms as f64, 0))
                    .is_empty()
            );
        }
        let press = mouse.pointer(&at(1_031, 30.0, 1));
        assert_eq!(
            told(&press),
            [(Move, 30.0, Nothing, 0, 0), (Down, 30.0, Left, 1, 1)]
        );
        let drag = mouse.pointer(&at(1_100, 40.0, 1));
        assert_eq!(told(&drag), [(Move, 40.0, Left, 1, 0)]);
        assert!(mouse.pointer(&at(1_110, 50.0, 1)).is_empty());
        assert!(mouse.tick(1_139).is_empty());
        assert_eq!(told(&mouse.tick(1_140)), [(Move, 50.0, Left, 1, 0)]);
        let release = mouse.pointer(&at(1_150, 50.0, 0));
        assert_eq!(told(&release), [(Up, 50.0, Left, 0, 1)]);
    }

    #[test]
    fn a_second_of_moves_is_twenty_five() {
        let mut mouse = Mouse::default();
        let sent: usize = (0..1_000)
            .map(|ms| mouse.pointer(&at(10_000 + ms, ms as f64 + 0.5, 0)).len())
            .sum();
        assert_eq!(sent, 25);
    }

    #[test]
    fn clicks_count_to_three() {
        let mut mouse = Mouse::default();
        let mut counts = Vec::new();
        for n in 0..4_u64 {
            counts.push(
                told(&mouse.pointer(&at(n * 100, 9.0, 1)))
                    .last()
                    .map(|d| d.4),
            );
            mouse.pointer(&at(n * 100 + 50, 9.0, 0));
        }
        assert_eq!(counts, [Some(1), Some(2), Some(3), Some(1)]);
        let far = mouse.pointer(&at(450, 90.0, 1));
        assert_eq!(told(&far).last().map(|d| d.4), Some(1));
        mouse.pointer(&at(460, 90.0, 0));
        let right = mouse.pointer(&at(470, 90.0, 2));
        assert_eq!(told(&right), [(Down, 90.0, Right, 2, 1)]);
        mouse.pointer(&at(480, 90.0, 0));
        let late = mouse.pointer(&at(2_000, 90.0, 2));
        assert_eq!(told(&late), [(Down, 90.0, Right, 2, 1)]);
    }

    #[test]
    fn the_bars_take_no_press_and_a_drag_ends_at_the_edge() {
        let mut mouse = Mouse::default();
        let bars = |now_ms, buttons| Pointer {
            now_ms,
            at: None,
            nearest: (799.0, 1.0),
            buttons,
            modifiers: 0,
        };
        assert!(mouse.pointer(&bars(0, 1)).is_empty());
        assert!(mouse.pointer(&bars(5, 0)).is_empty());
        mouse.pointer(&at(100, 700.0, 1));
        let out = mouse.pointer(&bars(200, 1));
        assert_eq!(told(&out), [(Move, 799.0, Left, 1, 0)]);
        assert_eq!(
            told(&mouse.pointer(&bars(300, 0))),
            [(Up, 799.0, Left, 0, 1)]
        );
        assert!(mouse.pointer(&bars(400, 0)).is_empty());
    }

    #[test]
    fn a_button_pressed_beside_another_and_a_lost_release_are_seen() {
        let mut mouse = Mouse::default();
        mouse.pointer(&at(0, 5.0, 1));
        assert_eq!(
            told(&mouse.pointer(&at(10, 5.0, 3))),
            [(Down, 5.0, Right, 3, 1)]
        );
        // Both were let go outside the window.
        let back = mouse.pointer(&at(500, 6.0, 0));
        let ups: Vec<_> = told(&back).into_iter().filter(|t| t.0 == Up).collect();
        assert_eq!(ups.len(), 2);
        assert!(mouse.release().is_empty());
        mouse.pointer(&at(600, 6.0, 1));
        assert_eq!(told(&mouse.release()), [(Up, 6.0, Left, 0, 1)]);
    }

    #[test]
    fn the_wheel_adds_up_in_pixels() {
        let mut mouse = Mouse::default();
        let spin = |now_ms, y, mode| Spin {
            now_ms,
            at: Some((5.0, 5.0)),
            delta: (0.0, y),
            mode,
            modifiers: 0,
        };
        let deltas = |inputs: Vec<Input>| -> Vec<f64> {
            let one = |input: Input| match input {
                Input::Mouse { delta_y, .. } => delta_y,
                other => panic!("{other:?}"),
            };
            inputs.into_iter().map(one).collect()
        };
        assert_eq!(deltas(mouse.wheel(&spin(100, 3.0, 1))), [99.0]);
        assert!(mouse.wheel(&spin(110, 10.0, 0)).is_empty());
        assert!(mouse.wheel(&spin(120, 20.0, 0)).is_empty());
        assert_eq!(deltas(mouse.tick(140)), [30.0]);
        assert_eq!(deltas(mouse.wheel(&spin(200, 9.0, 2))), [2_000.0]);
        assert!(
            mouse
                .wheel(&Spin {
                    at: None,
                    ..spin(900, 1.0, 0)
                })
                .is_empty()
        );
        assert!(mouse.wheel(&spin(900, f64::NAN, 0)).is_empty());
    }
}
