//! Image CAPTCHAs: random letters drawn as a distorted raster. Only this module (and through it
//! the control port) knows the answers.

mod draw;
mod glyphs;

use std::collections::{BTreeMap, VecDeque};

use crate::clock;

/// Oldest images are forgotten past this many.
const KEPT: usize = 2_000;
const LENGTH: usize = 5;

/// The images shown, by random id.
#[derive(Default)]
pub(crate) struct Captchas {
    shown: BTreeMap<String, (String, Vec<u8>)>,
    order: VecDeque<String>,
}

impl Captchas {
    /// Draws a new one and returns its id.
    pub(crate) fn draw(&mut self) -> String {
        let letters: Vec<char> = glyphs::ALPHABET.chars().collect();
        let answer: String = (0..LENGTH)
            .map(|_| letters[(clock::random() % letters.len() as u64) as usize])
            .collect();
        let image = draw::png(&answer, clock::random());
        let id = clock::random_id();
        self.shown.insert(id.clone(), (answer, image));
        self.order.push_back(id.clone());
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.shown.remove(&oldest);
        }
        id
    }

    /// The picture, as PNG.
    pub(crate) fn image(&self, id: &str) -> Option<Vec<u8>> {
        self.shown.get(id).map(|(_, image)| image.clone())
    }

    /// Whether these are the letters, in any case, spaces ignored.
    pub(crate) fn solved(&self, id: &str, typed: &str) -> bool {
        let typed: String = typed.split_whitespace().collect::<String>().to_uppercase();
        self.shown
            .get(id)
            .is_some_and(|(answer, _)| *answer == typed)
    }

    /// The answer; only the control port asks.
    pub(crate) fn answer(&self, id: &str) -> Option<&str> {
        self.shown.get(id).map(|(answer, _)| answer.as_str())
    }

    /// Id of the newest.
    pub(crate) fn latest(&self) -> Option<&str> {
        self.order.back().map(String::as_str)
    }
}
