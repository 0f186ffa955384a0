//! A finger: a tap clicks, a drag scrolls.

use super::{Mouse, Pointer, Spin};
use schemas::ws::Input;

/// A finger that moved less has tapped.
const TAP_PIXELS: f64 = 10.0;

/// Where the finger is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Finger {
    pub now_ms: u64,
    /// On the page; `None` in the bars.
    pub at: Option<(f64, f64)>,
    /// On the screen.
    pub client: (f64, f64),
    /// How many pixels of the page one of the screen is.
    pub scale: f64,
}

/// A finger on the canvas.
#[derive(Debug, Default)]
pub struct Touch {
    /// Where it came down on the screen, and where it was last.
    from: Option<((f64, f64), (f64, f64))>,
    scrolls: bool,
}

impl Touch {
    /// The finger came down.
    pub fn down(&mut self, finger: &Finger) {
        self.from = finger.at.map(|_| (finger.client, finger.client));
        self.scrolls = false;
    }

    /// The finger moved.
    pub fn moved(&mut self, mouse: &mut Mouse, finger: &Finger) -> Vec<Input> {
        let Some((start, last)) = self.from else {
            return vec![];
        };
        let (dx, dy) = (finger.client.0 - start.0, finger.client.1 - start.1);
        self.scrolls |= dx.hypot(dy) > TAP_PIXELS;
        if !self.scrolls {
            return vec![];
        }
        self.from = Some((start, finger.client));
        mouse.wheel(&Spin {
            now_ms: finger.now_ms,
            at: finger.at,
            delta: (
                (last.0 - finger.client.0) * finger.scale,
                (last.1 - finger.client.1) * finger.scale,
            ),
            mode: 0,
            modifiers: 0,
        })
    }

    /// The finger left.
    pub fn up(&mut self, mouse: &mut Mouse, finger: &Finger) -> Vec<Input> {
        let tapped = self.from.take().is_some() && !self.scrolls;
        let (true, Some(at)) = (tapped, finger.at) else {
            return mouse.flush(finger.now_ms);
        };
        let with = |buttons| Pointer {
            now_ms: finger.now_ms,
            at: Some(at),
            nearest: at,
            buttons,
            changed: true,
            modifiers: 0,
        };
        [0, 1, 0]
            .into_iter()
            .flat_map(|buttons| mouse.pointer(&with(buttons)))
            .collect()
    }

    /// The finger was taken away by the system.
    pub fn cancel(&mut self) {
        self.from = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::ws::MouseAction;

    fn finger(now_ms: u64, y: f64) -> Finger {
        Finger {
            now_ms,
            at: Some((10.0, y * 2.0)),
            client: (5.0, y),
            scale: 2.0,
        }
    }

    fn actions(inputs: &[Input]) -> Vec<MouseAction> {
        let one = |input: &Input| match input {
            Input::Mouse { action, .. } => *action,
            other => panic!("{other:?}"),
        };
        inputs.iter().map(one).collect()
    }

    #[test]
    fn a_tap_clicks_and_a_drag_scrolls() {
        let (mut touch, mut mouse) = (Touch::default(), Mouse::default());
        touch.down(&finger(100, 50.0));
        assert!(touch.moved(&mut mouse, &finger(110, 52.0)).is_empty());
        let tap = touch.up(&mut mouse, &finger(120, 52.0));
        assert_eq!(
            actions(&tap),
            [MouseAction::Move, MouseAction::Down, MouseAction::Up]
        );
        touch.down(&finger(1_000, 90.0));
        let drag = touch.moved(&mut mouse, &finger(1_100, 60.0));
        assert!(matches!(&drag[..], [Input::Mouse { delta_y, .. }] if *delta_y == 60.0));
        assert!(touch.up(&mut mouse, &finger(1_200, 60.0)).is_empty());
    }
}
