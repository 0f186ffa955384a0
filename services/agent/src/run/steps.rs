//! The steps of a plan that can be undone: go, fill, choose, press, wait.

use super::record::Note;
use super::{Flow, Halt, Run};
use crate::browser::BrowserError;
use crate::read::classify::Classifier;
use crate::read::{plan, values};
use domain::task::{StepKind, StepOutcome, TechnicalClass};
use schemas::adapter::{Locator, Locators, Outcome, StepPlan, ValueFormat};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// How long a control may take to appear.
pub(super) const APPEAR: Duration = Duration::from_secs(15);
/// After this a page is asked whether it is an error page.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a portal may take to answer a press.
const ANSWER: Duration = Duration::from_secs(10);
/// For a control that was seen already.
pub(super) const NOW: Duration = Duration::from_secs(3);
/// Between two looks at a page.
pub(super) const LOOK: Duration = Duration::from_millis(200);

impl Run {
    /// Does one step.
    pub(super) async fn step(&mut self, step: &StepPlan) -> Flow {
        match step {
            StepPlan::Goto { goto } => self.goto(goto).await,
            StepPlan::Fill {
                fill,
                at,
                format,
                optional,
            } => self.fill(fill, at, *format, *optional).await,
            StepPlan::Select {
                select,
                at,
                optional,
            } => self.select(select, at, *optional).await,
            StepPlan::Click {
                click,
                optional,
                checks,
            } => self.click(click, *optional, *checks).await,
            StepPlan::Expect { expect } => self.expect(expect).await,
            StepPlan::Captcha { captcha } => self.captcha(captcha).await,
            StepPlan::Login { login } => self.login(login).await,
            StepPlan::Submit { submit } => self.submit(submit).await,
            StepPlan::Download { download } => self.download(download).await,
        }
    }

    pub(super) async fn goto(&mut self, url: &Url) -> Flow {
        let host = url.host_str().unwrap_or_default();
        let note = Note::begin(StepKind::Navigate).content(format!("{host}{}", url.path()));
        let browser = self.browser()?;
        // What stands on a page from its beginning answers nothing.
        self.mark = None;
        let gone = browser.goto(url).await;
        self.done(note, gone, "entry").await?;
        self.mark().await
    }

    async fn fill(
        &mut self,
        field: &str,
        at: &Locators,
        format: Option<ValueFormat>,
        optional: bool,
    ) -> Flow {
        let note = Note::begin(StepKind::Fill).field(field);
        if optional && !self.on_page(at).await? {
            return self.record(note, StepOutcome::Skipped).await;
        }
        let value = self.value(field).await?;
        self.appear(at).await?;
        let text = values::written(&value, format);
        let note = note.content(values::masked(field, &value));
        self.type_in(at, &text, note).await
    }

    /// Types and reads back.
    pub(super) async fn type_in(&mut self, at: &Locators, text: &str, note: Note) -> Flow {
        let browser = self.browser()?;
        let filled = match browser.locate(at, NOW).await {
            Ok(control) => browser.fill(&control, text, true).await,
            Err(error) => Err(error),
        };
        self.done(note, filled, "field").await
    }

    async fn select(&mut self, field: &str, at: &Locators, optional: bool) -> Flow {
        let note = Note::begin(StepKind::Select).field(field);
        // How a purchase was paid may be unknown: then the portal's own choice stands.
        let unknown = field == "forma_pago" && !self.values.contains_key(field);
        if unknown || optional && !self.on_page(at).await? {
            return self.record(note, StepOutcome::Skipped).await;
        }
        let value = self.value(field).await?;
        self.appear(at).await?;
        let note = note.content(values::masked(field, &value));
        let text = values::option_text(field, &value).map(str::to_owned);
        let candidates: Vec<String> = [Some(value), text].into_iter().flatten().collect();
        let browser = self.browser()?;
        let chosen = match browser.locate(at, NOW).await {
            Ok(control) => browser.select(&control, &candidates).await,
            Err(error) => Err(error),
        };
        self.done(note, chosen, "choice").await
    }

    async fn click(&mut self, at: &Locators, optional: bool, checks: bool) -> Flow {
        let note = Note::begin(StepKind::Click).field(&name_of(at));
        if optional && !self.on_page(at).await? {
            return self.record(note, StepOutcome::Skipped).await;
        }
        self.appear(at).await?;
        let browser = self.browser()?;
        if checks {
            self.mark().await?;
        }
        let clicked = match browser.locate(at, NOW).await {
            Ok(control) => browser.click(&control).await,
            Err(error) => Err(error),
        };
        self.done(note, clicked, "button").await?;
        let settled = browser.settle().await;
        settled.map_err(|error| self.trouble("page", &error))?;
        if checks {
            self.heed_answer().await?;
        }
        Ok(())
    }

    /// After a press that the portal may refuse: waits until it says so, or the next control is
    /// there.
    async fn heed_answer(&mut self) -> Flow {
        let adapter = std::sync::Arc::clone(&self.adapter);
        let steps = self.way.plan(&adapter);
        let next = steps.get(self.way.at + 1).and_then(plan::control_of);
        let since = Instant::now();
        loop {
            self.ready().await?;
            self.heed_refusal().await?;
            let there = match next {
                Some(next) => self.on_page(next).await?,
                None => true,
            };
            // A missing control is the next step's to report.
            if there || since.elapsed() > ANSWER {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn expect(&mut self, at: &Locators) -> Flow {
        let note = Note::begin(StepKind::Wait).field(&name_of(at));
        self.appear(at).await?;
        self.record(note, StepOutcome::Ok).await
    }

    /// Waits until a control is there, or the portal refuses.
    ///
    /// # Errors
    /// The portal's refusal; `UnexpectedPage` when nothing comes.
    pub(super) async fn appear(&mut self, at: &Locators) -> Flow {
        let since = Instant::now();
        while !self.on_page(at).await? {
            self.heed_refusal().await?;
            if since.elapsed() > PATIENCE {
                self.heed_outage().await?;
                if self.portal_text().await? == Some(Outcome::AlreadyInvoiced) {
                    return Err(Halt::Portal(Outcome::AlreadyInvoiced));
                }
            }
            if since.elapsed() > APPEAR {
                let note = Note::begin(StepKind::Wait).field(&name_of(at));
                self.record(note, StepOutcome::Failed).await?;
                let text = format!("«{}» does not appear", name_of(at));
                return Err(Halt::Technical(TechnicalClass::UnexpectedPage, text));
            }
            // A human, a pause or a lost lease ends the waiting.
            self.ready().await?;
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Looks at the text that is new since the last mark.
    ///
    /// # Errors
    /// [`Halt::Portal`] when it is a refusal that changes anything on this way.
    pub(super) async fn heed_refusal(&mut self) -> Flow {
        let Some(outcome) = self.portal_text().await? else {
            return Ok(());
        };
        let harmless = match outcome {
            Outcome::Accepted => true,
            Outcome::AlreadyInvoiced => self.way.lookup.is_some(),
            _ => false,
        };
        if harmless {
            return Ok(());
        }
        self.mark = None;
        self.note_refusal(outcome).await?;
        Err(Halt::Portal(outcome))
    }

    /// A page without what is looked for: perhaps it says itself that the portal is down, or that
    /// it lets nobody in.
    async fn heed_outage(&self) -> Flow {
        let Ok(text) = self.browser()?.text().await else {
            return Ok(());
        };
        match meaning(&self.classifier, &text) {
            Some(outage @ (Outcome::PortalDown | Outcome::Blocked)) => {
                self.note_refusal(outage).await?;
                Err(Halt::Portal(outage))
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn note_refusal(&self, outcome: Outcome) -> Flow {
        let name = serde_json::to_value(outcome).unwrap_or_default();
        let note = Note::begin(StepKind::Refusal).content(name.as_str().unwrap_or_default());
        self.record(note, StepOutcome::Ok).await
    }

    /// What the text that is new since the last mark means.
    pub(super) async fn portal_text(&self) -> Flow<Option<Outcome>> {
        let Some(mark) = &self.mark else {
            return Ok(None);
        };
        let text = self.browser()?.new_text(mark).await;
        let text = text.map_err(|error| self.trouble("page", &error))?;
        Ok(meaning(&self.classifier, &text))
    }

    /// From here on, only what is new on the page is the portal's answer.
    pub(super) async fn mark(&mut self) -> Flow {
        let mark = self.browser()?.mark_text().await;
        self.mark = Some(mark.map_err(|error| self.trouble("page", &error))?);
        Ok(())
    }

    pub(super) async fn on_page(&self, at: &Locators) -> Flow<bool> {
        Ok(self.browser()?.exists(at).await)
    }

    /// A canonical value; asked for when the ticket has none.
    async fn value(&mut self, field: &str) -> Flow<String> {
        if let Some(value) = self.values.get(field) {
            return Ok(value.clone());
        }
        let value = self.missing(field).await?;
        self.values.insert(field.to_owned(), value.clone());
        Ok(value)
    }

    /// Records a step that ended, well or not.
    pub(super) async fn done<T>(
        &self,
        note: Note,
        result: Result<T, BrowserError>,
        what: &str,
    ) -> Flow {
        match result {
            Ok(_) => self.record(note, StepOutcome::Ok).await,
            Err(error) => {
                self.record(note, StepOutcome::Failed).await?;
                Err(self.trouble(what, &error))
            }
        }
    }

    /// A browser's error as a technical one.
    pub(super) fn trouble(&self, what: &str, error: &BrowserError) -> Halt {
        let class = match error {
            BrowserError::BrowserLost(_) | BrowserError::Start(_) => TechnicalClass::BrowserLost,
            BrowserError::Timeout { .. } => TechnicalClass::PageTimeout,
            BrowserError::LoadFailed(_) => TechnicalClass::PortalDown,
            BrowserError::DownloadFailed(_) => TechnicalClass::DownloadFailed,
            BrowserError::Gated => TechnicalClass::Internal,
            _ => TechnicalClass::UnexpectedPage,
        };
        tracing::info!(task = %self.id, what, %error, ?class, "browser trouble");
        Halt::Technical(class, format!("{what}: {error}"))
    }
}

/// What a text means, the browser's own page for a portal that did not answer among it.
fn meaning(classifier: &Classifier, text: &str) -> Option<Outcome> {
    let said = classifier.classify(text);
    said.or_else(|| is_browsers_own(text).then_some(Outcome::PortalDown))
}

/// Chromium's error pages name the error: `ERR_EMPTY_RESPONSE`.
fn is_browsers_own(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphabetic() && c != '_')
        .any(|word| word.strip_prefix("ERR_").is_some_and(|rest| rest.len() > 5))
}

/// The control's name for the log: its first locator.
pub(super) fn name_of(at: &Locators) -> String {
    at.first().map(Locator::text).unwrap_or_default().to_owned()
}
