use super::*;

fn press<'a>(key: &'a str, code: &'a str, modifiers: u8) -> Press<'a> {
    Press {
        now_ms: 1_000,
        key,
        code,
        modifiers,
        alt_graph: false,
        composing: false,
        repeat: false,
    }
}

fn key(action: KeyAction, key: &str, code: &str, modifiers: u8) -> Ruling {
    Ruling::Send(vec![key_input(action, key, code, modifiers)])
}

fn text(text: &str) -> Ruling {
    Ruling::Send(vec![Input::Text {
        text: text.to_owned(),
    }])
}

#[test]
fn plain_keys_go_down_and_up() {
    let mut keyboard = Keyboard::default();
    for (name, code) in [
        ("a", "KeyA"),
        ("Enter", "Enter"),
        (" ", "Space"),
        ("Tab", "Tab"),
    ] {
        let pressed = press(name, code, 0);
        assert_eq!(keyboard.down(&pressed), key(KeyAction::Down, name, code, 0));
        assert_eq!(keyboard.up(&pressed), key(KeyAction::Up, name, code, 0));
        assert_eq!(keyboard.up(&pressed), Ruling::Leave, "not held");
    }
    let shifted = press("A", "KeyA", SHIFT);
    assert_eq!(
        keyboard.down(&shifted),
        key(KeyAction::Down, "A", "KeyA", SHIFT)
    );
}

#[test]
fn what_the_layout_makes_arrives_once_as_text() {
    let mut keyboard = Keyboard::default();
    // A key of its own.
    assert_eq!(keyboard.down(&press("ñ", "Semicolon", 0)), text("ñ"));
    assert_eq!(keyboard.up(&press("ñ", "Semicolon", 0)), Ruling::Leave);
    assert_eq!(keyboard.down(&press("¿", "Equal", SHIFT)), text("¿"));
    // After a dead key, where the browser tells it so.
    assert_eq!(keyboard.down(&press("Dead", "Quote", 0)), Ruling::Leave);
    assert_eq!(keyboard.down(&press("á", "KeyA", 0)), text("á"));
    // AltGr as Linux, Windows and a Mac tell it.
    let alt_gr = Press {
        alt_graph: true,
        ..press("€", "KeyE", 0)
    };
    assert_eq!(keyboard.down(&alt_gr), text("€"));
    let windows = Press {
        alt_graph: true,
        ..press("@", "KeyQ", CTRL | ALT)
    };
    assert_eq!(keyboard.down(&windows), text("@"));
    assert_eq!(
        Keyboard::new(true).down(&press("@", "Digit2", ALT)),
        text("@")
    );
}

#[test]
fn a_composition_is_left_alone() {
    let composing = Press {
        composing: true,
        ..press("a", "KeyA", 0)
    };
    assert_eq!(Keyboard::default().down(&composing), Ruling::Leave);
}

#[test]
fn shortcuts_go_there_but_for_those_of_ones_own_browser() {
    let mut keyboard = Keyboard::default();
    for (name, code) in [("a", "KeyA"), ("c", "KeyC"), ("z", "KeyZ"), ("x", "KeyX")] {
        let expected = key(KeyAction::Down, name, code, CTRL);
        assert_eq!(keyboard.down(&press(name, code, CTRL)), expected);
    }
    for name in ["r", "t", "w", "l", "+", "Tab"] {
        assert_eq!(keyboard.down(&press(name, "", CTRL)), Ruling::Leave);
    }
    assert_eq!(keyboard.down(&press("F5", "F5", 0)), Ruling::Leave);
    assert_eq!(keyboard.down(&press("F12", "F12", 0)), Ruling::Leave);
}

#[test]
fn pasting_takes_what_was_copied_last() {
    let mut keyboard = Keyboard::default();
    let paste = press("v", "KeyV", CTRL);
    assert_eq!(keyboard.down(&paste), Ruling::Leave, "by the paste event");
    keyboard.down(&press("c", "KeyC", CTRL));
    assert_eq!(
        keyboard.down(&paste),
        key(KeyAction::Down, "v", "KeyV", CTRL)
    );
    keyboard.returned();
    assert_eq!(keyboard.down(&paste), Ruling::Leave);
}

#[test]
fn on_a_mac_meta_is_ctrl() {
    let mut keyboard = Keyboard::new(true);
    let meta = press("Meta", "MetaLeft", META);
    assert_eq!(
        keyboard.down(&meta),
        key(KeyAction::Down, "Control", "MetaLeft", CTRL)
    );
    assert_eq!(
        keyboard.down(&press("a", "KeyA", META)),
        key(KeyAction::Down, "a", "KeyA", CTRL)
    );
    let up = keyboard.up(&press("Meta", "MetaLeft", 0));
    let Ruling::Send(inputs) = up else {
        panic!("{up:?}");
    };
    assert_eq!(inputs.len(), 2, "the letter is let go, too");
}

#[test]
fn two_escapes_lead_out() {
    let mut keyboard = Keyboard::default();
    let escape = |now_ms| Press {
        now_ms,
        ..press("Escape", "Escape", 0)
    };
    assert!(matches!(keyboard.down(&escape(0)), Ruling::Send(_)));
    assert!(matches!(keyboard.down(&escape(2_000)), Ruling::Send(_)));
    assert_eq!(keyboard.down(&escape(2_500)), Ruling::Exit);
    assert!(matches!(keyboard.down(&escape(2_600)), Ruling::Send(_)));
}

#[test]
fn all_that_is_held_is_let_go() {
    let mut keyboard = Keyboard::default();
    keyboard.down(&press("Shift", "ShiftLeft", SHIFT));
    keyboard.down(&press("A", "KeyA", SHIFT));
    assert_eq!(keyboard.release().len(), 2);
    assert!(keyboard.release().is_empty());
}

#[test]
fn keys_that_mean_nothing_there_stay_here() {
    let mut keyboard = Keyboard::default();
    for name in [
        "CapsLock",
        "AltGraph",
        "AudioVolumeUp",
        "PrintScreen",
        "\u{7}",
    ] {
        assert_eq!(
            keyboard.down(&press(name, "X", 0)),
            Ruling::Leave,
            "{name:?}"
        );
    }
}
