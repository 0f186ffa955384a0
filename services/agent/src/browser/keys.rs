//! Keys: from `KeyboardEvent.code` to what Chromium wants (UI Events KeyboardEvent code Values;
//! Windows virtual-key codes).

use super::cdp::{Call, Cdp, Fault};
use serde_json::{Value, json};

/// `key`, `code`, virtual-key code.
pub(super) type Key = (&'static str, &'static str, u32);

pub(super) const TAB: Key = ("Tab", "Tab", 9);
pub(super) const BACKSPACE: Key = ("Backspace", "Backspace", 8);

/// Presses and releases a key that gives no text.
pub(super) async fn press(cdp: &Cdp, call: Call<'_>, key: Key) -> Result<(), Fault> {
    let (name, code, virtual_key) = key;
    let event = |kind: &str| json!({"type": kind, "key": name, "code": code, "windowsVirtualKeyCode": virtual_key});
    cdp.post(call, event("rawKeyDown"))?;
    cdp.call(call, event("keyUp")).await.map(|_| ())
}

/// Types one character with key events, for pages that listen to nothing else.
pub(super) async fn type_char(cdp: &Cdp, call: Call<'_>, c: char) -> Result<(), Fault> {
    let text = c.to_string();
    let code = match c.to_ascii_uppercase() {
        c @ 'A'..='Z' => format!("Key{c}"),
        c @ '0'..='9' => format!("Digit{c}"),
        _ => String::new(),
    };
    let virtual_key = virtual_key(&code).unwrap_or(0);
    let event = |kind: &str, text: &str| {
        json!({"type": kind, "key": c.to_string(), "code": code, "text": text,
            "windowsVirtualKeyCode": virtual_key})
    };
    cdp.post(call, event("keyDown", &text))?;
    cdp.call(call, event("keyUp", "")).await.map(|_| ())
}

/// The parameters of `Input.dispatchKeyEvent` for a human's key. A printable key gives its text,
/// unless Ctrl or Meta alone is held; AltGr shows as Ctrl and Alt together.
pub(super) fn human(down: bool, key: &str, code: &str, modifiers: u8) -> Value {
    let command = modifiers & 4 != 0 || (modifiers & 2 != 0 && modifiers & 1 == 0);
    let text = match key {
        "Enter" => "\r",
        printable if printable.chars().count() == 1 => printable,
        _ => "",
    };
    let mut event = json!({
        "key": key, "code": code, "windowsVirtualKeyCode": virtual_key(code).unwrap_or(0),
        "modifiers": modifiers, "location": location(code),
    });
    event["type"] = match (down, command || text.is_empty()) {
        (false, _) => "keyUp",
        (true, true) => "rawKeyDown",
        (true, false) => "keyDown",
    }
    .into();
    if event["type"] == "keyDown" {
        event["text"] = text.into();
    }
    event
}

fn location(code: &str) -> u8 {
    match code {
        c if c.starts_with("Numpad") => 3,
        c if c.ends_with("Left") && !c.starts_with("Arrow") && !c.starts_with("Bracket") => 1,
        c if c.ends_with("Right") && !c.starts_with("Arrow") && !c.starts_with("Bracket") => 2,
        _ => 0,
    }
}

/// The virtual-key code of a physical key; `None` for one that is not known.
pub(super) fn virtual_key(code: &str) -> Option<u32> {
    let tail = |prefix: &str| code.strip_prefix(prefix);
    if let Some(&[letter]) = tail("Key").map(str::as_bytes) {
        return Some(letter.into());
    }
    if let Some(&[digit]) = tail("Digit").map(str::as_bytes) {
        return Some(digit.into());
    }
    if let Some(digit) = tail("Numpad").and_then(|d| d.parse::<u32>().ok()) {
        return (digit < 10).then_some(96 + digit);
    }
    if let Some(number) = tail("F").and_then(|n| n.parse::<u32>().ok()) {
        return (1..=24).contains(&number).then_some(111 + number);
    }
    Some(match code {
        "Backspace" => 8,
        "Tab" => 9,
        "Enter" | "NumpadEnter" => 13,
        "ShiftLeft" | "ShiftRight" => 16,
        "ControlLeft" | "ControlRight" => 17,
        "AltLeft" | "AltRight" => 18,
        "Pause" => 19,
        "CapsLock" => 20,
        "Escape" => 27,
        "Space" => 32,
        "PageUp" => 33,
        "PageDown" => 34,
        "End" => 35,
        "Home" => 36,
        "ArrowLeft" => 37,
        "ArrowUp" => 38,
        "ArrowRight" => 39,
        "ArrowDown" => 40,
        "Insert" => 45,
        "Delete" => 46,
        "MetaLeft" => 91,
        "MetaRight" => 92,
        "ContextMenu" => 93,
        "NumpadMultiply" => 106,
        "NumpadAdd" => 107,
        "NumpadSubtract" => 109,
        "NumpadDecimal" => 110,
        "NumpadDivide" => 111,
        "Semicolon" => 186,
        "Equal" => 187,
        "Comma" => 188,
        "Minus" => 189,
        "Period" => 190,
        "Slash" => 191,
        "Backquote" => 192,
        "BracketLeft" => 219,
        "Backslash" => 220,
        "BracketRight" => 221,
        "Quote" => 222,
        "IntlBackslash" => 226,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_keys_type_and_shortcuts_do_not() {
        assert_eq!(human(true, "ñ", "Semicolon", 0)["text"], "ñ");
        assert_eq!(human(true, "€", "KeyE", 3)["text"], "€");
        assert_eq!(human(true, "a", "KeyA", 2)["type"], "rawKeyDown");
        assert_eq!(human(true, "Enter", "Enter", 0)["text"], "\r");
        assert_eq!(
            human(true, "Backspace", "Backspace", 0)["type"],
            "rawKeyDown"
        );
        assert!(human(true, "a", "KeyA", 4).get("text").is_none());
        assert_eq!(human(false, "a", "KeyA", 0)["type"], "keyUp");
    }

    #[test]
    fn physical_keys_have_their_codes() {
        for (code, expected) in [
            ("KeyA", 65),
            ("Digit7", 55),
            ("Numpad3", 99),
            ("F12", 123),
            ("ArrowUp", 38),
        ] {
            assert_eq!(virtual_key(code), Some(expected), "{code}");
        }
        assert_eq!(virtual_key("Fn"), None);
    }
}
