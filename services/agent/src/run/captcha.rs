//! Picture puzzles: the human reads, the agent types.

use super::ask::Reply;
use super::record::Note;
use super::steps::NOW;
use super::{Flow, Halt, Run};
use domain::task::{AnswerShape, InterventionKind, StepKind, StepOutcome};
use schemas::adapter::Captcha;

/// Longer than any puzzle's answer.
const MAX_CHARS: u32 = 64;

impl Run {
    /// Stops at the puzzle and asks. The answer comes as text, or the human types it into the
    /// browser under control.
    pub(super) async fn captcha(&mut self, captcha: &Captcha) -> Flow {
        self.appear(&captcha.answer).await?;
        if std::mem::take(&mut self.captcha_by_hand) && self.is_answered(captcha).await {
            let note = Note::begin(StepKind::Fill).field("captcha");
            return self.record(note, StepOutcome::Skipped).await;
        }
        self.put_cursor(captcha).await?;
        let again = match self.captcha_tries {
            0 => "",
            _ => "La respuesta anterior no fue correcta. ",
        };
        let guide = format!("{again}Escribe los caracteres de la imagen que muestra el portal.");
        let shape = AnswerShape::Text {
            max_chars: MAX_CHARS,
        };
        let reply = self.ask(InterventionKind::Captcha, &guide, shape).await?;
        match reply {
            Reply::Answered(serde_json::Value::String(answer)) => {
                self.ready().await?;
                let note = Note::begin(StepKind::Fill)
                    .field("captcha")
                    .content("*".repeat(answer.chars().count()));
                self.type_in(&captcha.answer, answer.trim(), note).await
            }
            // Solved in the browser; or the human says so.
            Reply::ByHand | Reply::GoOn | Reply::Answered(_) => {
                self.captcha_by_hand = true;
                self.replace = true;
                Err(Halt::Moved)
            }
            Reply::Declined => {
                self.manual(
                    "El portal pide un CAPTCHA. Captura la factura en tu navegador y sube los \
                     archivos.",
                )
                .await
            }
        }
    }

    /// The cursor stands in the answer's box: a human who takes over may type at once.
    async fn put_cursor(&mut self, captcha: &Captcha) -> Flow {
        self.ready().await?;
        let browser = self.browser()?;
        let placed = match browser.locate(&captcha.answer, NOW).await {
            Ok(control) => browser.click(&control).await,
            Err(error) => Err(error),
        };
        placed.map_err(|error| self.trouble("field", &error))
    }

    /// Something stands in the answer's field.
    async fn is_answered(&self, captcha: &Captcha) -> bool {
        let Ok(browser) = self.browser() else {
            return false;
        };
        match browser.locate(&captcha.answer, NOW).await {
            Ok(control) => browser.value(&control).await.is_ok_and(|v| !v.is_empty()),
            Err(_) => false,
        }
    }
}
