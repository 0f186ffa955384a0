//! Text: pasted, composed, or from a keyboard on the screen.

use schemas::ws::{Input, KeyAction};

/// At most so many characters go at once.
const PIECE_CHARS: usize = 4_096;

/// Stands in the text field, so that a keyboard on the screen has something to delete.
pub const SENTINEL: &str = "\u{200b}";

/// A text in pieces the server takes.
pub fn pieces(text: &str) -> Vec<Input> {
    let plain: Vec<char> = text
        .replace("\r\n", "\n")
        .chars()
        .filter(|c| *c != '\0')
        .collect();
    let piece = |chars: &[char]| Input::Text {
        text: chars.iter().collect(),
    };
    plain.chunks(PIECE_CHARS).map(piece).collect()
}

/// What was typed into the text field, which held the sentinel before: text, a line's end, or a
/// deletion when the sentinel is gone.
pub fn typed(value: &str) -> Vec<Input> {
    let text = value.replace(SENTINEL, "");
    match text.as_str() {
        "" if value.is_empty() => key("Backspace"),
        "\n" => key("Enter"),
        _ => pieces(&text),
    }
}

fn key(name: &str) -> Vec<Input> {
    let one = |action| Input::Key {
        action,
        key: name.to_owned(),
        code: name.to_owned(),
        modifiers: 0,
    };
    [KeyAction::Down, KeyAction::Up].map(one).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text_of(input: &Input) -> &str {
        match input {
            Input::Text { text } => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_screen_keyboard_types_deletes_and_ends_lines() {
        assert_eq!(text_of(&typed("\u{200b}ñ á ¿ €")[0]), "ñ á ¿ €");
        assert_eq!(typed(SENTINEL), []);
        assert!(matches!(&typed("")[0], Input::Key { key, .. } if key == "Backspace"));
        assert!(matches!(&typed("\u{200b}\n")[1], Input::Key { key, .. } if key == "Enter"));
    }

    proptest! {
        #[test]
        fn pieces_are_the_text(text in "[a-zñ€\u{1F600}\n]{0,9000}") {
            let pieces = pieces(&text);
            let whole: String = pieces.iter().map(text_of).collect();
            prop_assert_eq!(whole, text);
            for piece in &pieces {
                let count = text_of(piece).chars().count();
                prop_assert!((1..=4_096).contains(&count));
            }
        }
    }
}
