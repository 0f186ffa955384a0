//! Signing in: with the account that the user has stored, on its own origin and nowhere else; else a
//! human signs in.
//!
//! Portals lock accounts after a few wrong passwords. So an account is typed once per answer: what
//! the portal refused is not tried again by any run, and where nobody knows what it said, not again
//! in this task.

mod account;
mod code;
mod doubt;
mod why;

use super::ask::Reply;
use super::record::Note;
use super::steps::{LOOK, NOW};
use super::{Flow, Halt, Run};
use crate::browser::{BrowserError, Held, Shown};
use domain::CredentialId;
use domain::task::{AnswerShape, CredentialPart, InterventionKind, StepKind, StepOutcome};
use doubt::last_used;
use kit::credentials::Part;
use schemas::adapter::{Locators, Login, Outcome};
use std::time::Duration;
use tokio::time::Instant;
use why::Why;

/// How long a portal may take to let somebody in.
const ANSWER: Duration = Duration::from_secs(20);
/// What a step shows of a secret, however long it is.
const MASK: &str = "********";

/// How far one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Form,
    Code,
    SignedIn,
}

/// What the portal said to a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    WentOn,
    /// [`Outcome::LoginRefused`] or [`Outcome::CodeRefused`].
    Refused(Outcome),
    /// Nothing that is understood.
    Nothing,
}

/// How what was typed is sent.
struct Press<'a> {
    at: &'a Locators,
    /// What the step is called in the log.
    name: &'static str,
    /// How far one was before anything was typed.
    from: Stage,
    /// Whether it is still to be sent.
    held: Held,
    /// The account that it is of; none for what a human typed.
    credential: Option<CredentialId>,
}

impl Run {
    /// Gets in, or finds that one is in already.
    pub(super) async fn login(&mut self, login: &Login) -> Flow {
        let anything = anything_of(login);
        let (mut typed, mut codes) = (false, 0);
        loop {
            self.appear(&anything).await?;
            match (self.stage(login).await?, &login.code) {
                (Stage::SignedIn, _) => return Ok(()),
                (Stage::Code, Some(code)) => {
                    self.give_code(login, code, codes > 0).await?;
                    codes += 1;
                }
                (Stage::Form | Stage::Code, _) if typed => {
                    return self.ask_to_sign_in(login, Why::InDoubt).await;
                }
                (Stage::Form | Stage::Code, _) => {
                    self.sign_in(login).await?;
                    typed = true;
                }
            }
        }
    }

    async fn stage(&self, login: &Login) -> Flow<Stage> {
        if self.on_page(&login.signed_in).await? {
            return Ok(Stage::SignedIn);
        }
        match &login.code {
            Some(code) if self.on_page(&code.at).await? => Ok(Stage::Code),
            _ => Ok(Stage::Form),
        }
    }

    /// Types user and password. `Ok`: the portal has taken them.
    async fn sign_in(&mut self, login: &Login) -> Flow {
        let credential = match self.usable(login).await? {
            Ok(credential) => credential,
            Err(why) => return self.ask_to_sign_in(login, why).await,
        };
        let username = self.value_of(&credential, Part::Username).await?;
        let password = self.value_of(&credential, Part::Password).await?;
        let (Some(username), Some(password)) = (username, password) else {
            return self.ask_to_sign_in(login, Why::NotStored).await;
        };
        self.use_it(login, credential.id, CredentialPart::Login)
            .await?;
        let from = self.begin_typing(login).await?;
        let mut held = self
            .type_secret(login, &login.username, "username", &username)
            .await?;
        if held == Held::Still {
            held = self
                .type_secret(login, &login.password, "password", &password)
                .await?;
        }
        drop((username, password));
        let press = Press {
            at: &login.press,
            name: doubt::LOGIN,
            from,
            held,
            credential: Some(credential.id),
        };
        match self.send(login, press).await? {
            Answer::WentOn => Ok(()),
            Answer::Nothing => self.ask_to_sign_in(login, Why::InDoubt).await,
            Answer::Refused(_) => self.ask_to_sign_in(login, Why::Refused).await,
        }
    }

    /// From here on, new text on the page answers what is typed: some pages send it by themselves.
    async fn begin_typing(&mut self, login: &Login) -> Flow<Stage> {
        self.ready().await?;
        let from = self.stage(login).await?;
        self.mark().await?;
        Ok(from)
    }

    async fn type_secret(
        &mut self,
        login: &Login,
        at: &Locators,
        name: &str,
        secret: &str,
    ) -> Flow<Held> {
        let note = Note::begin(StepKind::Fill).field(name).content(MASK);
        let browser = self.browser()?;
        let shown = match name {
            "password" => Shown::Dots,
            _ => Shown::Plain,
        };
        let typed = match browser.locate(at, NOW).await {
            Ok(control) => {
                let origin = login.origin();
                browser.fill_secret(&control, secret, &origin, shown).await
            }
            Err(error) => Err(error),
        };
        match typed {
            Ok(held) => {
                self.record(note, StepOutcome::Ok).await?;
                Ok(held)
            }
            Err(BrowserError::OtherOrigin { origin, .. }) => {
                self.record(note, StepOutcome::Failed).await?;
                self.ask_to_sign_in(login, Why::Elsewhere(origin)).await?;
                Ok(Held::NoLonger)
            }
            Err(error) => {
                self.record(note, StepOutcome::Failed).await?;
                Err(self.trouble("field", &error))
            }
        }
    }

    /// Sends what was typed, unless the page took it already, and hears what the portal says. The
    /// step is "ok" only when one gets on: a later run reads it.
    async fn send(&mut self, login: &Login, press: Press<'_>) -> Flow<Answer> {
        let note = Note::begin(StepKind::Click).field(press.name);
        if press.held == Held::Still {
            self.ready().await?;
            let browser = self.browser()?;
            let pressed = match browser.locate(press.at, NOW).await {
                Ok(button) => browser.click(&button).await,
                Err(error) => Err(error),
            };
            let settled = match pressed {
                Ok(()) => browser.settle().await,
                Err(error) => Err(error),
            };
            if settled.is_err() {
                self.done(note, settled, "button").await?;
                return Ok(Answer::Nothing);
            }
        }
        let answer = self.hear(login, press.from).await?;
        self.mark = None;
        let Answer::Refused(refusal) = answer else {
            let outcome = match answer {
                Answer::WentOn => StepOutcome::Ok,
                Answer::Refused(_) | Answer::Nothing => StepOutcome::Failed,
            };
            self.record(note, outcome).await?;
            return Ok(answer);
        };
        // The account first: what is recorded in the task may end the run.
        let refused = press.credential.or_else(|| match refusal {
            Outcome::LoginRefused => last_used(&self.view().history),
            _ => None,
        });
        if let Some(credential) = refused {
            self.never_again(credential).await?;
        }
        self.record(note, StepOutcome::Failed).await?;
        self.note_refusal(refusal).await?;
        Ok(answer)
    }

    async fn hear(&mut self, login: &Login, from: Stage) -> Flow<Answer> {
        let since = Instant::now();
        while since.elapsed() < ANSWER {
            // A refusal is read before a human, a pause or a lost lease may end the waiting.
            let said = self.portal_text().await?;
            if let Some(refusal @ (Outcome::LoginRefused | Outcome::CodeRefused)) = said {
                return Ok(Answer::Refused(refusal));
            }
            self.ready().await?;
            if let Some(outage @ (Outcome::PortalDown | Outcome::Blocked)) = said {
                self.mark = None;
                self.note_refusal(outage).await?;
                return Err(Halt::Portal(outage));
            }
            let stage = self.stage(login).await?;
            if stage == Stage::SignedIn || (from == Stage::Form && stage == Stage::Code) {
                return Ok(Answer::WentOn);
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(Answer::Nothing)
    }

    /// A human signs in; from there on the page decides.
    async fn ask_to_sign_in(&mut self, login: &Login, why: Why) -> Flow {
        let guide = why.guide(&login.origin());
        let kind = InterventionKind::Login;
        match self.ask(kind, &guide, AnswerShape::Control).await? {
            Reply::Declined => self.by_hand().await,
            Reply::ByHand | Reply::GoOn | Reply::Answered(_) => self.look_again(),
        }
    }

    fn look_again(&mut self) -> Flow {
        self.clock.restart();
        self.mark = None;
        self.replace = true;
        Err(Halt::Moved)
    }

    async fn by_hand(&mut self) -> Flow {
        let reason = "El portal pide iniciar sesión. Captura la factura en tu navegador y sube los \
                      archivos.";
        self.manual(reason).await
    }

    /// The origin of the page that is acted on.
    fn here(&self) -> Flow<String> {
        Ok(self.browser()?.url().origin().ascii_serialization())
    }
}

/// What may be on the page at this step.
fn anything_of(login: &Login) -> Locators {
    let code = login.code.iter().flat_map(|code| &code.at);
    let all = login.username.iter().chain(&login.signed_in).chain(code);
    all.cloned().collect()
}
