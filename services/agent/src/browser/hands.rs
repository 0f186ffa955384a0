//! A human's hands on the page: checked, kept in order, never waited for.

use super::cdp::Call;
use super::state::Shared;
use super::{Browser, BrowserError, By, keys};
use schemas::adapter::Locator;
use schemas::ws::{Input, KeyAction, MouseAction, MouseButton};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Mouse moves are passed on at most this often.
const MOVES: Duration = Duration::from_millis(40);
/// Inputs that wait; more are refused.
const QUEUE: usize = 512;

/// One checked command: method, parameters, whether a later one of its kind replaces it.
#[derive(Debug)]
pub(super) struct Gesture {
    method: &'static str,
    params: Value,
    is_move: bool,
}

/// Starts passing on what comes.
pub(super) fn start(shared: Arc<Shared>) -> mpsc::Sender<Gesture> {
    let (sender, mut gestures) = mpsc::channel::<Gesture>(QUEUE);
    tokio::spawn(async move {
        let mut latest: Option<Gesture> = None;
        let mut due = Instant::now();
        loop {
            let next = tokio::select! {
                () = shared.cdp.lost.cancelled() => break,
                next = gestures.recv() => match next {
                    Some(next) => Some(next),
                    None => break,
                },
                () = tokio::time::sleep_until(due), if latest.is_some() => None,
            };
            match next {
                Some(gesture) if gesture.is_move && Instant::now() < due => latest = Some(gesture),
                Some(gesture) => {
                    // What comes after a move happens where the move ended.
                    if let Some(waiting) = latest.take().filter(|_| !gesture.is_move) {
                        pass_on(&shared, &waiting);
                    }
                    if gesture.is_move {
                        due = Instant::now() + MOVES;
                    }
                    pass_on(&shared, &gesture);
                }
                None => {
                    if let Some(waiting) = latest.take() {
                        pass_on(&shared, &waiting);
                    }
                    due = Instant::now() + MOVES;
                }
            }
        }
    });
    sender
}

fn pass_on(shared: &Shared, gesture: &Gesture) {
    let session = {
        let state = shared.state();
        state.active().map(|p| p.session.clone())
    };
    let call = Call::new(session.as_deref(), gesture.method, By::Human);
    // A tab that has just closed takes no input.
    shared.cdp.post(call, gesture.params.clone()).ok();
}

/// Checks an input and turns it into the protocol's words.
///
/// # Errors
/// Names the field that is out of bounds.
fn gesture(input: &Input, (width, height): (f64, f64)) -> Result<Gesture, &'static str> {
    match input {
        Input::Mouse {
            action,
            x,
            y,
            button,
            buttons,
            click_count,
            modifiers,
            delta_x,
            delta_y,
        } => {
            if ![x, y, delta_x, delta_y].iter().all(|n| n.is_finite()) {
                return Err("a coordinate is not a number");
            }
            let (kind, button) = match (action, button) {
                (MouseAction::Move, b) => ("mouseMoved", b),
                (MouseAction::Down, MouseButton::None) => return Err("button: none is pressed"),
                (MouseAction::Up, MouseButton::None) => return Err("button: none is released"),
                (MouseAction::Down, b) => ("mousePressed", b),
                (MouseAction::Up, b) => ("mouseReleased", b),
                (MouseAction::Wheel, _) => ("mouseWheel", &MouseButton::None),
            };
            let mut params = json!({
                "type": kind,
                "x": x.clamp(0.0, (width - 1.0).max(0.0)),
                "y": y.clamp(0.0, (height - 1.0).max(0.0)),
                "button": button_name(*button),
                "buttons": buttons & 7,
                "clickCount": (*click_count).min(3),
                "modifiers": modifiers & 15,
            });
            if *action == MouseAction::Wheel {
                params["deltaX"] = delta_x.clamp(-2_000.0, 2_000.0).into();
                params["deltaY"] = delta_y.clamp(-2_000.0, 2_000.0).into();
            }
            Ok(Gesture {
                method: "Input.dispatchMouseEvent",
                params,
                is_move: *action == MouseAction::Move,
            })
        }
        Input::Key {
            action,
            key,
            code,
            modifiers,
        } => {
            if key.is_empty() || key.chars().count() > 32 || key.chars().any(char::is_control) {
                return Err("key: not a key's name");
            }
            if code.len() > 32 || !code.chars().all(|c| c.is_ascii_alphanumeric()) {
                return Err("code: not a key's code");
            }
            let params = keys::human(*action == KeyAction::Down, key, code, modifiers & 15);
            let method = "Input.dispatchKeyEvent";
            Ok(Gesture {
                method,
                params,
                is_move: false,
            })
        }
        Input::Text { text } => {
            if text.is_empty() || text.chars().count() > 4_096 {
                return Err("text: between 1 and 4,096 characters");
            }
            let params = json!({"text": text});
            Ok(Gesture {
                method: "Input.insertText",
                params,
                is_move: false,
            })
        }
    }
}

fn button_name(button: MouseButton) -> &'static str {
    match button {
        MouseButton::None => "none",
        MouseButton::Left => "left",
        MouseButton::Middle => "middle",
        MouseButton::Right => "right",
    }
}

impl Browser {
    /// Passes on one human input, in order, without waiting for the page. Moves are thinned out to
    /// about 25 per second; coordinates are clamped to the viewport.
    ///
    /// # Errors
    /// [`BrowserError::Unexpected`] for an input out of bounds, or when too many wait.
    pub async fn input(&self, input: &Input) -> Result<(), BrowserError> {
        self.shared.check_lost()?;
        let size = {
            let frame = self.shared.frames.borrow();
            frame
                .as_ref()
                .map_or((10_000.0, 10_000.0), |f| (f.width, f.height))
        };
        let gesture = gesture(input, size).map_err(|e| BrowserError::Unexpected(e.to_owned()))?;
        self.hands
            .try_send(gesture)
            .map_err(|_| BrowserError::Unexpected("too many inputs at once".to_owned()))
    }

    /// Whether this input would press one of the final buttons: a mouse button on it or its label,
    /// Enter or space while it has the focus, Enter in a field whose form it sends. When the page
    /// can't be asked, anything that might press is taken to do so.
    pub async fn would_hit(&self, input: &Input, final_buttons: &[Locator]) -> bool {
        let press = match input {
            Input::Mouse {
                action: MouseAction::Down | MouseAction::Up,
                x,
                y,
                button,
                ..
            } => {
                if *button == MouseButton::Right {
                    return false;
                }
                json!({"point": [x, y]})
            }
            Input::Key { key, code, .. } => match (key.as_str(), code.as_str()) {
                ("Enter", _) | (_, "Enter" | "NumpadEnter") => json!({"enter": true}),
                (" ", _) | (_, "Space") => json!({"enter": false}),
                _ => return false,
            },
            Input::Text { text } if text.contains(['\n', '\r']) => json!({"enter": true}),
            Input::Mouse { .. } | Input::Text { .. } => return false,
        };
        let args = json!([final_buttons, press]);
        let seen = self.shared.look::<bool>("wouldPress", args).await;
        seen.map_or(true, |(_, hit)| hit)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn mouse(action: MouseAction, x: f64, button: MouseButton) -> Input {
        Input::Mouse {
            action,
            x,
            y: 5.0,
            button,
            buttons: 255,
            click_count: 200,
            modifiers: 255,
            delta_x: 0.0,
            delta_y: 0.0,
        }
    }

    #[test]
    fn fields_are_clamped() {
        let made = gesture(
            &mouse(MouseAction::Down, 9e9, MouseButton::Left),
            (800.0, 600.0),
        );
        let params = made.unwrap().params;
        assert_eq!(params["x"], 799.0);
        assert_eq!(params["buttons"], 7);
        assert_eq!(params["clickCount"], 3);
        assert_eq!(params["modifiers"], 15);
    }

    #[test]
    fn nonsense_is_refused() {
        let size = (800.0, 600.0);
        let key = |key: &str, code: &str| Input::Key {
            action: KeyAction::Down,
            key: key.into(),
            code: code.into(),
            modifiers: 0,
        };
        for bad in [
            mouse(MouseAction::Move, f64::NAN, MouseButton::None),
            mouse(MouseAction::Down, 1.0, MouseButton::None),
            key("", "KeyA"),
            key("a", "Key A"),
            key(&"x".repeat(40), "KeyA"),
            Input::Text {
                text: String::new(),
            },
            Input::Text {
                text: "x".repeat(5_000),
            },
        ] {
            assert!(gesture(&bad, size).is_err(), "{bad:?}");
        }
    }
}
