//! Who may send input: the holder of the control lease, under its present epoch.

use domain::UserId;
use domain::task::{Control, Task};
use schemas::ws::{Input, KeyAction, MouseAction};
use std::time::{Duration, Instant};

const MESSAGES_PER_SECOND: u32 = 200;
const TEXT_LIMIT_CHARS: usize = 4096;
const KEY_LIMIT_CHARS: usize = 32;
const COORDINATE_LIMIT: f64 = 16_384.0;

/// The epoch under which that user holds control, if they do.
pub fn held_by(task: &Task, user: UserId) -> Option<u64> {
    match task.control {
        Control::User {
            user: holder,
            control_epoch,
        } if holder == user => Some(control_epoch),
        _ => None,
    }
}

/// Whether input may go to the agent.
///
/// # Errors
/// The stable code of the refusal.
pub fn admit(
    task: &Task,
    user: UserId,
    control_epoch: u64,
    input: &Input,
) -> Result<(), &'static str> {
    match held_by(task, user) {
        None => return Err("control-not-held"),
        Some(held) if held != control_epoch => return Err("stale-control-epoch"),
        Some(_) => {}
    }
    match is_sane(input) {
        true => Ok(()),
        false => Err("malformed-input"),
    }
}

fn is_sane(input: &Input) -> bool {
    let on_page = |v: f64| v.is_finite() && (0.0..=COORDINATE_LIMIT).contains(&v);
    let step = |v: f64| v.is_finite() && v.abs() <= COORDINATE_LIMIT;
    match input {
        Input::Mouse {
            action,
            x,
            y,
            buttons,
            click_count,
            modifiers,
            delta_x,
            delta_y,
            ..
        } => {
            let wheels = matches!(action, MouseAction::Wheel);
            on_page(*x)
                && on_page(*y)
                && *buttons < 32
                && *click_count <= 3
                && *modifiers < 16
                && (wheels && step(*delta_x) && step(*delta_y)
                    || *delta_x == 0.0 && *delta_y == 0.0)
        }
        Input::Key {
            action: KeyAction::Down | KeyAction::Up,
            key,
            code,
            modifiers,
        } => {
            key.chars().count() <= KEY_LIMIT_CHARS
                && code.chars().count() <= KEY_LIMIT_CHARS
                && *modifiers < 16
        }
        Input::Text { text } => !text.contains('\0') && text.chars().count() <= TEXT_LIMIT_CHARS,
    }
}

/// At most so many messages a second; a client beyond it is cut off.
pub struct Throttle {
    since: Instant,
    seen: u32,
}

impl Throttle {
    /// Starts counting now.
    pub fn new() -> Self {
        Self {
            since: Instant::now(),
            seen: 0,
        }
    }

    /// Counts one message; false when it is one too many.
    pub fn admits(&mut self) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            *self = Self::new();
        }
        self.seen += 1;
        self.seen <= MESSAGES_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::ws::MouseButton;

    fn mouse(x: f64, delta_y: f64, action: MouseAction) -> Input {
        Input::Mouse {
            action,
            x,
            y: 1.0,
            button: MouseButton::Left,
            buttons: 1,
            click_count: 1,
            modifiers: 0,
            delta_x: 0.0,
            delta_y,
        }
    }

    #[test]
    fn only_the_holder_under_the_present_epoch_gets_through() {
        let user = UserId(uuid::Uuid::from_u128(1));
        let input = &mouse(1.0, 0.0, MouseAction::Down);
        let mut task = Task::default();
        assert_eq!(admit(&task, user, 1, input), Err("control-not-held"));
        task.control = Control::User {
            user,
            control_epoch: 2,
        };
        assert_eq!(admit(&task, user, 1, input), Err("stale-control-epoch"));
        assert!(admit(&task, user, 2, input).is_ok());
        let other = UserId(uuid::Uuid::from_u128(2));
        assert_eq!(admit(&task, other, 2, input), Err("control-not-held"));
    }

    #[test]
    fn absurd_input_is_refused() {
        assert!(!is_sane(&mouse(f64::NAN, 0.0, MouseAction::Move)));
        assert!(!is_sane(&mouse(-1.0, 0.0, MouseAction::Move)));
        assert!(!is_sane(&mouse(1.0, 5.0, MouseAction::Down)));
        assert!(is_sane(&mouse(1.0, -120.0, MouseAction::Wheel)));
        let text = "ñ".repeat(TEXT_LIMIT_CHARS);
        assert!(is_sane(&Input::Text { text: text.clone() }));
        assert!(!is_sane(&Input::Text { text: text + "x" }));
    }
}
