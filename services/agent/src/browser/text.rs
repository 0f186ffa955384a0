//! What the page says, and what of it is new: the only text a message may be read from.

use super::world::World;
use super::{Browser, BrowserError};
use serde::Deserialize;
use serde_json::json;

/// What the page said at a moment.
#[derive(Clone, Debug)]
pub struct TextMark {
    world: World,
    lines: Vec<String>,
    sequence: u64,
    dialogs: usize,
}

#[derive(Deserialize)]
struct Marked {
    lines: Vec<String>,
    sequence: u64,
}

impl Browser {
    /// Remembers what the page says now.
    ///
    /// # Errors
    /// A browser that is lost or silent.
    pub async fn mark_text(&self) -> Result<TextMark, BrowserError> {
        let dialogs = self.shared.state().dialogs.len();
        let (world, marked) = self.shared.look::<Marked>("markText", json!([])).await?;
        Ok(TextMark {
            world,
            lines: marked.lines,
            sequence: marked.sequence,
            dialogs,
        })
    }

    /// What has appeared since, one text per line: message boxes first, then what the document
    /// shows now and did not before, and what it showed for a while. After a navigation: what the
    /// old document did not say, and all that stands in a message.
    ///
    /// # Errors
    /// A browser that is lost or silent.
    pub async fn new_text(&self, mark: &TextMark) -> Result<String, BrowserError> {
        self.shared.check()?;
        let mut found: Vec<String> = {
            let state = self.shared.state();
            state.dialogs.iter().skip(mark.dialogs).cloned().collect()
        };
        loop {
            let same = self.shared.world().await? == mark.world;
            let args = json!([mark.lines, same, mark.sequence]);
            let (world, lines) = self.shared.look::<Vec<String>>("newText", args).await?;
            // The document may have been replaced in between.
            if (world == mark.world) == same {
                found.extend(lines);
                return Ok(found.join("\n"));
            }
        }
    }

    /// All visible text of the page.
    ///
    /// # Errors
    /// A browser that is lost or silent.
    pub async fn text(&self) -> Result<String, BrowserError> {
        let (_, lines) = self.shared.look::<Vec<String>>("lines", json!([])).await?;
        Ok(lines.join("\n"))
    }
}
