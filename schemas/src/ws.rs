//! Frames of `/ws/{task_id}`. Text frames hold JSON; binary frames are live pictures.
//!
//! A live picture is `u32` big-endian header length, that many bytes of JSON [`FrameHeader`], then
//! the JPEG. Input goes back as JSON and is checked field by field on the server.

use super::event::PublicEvent;
use serde::{Deserialize, Serialize};

/// What the server sends as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    Event(PublicEvent),
    /// All that was missed has been sent; `sequence` is the last one.
    CaughtUp {
        sequence: u64,
    },
    /// The agent has stopped and the human may act.
    #[serde(rename = "control.ready")]
    ControlReady {
        control_epoch: u64,
    },
    /// Input was refused, and why.
    InputRefused {
        code: String,
    },
    /// The feed lives: every 3 s, whatever else is sent. A browser hides pings from the page.
    Beat {
        /// The server's clock, Unix time in milliseconds.
        at_ms: u64,
    },
}

/// What goes before a live picture's bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameHeader {
    /// Grows with each picture of a session.
    pub number: u64,
    /// Unix time in milliseconds when it was taken.
    pub at_ms: u64,
    /// CSS pixels of the page's viewport.
    pub width: f64,
    pub height: f64,
    /// Always `image/jpeg`.
    pub media_type: String,
}

/// What the client sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// The last picture was shown: send the next.
    FrameAck { number: u64 },
    /// Human input, under the control epoch given by `ControlTaken`.
    Input { control_epoch: u64, input: Input },
}

/// One human action. Coordinates are CSS pixels of the viewport.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Input {
    Mouse {
        action: MouseAction,
        x: f64,
        y: f64,
        #[serde(default)]
        button: MouseButton,
        /// Mask of the buttons held: 1 left, 2 right, 4 middle.
        #[serde(default)]
        buttons: u8,
        #[serde(default)]
        click_count: u8,
        /// Mask: 1 Alt, 2 Ctrl, 4 Meta, 8 Shift.
        #[serde(default)]
        modifiers: u8,
        #[serde(default)]
        delta_x: f64,
        #[serde(default)]
        delta_y: f64,
    },
    Key {
        action: KeyAction,
        /// `KeyboardEvent.key`.
        key: String,
        /// `KeyboardEvent.code`.
        code: String,
        #[serde(default)]
        modifiers: u8,
    },
    /// Composed text or a paste; at most 4,096 characters.
    Text { text: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MouseAction {
    Move,
    Down,
    Up,
    Wheel,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MouseButton {
    #[default]
    None,
    Left,
    Middle,
    Right,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyAction {
    Down,
    Up,
}
