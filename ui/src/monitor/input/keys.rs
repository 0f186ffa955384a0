//! Keyboard: what goes as a key, what as text, and what stays with the user's own browser.
//!
//! Plain ASCII and named keys go as keys, so that a page that listens to keys hears them. What a
//! layout makes of several keys (AltGr, Option), and what is not ASCII, goes as text: it arrives
//! once and right whatever the layout there. Composition is left to the text field under the canvas
//! and comes out of it as text.

use schemas::ws::{Input, KeyAction};
use std::collections::BTreeMap;

/// Two Escapes within this time leave the browser.
const LEAVE_WITHIN_MS: u64 = 800;

const ALT: u8 = 1;
const CTRL: u8 = 2;
const META: u8 = 4;
const SHIFT: u8 = 8;

/// A key event, as `KeyboardEvent` tells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Press<'a> {
    pub now_ms: u64,
    pub key: &'a str,
    pub code: &'a str,
    /// 1 Alt, 2 Ctrl, 4 Meta, 8 Shift.
    pub modifiers: u8,
    /// `getModifierState("AltGraph")`
    pub alt_graph: bool,
    /// `isComposing`, or the key code 229 that stands for it.
    pub composing: bool,
    pub repeat: bool,
}

/// What becomes of a key event.
#[derive(Clone, Debug, PartialEq)]
pub enum Ruling {
    /// It goes to the agent's browser, and nowhere else.
    Send(Vec<Input>),
    /// The user's browser does with it what it does.
    Leave,
    /// The user wants out.
    Exit,
}

/// The keyboard as the page has seen it so far.
#[derive(Debug, Default)]
pub struct Keyboard {
    /// On a Mac Meta does what Ctrl does on the agent's machine.
    mac: bool,
    /// Held keys: code → key.
    held: BTreeMap<String, String>,
    escaped_ms: Option<u64>,
    /// What was copied last was copied in the agent's browser.
    copied_there: bool,
}

impl Keyboard {
    /// `mac`: the user sits at a Mac.
    pub fn new(mac: bool) -> Self {
        Self {
            mac,
            ..Self::default()
        }
    }

    /// A key went down.
    pub fn down(&mut self, press: &Press<'_>) -> Ruling {
        if press.composing || matches!(press.key, "Dead" | "Process" | "Unidentified") {
            return Ruling::Leave;
        }
        if press.key == "Escape" && !press.repeat {
            let before = self.escaped_ms.replace(press.now_ms);
            if before.is_some_and(|at| press.now_ms.saturating_sub(at) <= LEAVE_WITHIN_MS) {
                self.escaped_ms = None;
                return Ruling::Exit;
            }
        }
        let command = is_command(press);
        if command && stays_here(press) {
            return Ruling::Leave;
        }
        if command && is_letter(press, 'v') && !self.copied_there {
            // The paste event brings the user's own clipboard.
            return Ruling::Leave;
        }
        if command && (is_letter(press, 'c') || is_letter(press, 'x')) {
            self.copied_there = true;
        }
        match kind(press, command) {
            Kind::Key => Ruling::Send(vec![self.key_down(press)]),
            Kind::Text => Ruling::Send(super::pieces(press.key)),
            Kind::Neither => Ruling::Leave,
        }
    }

    /// A key came up.
    pub fn up(&mut self, press: &Press<'_>) -> Ruling {
        let Some(key) = self.held.remove(press.code) else {
            return Ruling::Leave;
        };
        let mut inputs = vec![key_input(KeyAction::Up, &key, press.code, self.mask(press))];
        if self.mac && press.key == "Meta" {
            // A Mac tells nothing of keys let go while Meta is held.
            inputs.extend(self.release());
        }
        Ruling::Send(inputs)
    }

    /// Lets all keys go.
    pub fn release(&mut self) -> Vec<Input> {
        self.escaped_ms = None;
        let held = std::mem::take(&mut self.held);
        held.iter()
            .map(|(code, key)| key_input(KeyAction::Up, key, code, 0))
            .collect()
    }

    /// The user was elsewhere and may have copied something there.
    pub fn returned(&mut self) {
        self.copied_there = false;
    }

    /// Ctrl+V on the agent's machine: the user's own clipboard holds no text.
    pub fn paste_there(&self) -> Vec<Input> {
        [KeyAction::Down, KeyAction::Up]
            .map(|action| key_input(action, "v", "KeyV", CTRL))
            .to_vec()
    }

    fn key_down(&mut self, press: &Press<'_>) -> Input {
        let (key, code) = match press.key {
            "Meta" if self.mac => ("Control", press.code),
            key => (key, press.code),
        };
        if !code.is_empty() {
            self.held.insert(code.to_owned(), key.to_owned());
        }
        key_input(KeyAction::Down, key, code, self.mask(press))
    }

    fn mask(&self, press: &Press<'_>) -> u8 {
        match self.mac && press.modifiers & META != 0 {
            true => press.modifiers & !META | CTRL,
            false => press.modifiers & 15,
        }
    }
}

enum Kind {
    Key,
    Text,
    Neither,
}

/// A shortcut: Ctrl or Meta, but not AltGr, which shows as Ctrl and Alt on some systems.
fn is_command(press: &Press<'_>) -> bool {
    let ctrl = press.modifiers & CTRL != 0 && press.modifiers & ALT == 0;
    !press.alt_graph && (ctrl || press.modifiers & META != 0)
}

fn is_letter(press: &Press<'_>, letter: char) -> bool {
    press
        .key
        .eq_ignore_ascii_case(letter.encode_utf8(&mut [0; 4]))
}

/// What the user wants of their own browser: reload, tabs, windows, the address, zoom, its tools.
fn stays_here(press: &Press<'_>) -> bool {
    let shift = press.modifiers & SHIFT != 0;
    let tools = shift && ["i", "j"].iter().any(|k| press.key.eq_ignore_ascii_case(k));
    let own = [
        "r", "t", "n", "w", "l", "q", "+", "-", "=", "0", "Tab", "F4", "F5",
    ];
    tools || own.iter().any(|k| press.key.eq_ignore_ascii_case(k))
}

fn kind(press: &Press<'_>, command: bool) -> Kind {
    let mut chars = press.key.chars();
    let (first, more) = (chars.next(), chars.next());
    if let (Some(c), None) = (first, more) {
        let level_three = press.alt_graph
            || press.modifiers & (CTRL | ALT) == CTRL | ALT
            || press.modifiers & ALT != 0 && !c.is_ascii_alphanumeric();
        return match c {
            _ if c.is_control() => Kind::Neither,
            _ if command => Kind::Key,
            _ if level_three || !c.is_ascii() => Kind::Text,
            _ => Kind::Key,
        };
    }
    let known = matches!(
        press.key,
        "Enter"
            | "Tab"
            | "Backspace"
            | "Delete"
            | "Insert"
            | "Home"
            | "End"
            | "PageUp"
            | "PageDown"
            | "ArrowUp"
            | "ArrowDown"
            | "ArrowLeft"
            | "ArrowRight"
            | "Escape"
            | "Shift"
            | "Control"
            | "Alt"
            | "Meta"
            | "F1"
            | "F2"
            | "F3"
            | "F4"
            | "F6"
            | "F7"
            | "F8"
            | "F9"
            | "F10"
    );
    match known {
        true => Kind::Key,
        false => Kind::Neither,
    }
}

fn key_input(action: KeyAction, key: &str, code: &str, modifiers: u8) -> Input {
    Input::Key {
        action,
        key: key.to_owned(),
        code: code.to_owned(),
        modifiers,
    }
}

#[cfg(test)]
mod tests;
