//! The second step of signing in: a one-time code, computed of the stored seed or asked for.

use super::doubt::{CODE, TYPED_CODE, in_doubt};
use super::why::Why;
use super::{Answer, Press, Reply};
use crate::run::steps::NOW;
use crate::run::{Flow, Run};
use domain::CredentialId;
use domain::task::{AnswerShape, CredentialPart, InterventionKind};
use kit::credentials::Part;
use kit::totp::Totp;
use schemas::adapter::{Locators, Login, LoginCode, Outcome};
use std::time::Duration;
use zeroize::Zeroizing;

/// A code that ends sooner, or in the second half of a short period, is not typed: the next one is
/// waited for. Typing and sending it take a while.
const LEAST_S: u64 = 10;
/// Longer than any one-time code.
const CODE_CHARS: u32 = 16;

impl Run {
    /// Gives the one-time code: computed, or asked for.
    pub(super) async fn give_code(&mut self, login: &Login, code: &LoginCode, again: bool) -> Flow {
        let here = self.here()?;
        if here != login.origin() {
            return self.ask_to_sign_in(login, Why::Elsewhere(here)).await;
        }
        let Some((credential, totp)) = self.seed(login).await? else {
            return self.ask_code(login, code, again).await;
        };
        self.use_it(login, credential, CredentialPart::Totp).await?;
        self.await_control(&code.at).await?;
        let fresh = self.fresh_code(&totp).await?;
        self.send_code(login, code, &fresh, Some(credential)).await
    }

    /// Types and sends a code, of that account's seed or a human's. Whether one is in, or a code is
    /// asked for once more, the page says next time around.
    async fn send_code(
        &mut self,
        login: &Login,
        code: &LoginCode,
        text: &str,
        credential: Option<CredentialId>,
    ) -> Flow {
        let from = self.begin_typing(login).await?;
        let held = self.type_secret(login, &code.at, "code", text).await?;
        let press = Press {
            at: &code.press,
            name: match credential {
                Some(_) => CODE,
                None => TYPED_CODE,
            },
            from,
            held,
            credential,
        };
        match self.send(login, press).await? {
            Answer::Refused(Outcome::LoginRefused) => {
                self.ask_to_sign_in(login, Why::Refused).await
            }
            Answer::Refused(_) | Answer::WentOn | Answer::Nothing => Ok(()),
        }
    }

    /// The seed of the stored account, unless it was refused, or is in doubt in this task.
    async fn seed(&mut self, login: &Login) -> Flow<Option<(CredentialId, Totp)>> {
        let Some(credential) = self.stored().await? else {
            return Ok(None);
        };
        let (id, part) = (credential.id, CredentialPart::Totp);
        let doubtful = in_doubt(&self.view().history, id, part);
        if credential.refused || doubtful || credential.data.origin != login.origin() {
            return Ok(None);
        }
        let address = self.value_of(&credential, Part::Totp).await?;
        let totp = address.and_then(|address| Totp::parse(&address).ok());
        Ok(totp.map(|totp| (id, totp)))
    }

    /// Waits until the code can be typed: what is computed before that may be late.
    async fn await_control(&mut self, at: &Locators) -> Flow {
        let browser = self.browser()?;
        let there = match browser.locate(at, NOW).await {
            Ok(control) => browser.fillable(&control).await,
            Err(error) => Err(error),
        };
        there
            .map(|_| ())
            .map_err(|error| self.trouble("field", &error))
    }

    /// The code of this moment, by the database's clock; of the next one when it ends at once.
    async fn fresh_code(&mut self, totp: &Totp) -> Flow<Zeroizing<String>> {
        loop {
            self.ready().await?;
            let now_s = u64::try_from(self.journal.time().timestamp()).unwrap_or_default();
            let left_s = totp.remaining_s(now_s);
            if left_s >= LEAST_S.min(totp.period_s() / 2) {
                return Ok(totp.code(now_s));
            }
            tokio::time::sleep(Duration::from_secs(left_s)).await;
        }
    }

    async fn ask_code(&mut self, login: &Login, code: &LoginCode, again: bool) -> Flow {
        let before = match again {
            true => "El código anterior no fue aceptado. ",
            false => "",
        };
        let guide = format!("{before}Escribe el código de un solo uso que pide el portal.");
        let shape = AnswerShape::Text {
            max_chars: CODE_CHARS,
        };
        match self.ask(InterventionKind::TwoFactor, &guide, shape).await? {
            Reply::Answered(serde_json::Value::String(answer)) => {
                let answer = Zeroizing::new(answer);
                self.send_code(login, code, answer.trim(), None).await
            }
            Reply::ByHand | Reply::GoOn | Reply::Answered(_) => self.look_again(),
            Reply::Declined => self.by_hand().await,
        }
    }
}
