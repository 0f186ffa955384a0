//! Accounts at the plain portal: user and password, and for some a one-time code (RFC 6238). One
//! signs in before the same form; the control port makes accounts and counts what was tried.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Form, Router,
    extract::State,
    http::{HeaderMap, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha1::Sha1;

use crate::{
    Shared, clock,
    html::{self, Fields},
};

const COOKIE: &str = "paloma_cuenta";
const FRAME: &str = include_str!("../sites/plain/marco.html");
const SIGN_IN: &str = include_str!("../sites/plain/entrar.html");
const CODE: &str = include_str!("../sites/plain/codigo.html");
const HOME: &str = include_str!("../sites/plain/cuenta.html");
/// After so many wrong passwords an account is locked.
const LOCKED_AFTER: u32 = 3;
const PERIOD_S: u64 = 30;

/// An account as the control port is told of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    pub user: String,
    pub password: String,
    /// Base32; then a code is asked for, too.
    #[serde(default)]
    pub totp_secret: Option<String>,
}

/// What was tried with an account.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Tried {
    pub sign_ins: u32,
    pub wrong_passwords: u32,
    pub wrong_codes: u32,
}

struct Account {
    password: String,
    seed: Option<Vec<u8>>,
    /// A code is good once.
    last_period: u64,
    tried: Tried,
}

/// A visit behind the password.
#[derive(Clone)]
struct Visit {
    user: String,
    /// The code, too.
    signed_in: bool,
}

/// The accounts, and who is signed in.
#[derive(Default)]
pub(crate) struct Accounts {
    by_user: HashMap<String, Account>,
    visits: HashMap<String, Visit>,
}

impl Accounts {
    /// Makes an account, or makes it anew.
    pub(crate) fn set(&mut self, new: NewAccount) -> bool {
        let seed = match new.totp_secret.as_deref().map(base32) {
            Some(None) => return false,
            Some(seed) => seed,
            None => None,
        };
        let account = Account {
            password: new.password,
            seed,
            last_period: 0,
            tried: Tried::default(),
        };
        self.by_user.insert(new.user, account);
        true
    }

    pub(crate) fn tried(&self, user: &str) -> Option<Tried> {
        self.by_user.get(user).map(|account| account.tried)
    }

    /// Checks user and password; the cookie of the visit.
    fn enter(&mut self, user: &str, password: &str) -> Result<(String, Visit), &'static str> {
        let wrong = "El usuario o la contraseña no son los de ninguna cuenta.";
        let account = self.by_user.get_mut(user).ok_or(wrong)?;
        if account.tried.wrong_passwords >= LOCKED_AFTER {
            return Err("Su cuenta quedó bloqueada por demasiados intentos.");
        }
        if account.password != password {
            account.tried.wrong_passwords += 1;
            return Err(wrong);
        }
        let visit = Visit {
            user: user.to_owned(),
            signed_in: account.seed.is_none(),
        };
        account.tried.sign_ins += u32::from(visit.signed_in);
        let id = clock::random_id();
        self.visits.insert(id.clone(), visit.clone());
        Ok((id, visit))
    }

    /// Checks the code of a visit.
    fn give_code(&mut self, id: &str, code: &str, now_s: u64) -> bool {
        let Some(visit) = self.visits.get_mut(id) else {
            return false;
        };
        let Some(account) = self.by_user.get_mut(&visit.user) else {
            return false;
        };
        let seed = account.seed.as_deref().unwrap_or_default();
        let now = now_s / PERIOD_S;
        let good = (now.saturating_sub(1)..=now + 1)
            .find(|period| *period > account.last_period && hotp(seed, *period) == code);
        match good {
            Some(period) => {
                account.last_period = period;
                account.tried.sign_ins += 1;
                visit.signed_in = true;
            }
            None => account.tried.wrong_codes += 1,
        }
        good.is_some()
    }

    fn visit(&self, headers: &HeaderMap) -> Option<(String, Visit)> {
        let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
        let id = cookies
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then_some(value))?;
        Some((id.to_owned(), self.visits.get(id)?.clone()))
    }
}

/// The code of a period (RFC 4226).
fn hotp(seed: &[u8], period: u64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(seed).expect("HMAC takes a key of any length");
    mac.update(&period.to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let at = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes([mac[at] & 127, mac[at + 1], mac[at + 2], mac[at + 3]]);
    format!("{:06}", number % 1_000_000)
}

fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut out) = (0_u32, 0_u32, Vec::new());
    for c in text.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
            .iter()
            .position(|known| *known == c)?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 255).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Routes of the accounts.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/cuenta", get(home))
        .route("/cuenta/entrar", get(sign_in_page).post(sign_in))
        .route("/cuenta/codigo", get(code_page).post(code))
}

fn sign_in_form(message: &str) -> Html<String> {
    let values = [("message", message.to_owned())];
    html::page(FRAME, "Entrar", html::fill(SIGN_IN, &values))
}

fn code_form(message: &str) -> Html<String> {
    let values = [("message", message.to_owned())];
    html::page(FRAME, "Código", html::fill(CODE, &values))
}

async fn home(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    match shared.accounts().visit(&headers) {
        Some((_, visit)) if visit.signed_in => {
            let values = [("user", visit.user)];
            html::page(FRAME, "Su cuenta", html::fill(HOME, &values)).into_response()
        }
        Some(_) => Redirect::to("/cuenta/codigo").into_response(),
        None => Redirect::to("/cuenta/entrar").into_response(),
    }
}

async fn sign_in_page() -> Html<String> {
    sign_in_form("")
}

async fn sign_in(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Response {
    let entered = shared
        .accounts()
        .enter(fields.get("usuario"), fields.get("contrasena"));
    match entered {
        Ok((id, visit)) => {
            let cookie = format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax");
            let next = match visit.signed_in {
                true => "/cuenta",
                false => "/cuenta/codigo",
            };
            ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response()
        }
        Err(message) => sign_in_form(message).into_response(),
    }
}

async fn code_page(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    match shared.accounts().visit(&headers) {
        Some(_) => code_form("").into_response(),
        None => Redirect::to("/cuenta/entrar").into_response(),
    }
}

async fn code(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    let mut accounts = shared.accounts();
    let Some((id, _)) = accounts.visit(&headers) else {
        return Redirect::to("/cuenta/entrar").into_response();
    };
    let now_s = u64::try_from(clock::now().timestamp()).unwrap_or_default();
    match accounts.give_code(&id, fields.get("codigo"), now_s) {
        true => Redirect::to("/cuenta").into_response(),
        false => code_form("Ese código no es el de este momento.").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, SHA-1, its last six digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let seed = base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").expect("a seed");
        assert_eq!(seed, b"12345678901234567890");
        assert_eq!(hotp(&seed, 59 / PERIOD_S), "287082");
        assert_eq!(hotp(&seed, 1_111_111_109 / PERIOD_S), "081804");
        assert_eq!(base32("1"), None);
    }
}
