//! A human's hands on the page: checked, kept in order, never waited for.

use super::cdp::{Call, Reply};
use super::state::Shared;
use super::{Browser, BrowserError, By, keys};
use crate::clock::Deadline;
use schemas::adapter::Locator;
use schemas::ws::{Input, KeyAction, MouseAction, MouseButton};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Mouse moves are passed on at most this often.
const MOVES: Duration = Duration::from_millis(40);
/// How long the page may take for earlier input before a press is judged.
const TAKEN: Duration = Duration::from_secs(3);
/// Inputs that wait; more are refused.
const QUEUE: usize = 512;

/// One checked command: method, parameters, whether a later one of its kind replaces it.
#[derive(Debug)]
pub(super) struct Gesture {
    method: &'static str,
    params: Value,
    is_move: bool,
}

/// What the hands are told.
#[derive(Debug)]
pub(super) enum Order {
    /// Passed on in its turn.
    Pass(Gesture),
    /// Answered when the page has taken all that came before.
    Settle(oneshot::Sender<()>),
    /// Sent at once unless the moment has passed; the answer tells whether it was sent.
    Press(Gesture, Deadline, oneshot::Sender<bool>),
}

/// Starts passing on what comes.
pub(super) fn start(shared: Arc<Shared>) -> mpsc::Sender<Order> {
    let (sender, mut orders) = mpsc::channel::<Order>(QUEUE);
    let mut hands = Hands {
        shared,
        waiting: None,
        due: Instant::now(),
        replies: Vec::new(),
    };
    tokio::spawn(async move {
        loop {
            let next = tokio::select! {
                () = hands.shared.cdp.lost.cancelled() => break,
                next = orders.recv() => match next {
                    Some(next) => Some(next),
                    None => break,
                },
                () = tokio::time::sleep_until(hands.due), if hands.waiting.is_some() => None,
            };
            match next {
                Some(order) => hands.obey(order).await,
                None => {
                    hands.send_waiting();
                    hands.due = Instant::now() + MOVES;
                }
            }
        }
    });
    sender
}

/// What is on its way to the page.
struct Hands {
    shared: Arc<Shared>,
    /// The latest move, while it is too early for it.
    waiting: Option<Gesture>,
    due: Instant,
    /// Of what the page has not yet taken.
    replies: Vec<oneshot::Receiver<Reply>>,
}

impl Hands {
    async fn obey(&mut self, order: Order) {
        match order {
            Order::Pass(gesture) if gesture.is_move => {
                if Instant::now() < self.due {
                    self.waiting = Some(gesture);
                } else {
                    self.waiting = None;
                    self.due = Instant::now() + MOVES;
                    self.send(&gesture);
                }
            }
            Order::Pass(gesture) => {
                // What comes after a move happens where the move ended.
                self.send_waiting();
                self.send(&gesture);
            }
            Order::Settle(done) => {
                self.send_waiting();
                if self.settled().await {
                    done.send(()).ok();
                }
            }
            Order::Press(gesture, deadline, sent) => {
                self.send_waiting();
                let done = !deadline.is_over() && self.send(&gesture);
                sent.send(done).ok();
            }
        }
    }

    fn send_waiting(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            self.send(&waiting);
        }
    }

    /// False: certainly not sent. A tab that has just closed takes no input.
    fn send(&mut self, gesture: &Gesture) -> bool {
        let session = {
            let state = self.shared.state();
            state.active().map(|p| p.session.clone())
        };
        let call = Call::new(session.as_deref(), gesture.method, By::Human);
        let open = |reply: &mut oneshot::Receiver<Reply>| {
            matches!(reply.try_recv(), Err(oneshot::error::TryRecvError::Empty))
        };
        self.replies.retain_mut(open);
        match self.shared.cdp.begin(call, &gesture.params) {
            Ok(reply) => {
                self.replies.push(reply);
                true
            }
            Err(_) => false,
        }
    }

    /// Waits until the page has taken all that was sent. False: it did not in time.
    async fn settled(&mut self) -> bool {
        let all = async {
            while let Some(reply) = self.replies.last_mut() {
                // A tab that is gone has nothing more to take.
                reply.await.ok();
                self.replies.pop();
            }
        };
        tokio::time::timeout(TAKEN, all).await.is_ok()
    }
}

/// Checks an input and turns it into the protocol's words.
///
/// # Errors
/// Names the field that is out of bounds.
fn gesture(input: &Input, size: (f64, f64)) -> Result<Gesture, &'static str> {
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
            let (x, y) = clamped((*x, *y), size);
            let mut params = json!({
                "type": kind,
                "x": x,
                "y": y,
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

/// A point as it is passed on: within the viewport.
fn clamped((x, y): (f64, f64), (width, height): (f64, f64)) -> (f64, f64) {
    (
        x.clamp(0.0, (width - 1.0).max(0.0)),
        y.clamp(0.0, (height - 1.0).max(0.0)),
    )
}

/// What an input might press, as the page is asked about it; `None`: nothing.
fn press_of(input: &Input, size: (f64, f64)) -> Option<Value> {
    let enter = match input {
        Input::Mouse {
            action: MouseAction::Down,
            x,
            y,
            button,
            ..
        } => {
            let (x, y) = clamped((*x, *y), size);
            return (*button != MouseButton::Right).then(|| json!({"point": [x, y]}));
        }
        Input::Key {
            action: KeyAction::Down,
            key,
            code,
            ..
        } => match (key.as_str(), code.as_str()) {
            ("Enter", _) | (_, "Enter" | "NumpadEnter") => true,
            (" ", _) | (_, "Space") => false,
            _ => return None,
        },
        Input::Text { text } if text.contains(['\n', '\r']) => true,
        _ => return None,
    };
    Some(json!({"enter": enter}))
}

impl Browser {
    /// Passes on one human input, in order, without waiting for the page. Moves are thinned out to
    /// about 25 per second; coordinates are clamped to the viewport.
    ///
    /// # Errors
    /// [`BrowserError::Unexpected`] for an input out of bounds, or when too many wait.
    pub async fn input(&self, input: &Input) -> Result<(), BrowserError> {
        let gesture = self.gesture(input)?;
        self.order(Order::Pass(gesture))
    }

    /// Whether this input would press one of the final buttons: a mouse button on it or its label,
    /// Enter or space while it has the focus, Enter in a field whose form it sends. What may press
    /// is judged after the page has taken all earlier input. When the page can't be asked, it is
    /// taken to press.
    pub async fn would_hit(&self, input: &Input, final_buttons: &[Locator]) -> bool {
        let Some(press) = press_of(input, self.viewport()) else {
            return false;
        };
        let (done, taken) = oneshot::channel();
        if self.order(Order::Settle(done)).is_err() || taken.await.is_err() {
            return true;
        }
        let args = json!([final_buttons, press]);
        let seen = self.shared.look::<bool>("wouldPress", args).await;
        seen.map_or(true, |(_, hit)| hit)
    }

    /// Passes on an input that presses a final button, unless the deadline is over. False: it was
    /// certainly not passed on.
    pub(crate) async fn press(&self, input: &Input, deadline: Deadline) -> bool {
        let Ok(gesture) = self.gesture(input) else {
            return false;
        };
        let (sent, answer) = oneshot::channel();
        let ordered = self.order(Order::Press(gesture, deadline, sent));
        ordered.is_ok() && answer.await.unwrap_or(false)
    }

    fn gesture(&self, input: &Input) -> Result<Gesture, BrowserError> {
        self.shared.check_lost()?;
        gesture(input, self.viewport()).map_err(|e| BrowserError::Unexpected(e.to_owned()))
    }

    fn order(&self, order: Order) -> Result<(), BrowserError> {
        let ordered = self.hands.try_send(order);
        ordered.map_err(|_| BrowserError::Unexpected("too many inputs at once".to_owned()))
    }

    /// The size of what the human sees.
    fn viewport(&self) -> (f64, f64) {
        let frame = self.shared.frames.borrow();
        frame
            .as_ref()
            .map_or((10_000.0, 10_000.0), |f| (f.width, f.height))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::HostRule;
    use super::super::cdp::Cdp;
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
    fn a_press_is_judged_where_it_lands() {
        let size = (800.0, 600.0);
        let far = mouse(MouseAction::Down, 9e9, MouseButton::Left);
        assert_eq!(press_of(&far, size), Some(json!({"point": [799.0, 5.0]})));
        let right = mouse(MouseAction::Down, 1.0, MouseButton::Right);
        assert_eq!(press_of(&right, size), None);
    }

    #[tokio::test]
    async fn a_press_whose_moment_has_passed_stays_here() {
        let (out, mut sent) = mpsc::unbounded_channel();
        let rule = HostRule {
            hosts: Vec::new(),
            allow_private: Vec::new(),
        };
        let cdp = Arc::new(Cdp::new(out));
        let hands = start(Arc::new(Shared::new(cdp, rule, "/nowhere".into())));
        let press = async |within| {
            let down = mouse(MouseAction::Down, 5.0, MouseButton::Left);
            let gesture = gesture(&down, (800.0, 600.0)).unwrap();
            let (sender, answer) = oneshot::channel();
            let order = Order::Press(gesture, Deadline::within(within), sender);
            hands.send(order).await.unwrap();
            answer.await.unwrap()
        };
        assert!(!press(Duration::ZERO).await);
        assert!(sent.try_recv().is_err(), "nothing was sent");
        assert!(press(Duration::from_secs(60)).await);
        assert!(sent.recv().await.unwrap().contains("mousePressed"));
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
