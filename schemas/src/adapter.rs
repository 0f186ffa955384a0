//! The portal-adapter format: one vendor's portal described as data.
//!
//! An adapter is a YAML file, read at run time. It says where the portal is, what a ticket of it
//! holds, the way from the entry page to the files, which step can't be undone, how an invoice is
//! recovered, and what the portal's messages mean. It never holds code.
//!
//! ```yaml
//! id: la-paloma
//! name: Abarrotes La Paloma
//! version: 1
//! hosts: ["facturas.lapaloma.example"]
//! entry: https://facturas.lapaloma.example/
//! fields:
//!   - { name: ticket, label: Número de ticket, kind: text, pattern: "^[0-9]{8}$" }
//!   - { name: total, label: Total, kind: money }
//!   - { name: fecha, label: Fecha de compra, kind: date }
//! identity: [ticket]
//! steps:
//!   - goto: https://facturas.lapaloma.example/
//!   - fill: ticket
//!     at: [{ label: Número de ticket }, { css: "#t" }]
//!   - submit: [{ button: Generar factura }]
//!   - download: { xml: [{ link: Descargar XML }], pdf: [{ link: Descargar PDF }] }
//! recover:
//!   - click: [{ link: Recuperar factura }]
//! outcomes:
//!   - { is: accepted, text: "tu comprobante está listo" }
//!   - { is: not_found, text: "no tenemos ese ticket" }
//! ```

use domain::fiscal::Window;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use thiserror::Error;
use url::Url;

/// One portal or platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// Stable, kebab-case; the file's stem.
    pub id: String,
    pub name: String,
    pub version: u32,
    /// Tried against the live portal.
    #[serde(default)]
    pub verified: bool,
    /// Whether the portal's terms let an agent act for the ticket's holder.
    #[serde(default)]
    pub automation: Automation,
    /// `host` or `host:port` that may be navigated to and receive form data.
    pub hosts: Vec<String>,
    /// Hosts that may also be loaded from; empty: any public address.
    #[serde(default)]
    pub assets: Vec<String>,
    /// The first page.
    pub entry: Url,
    /// The issuer's RFC when the portal has one issuer; a difference is a warning.
    #[serde(default)]
    pub issuer_rfc: Option<String>,
    #[serde(default)]
    pub needs_human: NeedsHuman,
    /// Runs at the same time.
    #[serde(default = "one")]
    pub parallel: u16,
    /// Least time between two starts.
    #[serde(default)]
    pub pause_ms: u64,
    /// How long the portal keeps a session.
    #[serde(default = "ten")]
    pub session_minutes: u32,
    #[serde(default)]
    pub window: Window,
    /// How long after the purchase the portal has the ticket.
    #[serde(default)]
    pub not_before_minutes: u32,
    /// How the files come.
    #[serde(default)]
    pub delivery: Delivery,
    /// What the user types from the ticket.
    pub fields: Vec<TicketField>,
    /// The fields that make a ticket the same; never the total.
    pub identity: Vec<String>,
    /// From the entry to the files.
    pub steps: Vec<StepPlan>,
    /// From the entry to the files of an invoice made before.
    #[serde(default)]
    pub recover: Vec<StepPlan>,
    /// What the portal's messages mean; the first match wins.
    pub outcomes: Vec<OutcomePattern>,
}

fn one() -> u16 {
    1
}

fn ten() -> u32 {
    10
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Automation {
    #[default]
    Allowed,
    /// The user goes through the portal by hand, with everything prepared.
    Forbidden,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeedsHuman {
    #[default]
    Sometimes,
    /// No browser starts before the owner says so.
    Always,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    #[default]
    Download,
    Email,
}

/// One value from the ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketField {
    /// Canonical name: `ticket`, `folio`, `sucursal`, `total`, `fecha` …
    pub name: String,
    /// As printed on the ticket, in Spanish.
    pub label: String,
    pub kind: FieldKind,
    #[serde(default = "yes")]
    pub required: bool,
    /// Regular expression over the normalised value (upper-case, no spaces).
    #[serde(default)]
    pub pattern: Option<String>,
    /// For `choice`.
    #[serde(default)]
    pub options: Vec<String>,
    /// Where to find it on the ticket.
    #[serde(default)]
    pub help: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    /// Pesos with two decimals.
    Money,
    /// The day of the purchase.
    Date,
    Choice,
}

/// One way to name a control on a page. A list of them is tried in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Locator {
    /// A form control by its visible label, compared without case, accents and `*:#.`.
    Label(String),
    /// A button by its text.
    Button(String),
    /// A link by its text.
    Link(String),
    Id(String),
    /// The `name` attribute.
    Name(String),
    Css(String),
    Xpath(String),
    /// Any element whose own text holds this.
    Text(String),
}

impl Locator {
    /// What it looks for.
    pub fn text(&self) -> &str {
        match self {
            Self::Label(text)
            | Self::Button(text)
            | Self::Link(text)
            | Self::Id(text)
            | Self::Name(text)
            | Self::Css(text)
            | Self::Xpath(text)
            | Self::Text(text) => text,
        }
    }
}

/// How the agent's own presses begin in the log. Those of a plan are called by their locator, and
/// none of them may pass for one of signing in.
pub const OWN_PRESS: &str = "relevo:";

/// A locator cascade.
pub type Locators = Vec<Locator>;

/// One step. The key names what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum StepPlan {
    Goto {
        goto: Url,
    },
    /// Types a canonical field (`ticket`, `rfc`, `nombre`, `cp`, `email` …) and reads it back.
    Fill {
        fill: String,
        at: Locators,
        /// How the value is written; the field's own form when absent.
        #[serde(default)]
        format: Option<ValueFormat>,
        /// Go on when the control is not there.
        #[serde(default)]
        optional: bool,
    },
    /// Chooses an option (`regimen`, `uso_cfdi`, `forma_pago`, `sucursal` …): by SAT code, then by text.
    Select {
        select: String,
        at: Locators,
        #[serde(default)]
        optional: bool,
    },
    /// Presses something that can be undone.
    Click {
        click: Locators,
        #[serde(default)]
        optional: bool,
        /// Texts to classify by `outcomes` after the click: the portal may refuse here.
        #[serde(default)]
        checks: bool,
    },
    /// Waits until one of these is visible, or a refusal is.
    Expect {
        expect: Locators,
    },
    /// A picture puzzle: a human types its answer.
    Captcha {
        captcha: Captcha,
    },
    /// Signing in: with the account that the user has stored, else by a human.
    Login {
        login: Login,
    },
    /// The step that can't be undone: intent, click, outcome.
    Submit {
        submit: Locators,
    },
    /// The files.
    Download {
        download: Files,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueFormat {
    /// `31/12/2026`.
    DateDmy,
    /// `2026-12-31`, as `<input type=date>` wants it.
    DateIso,
    /// `1234.50`.
    Decimal,
    /// The RFC without its last three characters.
    RfcStem,
    /// The last three characters of the RFC.
    RfcHomoclave,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captcha {
    pub image: Locators,
    pub answer: Locators,
    /// What the portal says when the answer was wrong.
    #[serde(default)]
    pub wrong: Option<String>,
}

/// How one signs in: user and password on one page, and perhaps a one-time code on the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The only place where they may be typed: `https://host`, on one of `hosts`. Plain `http` for
    /// loopback addresses only.
    pub origin: Url,
    pub username: Locators,
    pub password: Locators,
    /// Sends them.
    pub press: Locators,
    /// Where the portal asks for a one-time code (RFC 6238), if it ever does.
    #[serde(default)]
    pub code: Option<LoginCode>,
    /// What is on the page for those who are signed in, and for nobody else.
    pub signed_in: Locators,
}

/// Where a one-time code is typed, on the same origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginCode {
    pub at: Locators,
    pub press: Locators,
}

impl Login {
    /// The origin as browsers write it (RFC 6454).
    pub fn origin(&self) -> String {
        self.origin.origin().ascii_serialization()
    }

    fn check(&self, adapter: &Adapter) -> Result<(), String> {
        let url = &self.origin;
        let bare = format!("{}/", self.origin());
        if url.as_str() != bare {
            return Err(format!("login: {url} is more than an origin"));
        }
        if !adapter.allows(url) {
            return Err(format!("login: {url} is not on one of `hosts`"));
        }
        if url.scheme() != "https" && !is_loopback(url) {
            return Err(format!("login: {url} is not https"));
        }
        let code = self.code.as_ref().map(|code| [&code.at, &code.press]);
        let all = [&self.username, &self.password, &self.press, &self.signed_in];
        if all
            .into_iter()
            .chain(code.into_iter().flatten())
            .any(Vec::is_empty)
        {
            return Err("login: a control without locators".to_owned());
        }
        Ok(())
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Where the files are. At least one of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    #[serde(default)]
    pub xml: Locators,
    #[serde(default)]
    pub pdf: Locators,
    /// One archive with both.
    #[serde(default)]
    pub zip: Locators,
}

/// What a message means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomePattern {
    pub is: Outcome,
    /// Regular expression on lower-case, unaccented, space-collapsed text that appeared after the action.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Accepted,
    AlreadyInvoiced,
    NotFound,
    Expired,
    TooNew,
    AmountDiffers,
    FiscalDataRefused,
    /// The form lacks a value, or holds one it can't be sent with. It says nothing of whether an
    /// invoice exists.
    MissingData,
    CaptchaWrong,
    /// User or password are not taken, or the account is locked.
    LoginRefused,
    /// The one-time code is not taken.
    CodeRefused,
    PortalDown,
    Blocked,
}

/// Why an adapter can't be used. `Display` names the place.
#[derive(Debug, Error)]
pub enum AdapterError {
    #[error("{file}: not a valid adapter: {message}")]
    Format { file: String, message: String },
    #[error("{file}: {problem}")]
    Content { file: String, problem: String },
}

impl Adapter {
    /// Parses and checks one file.
    ///
    /// # Errors
    /// The first misfit, with the file's name.
    pub fn from_yaml(file: &str, text: &str) -> Result<Self, AdapterError> {
        let adapter: Self = serde_saphyr::from_str(text).map_err(|e| AdapterError::Format {
            file: file.to_owned(),
            message: e.to_string(),
        })?;
        adapter.check().map_err(|problem| AdapterError::Content {
            file: file.to_owned(),
            problem,
        })?;
        Ok(adapter)
    }

    /// The field of that canonical name.
    pub fn field(&self, name: &str) -> Option<&TicketField> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// How one signs in, if the portal has accounts.
    pub fn login(&self) -> Option<&Login> {
        self.logins().next()
    }

    fn logins(&self) -> impl Iterator<Item = &Login> {
        let steps = self.steps.iter().chain(&self.recover);
        steps.filter_map(|step| match step {
            StepPlan::Login { login } => Some(login),
            _ => None,
        })
    }

    /// Whether a URL may be navigated to.
    pub fn allows(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else {
            return false;
        };
        let with_port = url
            .port_or_known_default()
            .map(|port| format!("{host}:{port}"));
        matches!(url.scheme(), "http" | "https")
            && self.hosts.iter().any(|allowed| {
                allowed == host && url.port().is_none() || Some(allowed) == with_port.as_ref()
            })
    }

    fn check(&self) -> Result<(), String> {
        let ok_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || !self.id.chars().all(ok_id) {
            return Err(format!("id: «{}» is not kebab-case", self.id));
        }
        if !self.allows(&self.entry) {
            return Err(format!("entry: {} is not on one of `hosts`", self.entry));
        }
        let names: BTreeSet<&str> = self.fields.iter().map(|f| f.name.as_str()).collect();
        if names.len() != self.fields.len() {
            return Err("fields: a name stands twice".to_owned());
        }
        if self.identity.is_empty() {
            return Err("identity: at least one field".to_owned());
        }
        for name in &self.identity {
            if name == "total" || !names.contains(name.as_str()) {
                return Err(format!("identity: «{name}» is no field, or the total"));
            }
        }
        let submits = self
            .steps
            .iter()
            .filter(|s| matches!(s, StepPlan::Submit { .. }))
            .count();
        if submits != 1 {
            return Err(format!("steps: exactly one `submit`, found {submits}"));
        }
        if self
            .recover
            .iter()
            .any(|s| matches!(s, StepPlan::Submit { .. }))
        {
            return Err("recover: never holds a `submit`".to_owned());
        }
        if !self.outcomes.iter().any(|o| o.is == Outcome::Accepted) {
            return Err("outcomes: none says `accepted`".to_owned());
        }
        self.check_presses()?;
        self.check_logins()
    }

    fn check_presses(&self) -> Result<(), String> {
        let steps = self.steps.iter().chain(&self.recover);
        let pressed = steps.filter_map(|step| match step {
            StepPlan::Click { click, .. } => Some(click),
            _ => None,
        });
        let mut texts = pressed.flatten().map(Locator::text);
        match texts.find(|text| text.starts_with(OWN_PRESS)) {
            Some(text) => Err(format!("click: «{text}» begins with «{OWN_PRESS}»")),
            None => Ok(()),
        }
    }

    fn check_logins(&self) -> Result<(), String> {
        for login in self.logins() {
            login.check(self)?;
        }
        let mut origins = self.logins().map(Login::origin);
        if let Some(first) = origins.next() {
            if origins.any(|other| other != first) {
                return Err("login: more than one origin".to_owned());
            }
            if !self.outcomes.iter().any(|o| o.is == Outcome::LoginRefused) {
                return Err("outcomes: none says `login_refused`".to_owned());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const EXAMPLE: &str = r##"
id: la-paloma
name: Abarrotes La Paloma
version: 1
hosts: ["127.0.0.1:8411"]
entry: http://127.0.0.1:8411/
window: { rule: { days: 30 }, verified: printed }
fields:
  - { name: ticket, label: Número de ticket, kind: text, pattern: "^[0-9]{8}$" }
  - { name: total, label: Total, kind: money }
identity: [ticket]
steps:
  - goto: http://127.0.0.1:8411/
  - fill: ticket
    at: [{ label: Número de ticket }, { css: "#t" }]
  - select: uso_cfdi
    at: [{ name: uso }]
  - click: [{ button: Siguiente }]
    checks: true
  - captcha: { image: [{ css: img }], answer: [{ id: respuesta }] }
  - submit: [{ button: Generar factura }]
  - download: { xml: [{ link: XML }] }
recover:
  - click: [{ link: Recuperar }]
outcomes:
  - { is: accepted, text: "listo" }
"##;

    #[test]
    fn the_example_parses() {
        let adapter = Adapter::from_yaml("la-paloma.yaml", EXAMPLE).unwrap();
        assert_eq!(adapter.steps.len(), 7);
        assert!(matches!(adapter.steps[4], StepPlan::Captcha { .. }));
        assert!(adapter.allows(&"http://127.0.0.1:8411/x".parse().unwrap()));
        assert!(!adapter.allows(&"http://127.0.0.1:9/x".parse().unwrap()));
        assert!(!adapter.allows(&"file:///etc/passwd".parse().unwrap()));
    }

    #[test]
    fn the_total_never_identifies_a_ticket() {
        let text = EXAMPLE.replace("identity: [ticket]", "identity: [ticket, total]");
        let error = Adapter::from_yaml("x.yaml", &text).unwrap_err();
        assert!(error.to_string().contains("identity"), "{error}");
    }

    const LOGIN: &str = r#"  - login:
      origin: http://127.0.0.1:8411
      username: [{ label: Usuario }]
      password: [{ label: Contraseña }]
      press: [{ button: Entrar }]
      code: { at: [{ label: Código }], press: [{ button: Verificar }] }
      signed_in: [{ link: Salir }]
"#;

    fn with_login(login: &str) -> Result<Adapter, AdapterError> {
        let text = EXAMPLE.replace("  - fill: ticket\n", &format!("{login}  - fill: ticket\n"));
        let refused = "outcomes:\n  - { is: login_refused, text: no son }";
        Adapter::from_yaml("x.yaml", &text.replace("outcomes:", refused))
    }

    #[test]
    fn a_login_has_one_origin_on_one_of_the_hosts() {
        let adapter = with_login(LOGIN).unwrap();
        assert_eq!(adapter.login().unwrap().origin(), "http://127.0.0.1:8411");
        let without = Adapter::from_yaml("x.yaml", EXAMPLE).unwrap();
        assert_eq!(without.login(), None);
        let at = |origin: &str| LOGIN.replace("http://127.0.0.1:8411", origin);
        for (login, problem) in [
            (at("http://127.0.0.1:8411/entrar"), "more than an origin"),
            (at("http://ana@127.0.0.1:8411"), "more than an origin"),
            (at("https://evil.example"), "not on one of `hosts`"),
            (at("http://127.0.0.1:9"), "not on one of `hosts`"),
            (LOGIN.replace("[{ link: Salir }]", "[]"), "without locators"),
        ] {
            let error = with_login(&login).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn a_login_is_encrypted_unless_it_is_on_this_machine() {
        let named = |scheme: &str| {
            let text = EXAMPLE.replace("  - fill: ticket\n", &format!("{LOGIN}  - fill: ticket\n"));
            let text = text.replace(
                "http://127.0.0.1:8411",
                &format!("{scheme}://cuenta.example"),
            );
            let text = text.replace("127.0.0.1:8411", "cuenta.example");
            let refused = "outcomes:\n  - { is: login_refused, text: no son }";
            Adapter::from_yaml("x.yaml", &text.replace("outcomes:", refused))
        };
        assert!(named("https").is_ok());
        let error = named("http").unwrap_err().to_string();
        assert!(error.contains("not https"), "{error}");
    }

    #[test]
    fn a_login_says_how_it_is_refused() {
        let text = EXAMPLE.replace("  - fill: ticket\n", &format!("{LOGIN}  - fill: ticket\n"));
        let error = Adapter::from_yaml("x.yaml", &text).unwrap_err().to_string();
        assert!(error.contains("login_refused"), "{error}");
    }

    #[test]
    fn a_press_is_never_called_like_one_of_signing_in() {
        for (of, name) in [("Siguiente", "relevo:login"), ("Recuperar", "relevo:code")] {
            let text = EXAMPLE.replace(of, &format!("\"{name}\""));
            let error = Adapter::from_yaml("x.yaml", &text).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        let text = EXAMPLE.replace("Siguiente", "login");
        assert!(Adapter::from_yaml("x.yaml", &text).is_ok());
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_file_named() {
        let text = EXAMPLE.replace("version: 1", "version: 1\nscript: alert(1)");
        let error = Adapter::from_yaml("x.yaml", &text).unwrap_err();
        assert!(error.to_string().starts_with("x.yaml"), "{error}");
    }

    #[test]
    fn an_entry_outside_the_hosts_is_refused() {
        let text = EXAMPLE.replace(
            "entry: http://127.0.0.1:8411/",
            "entry: http://evil.example/",
        );
        assert!(Adapter::from_yaml("x.yaml", &text).is_err());
    }
}
