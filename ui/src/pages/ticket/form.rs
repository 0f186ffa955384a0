//! A ticket being typed. Pure: what it holds, what the server said of it, what is shown.

use crate::key;
use domain::ProfileId;
use schemas::FieldProblem;
use schemas::adapter::FieldKind;
use schemas::rest::{CreateTask, PortalView, ProfileView, TicketCheck};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use uuid::Uuid;
use yew::Reducible;

pub const PORTAL: &str = "portal";
pub const PROFILE: &str = "profile";
pub const USE: &str = "uso_cfdi";
pub const PAYMENT: &str = "forma_pago";

/// The path of a ticket's field in the body.
pub fn path_of(name: &str) -> String {
    format!("fields.{name}")
}

/// A ticket being typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    pub portal: Option<PortalView>,
    pub profile: Option<ProfileId>,
    pub fields: BTreeMap<String, String>,
    pub uso_cfdi: String,
    pub forma_pago: String,
    errors: Vec<FieldProblem>,
    warnings: Vec<FieldProblem>,
    shown: BTreeSet<String>,
    show_all: bool,
    /// What was checked and is to be confirmed.
    pub preview: Option<Preview>,
}

/// A ticket that is right, to be confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    pub check: TicketCheck,
    /// Handing it in twice under this key is once.
    pub key: Uuid,
}

/// What happens to the form.
pub enum Edit {
    Portal(Option<PortalView>),
    /// The profile, and its usual use.
    Profile(ProfileId, String),
    Field(String, String),
    Use(String),
    Payment(String),
    /// A field was left.
    Leave(String),
    /// The server's judgement of that body; stale ones are dropped.
    Judged(Box<CreateTask>, Box<TicketCheck>),
    /// The server refused to take it.
    Refused(Vec<FieldProblem>),
    ShowAll,
    /// All is right in that body: show it for confirmation, under that key. When something else was
    /// typed meanwhile, what would be handed in is not what was checked, and nothing is shown.
    Preview(Box<CreateTask>, Box<TicketCheck>, Uuid),
    /// Back to the fields.
    Mend,
}

impl Form {
    /// Nothing typed yet; the profile is chosen where there is only one.
    pub fn first(profiles: &[ProfileView]) -> Self {
        match profiles {
            [only] => Self {
                profile: Some(only.id),
                uso_cfdi: only.default_use.clone(),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    /// As the API takes it.
    pub fn body(&self) -> CreateTask {
        let fields = self.portal.iter().flat_map(|portal| &portal.fields);
        let typed = fields.filter_map(|field| {
            let value = self.fields.get(&field.name)?.trim();
            (!value.is_empty()).then(|| (field.name.clone(), value.to_owned()))
        });
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        CreateTask {
            portal: self
                .portal
                .as_ref()
                .map_or_else(String::new, |p| p.id.clone()),
            profile: self.profile.unwrap_or(ProfileId(Uuid::nil())),
            fields: typed.collect(),
            uso_cfdi: some(&self.uso_cfdi),
            forma_pago: some(&self.forma_pago),
            confirm: None,
            confirmed: self.preview.is_some(),
        }
    }

    /// There is something to judge.
    pub fn is_begun(&self) -> bool {
        self.portal.is_some()
    }

    /// The message of what only the page asks for: what the server can do without.
    pub fn missing(&self, path: &str) -> Option<&'static str> {
        let missing = match path {
            PORTAL if self.portal.is_none() => key!("ticket-portal-missing"),
            PROFILE if self.profile.is_none() => key!("ticket-profile-missing"),
            PAYMENT if self.forma_pago.is_empty() => key!("ticket-payment-missing"),
            _ => return None,
        };
        self.is_shown(path).then_some(missing)
    }

    /// Nothing is missing that the page itself asks for.
    pub fn is_complete(&self) -> bool {
        self.portal.is_some() && self.profile.is_some() && !self.forma_pago.is_empty()
    }

    /// What is wrong with a field, once it is time to say so.
    pub fn error(&self, path: &str) -> Option<String> {
        let shown = self.is_shown(path);
        shown.then(|| message(&self.errors, path)).flatten()
    }

    /// What is doubtful about a field.
    pub fn warning(&self, path: &str) -> Option<String> {
        message(&self.warnings, path)
    }

    fn is_shown(&self, path: &str) -> bool {
        self.show_all || self.shown.contains(path)
    }

    /// Errors of no field on the page, to be told above all.
    pub fn other_errors(&self) -> Vec<String> {
        let fields = self.portal.iter().flat_map(|portal| &portal.fields);
        let mut known: BTreeSet<String> = fields.map(|field| path_of(&field.name)).collect();
        known.extend([PORTAL, PROFILE, USE, PAYMENT].map(str::to_owned));
        let strange = self.errors.iter().filter(|e| !known.contains(&e.field));
        match self.show_all {
            true => strange.map(|error| error.message.clone()).collect(),
            false => Vec::new(),
        }
    }

    fn judged(&mut self, check: TicketCheck) {
        self.errors = check.errors;
        self.warnings = check.warnings;
    }

    fn kind_of(&self, name: &str) -> Option<FieldKind> {
        let mut fields = self.portal.iter().flat_map(|portal| &portal.fields);
        fields.find(|field| field.name == name).map(|f| f.kind)
    }
}

/// A date typed as digits only, with its slashes: `14092026` and `140926`.
fn with_slashes(text: &str) -> String {
    let text = text.trim();
    match text.len() {
        6 | 8 if text.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{}/{}/{}", &text[..2], &text[2..4], &text[4..])
        }
        _ => text.to_owned(),
    }
}

fn message(problems: &[FieldProblem], path: &str) -> Option<String> {
    let problem = problems.iter().find(|problem| problem.field == path)?;
    Some(problem.message.clone())
}

impl Reducible for Form {
    type Action = Edit;

    fn reduce(self: Rc<Self>, edit: Edit) -> Rc<Self> {
        let mut form = (*self).clone();
        match edit {
            Edit::Portal(portal) => {
                // Values stay: the same ticket may belong to a sister portal.
                form.portal = portal;
                form.errors.clear();
                form.warnings.clear();
                form.show_all = false;
                form.shown.clear();
            }
            Edit::Profile(profile, usual) => {
                form.profile = Some(profile);
                form.uso_cfdi = usual;
            }
            Edit::Field(name, value) => {
                form.fields.insert(name, value);
            }
            Edit::Use(code) => form.uso_cfdi = code,
            Edit::Payment(code) => form.forma_pago = code,
            Edit::Leave(name) => {
                let Some(value) = form.fields.get(&name) else {
                    return self;
                };
                if value.trim().is_empty() {
                    return self;
                }
                if form.kind_of(&name) == Some(FieldKind::Date) {
                    let dated = with_slashes(value);
                    form.fields.insert(name.clone(), dated);
                }
                form.shown.insert(path_of(&name));
            }
            Edit::Judged(body, check) if *body == form.body() => form.judged(*check),
            Edit::Judged(..) => return self,
            Edit::Refused(errors) => {
                form.preview = None;
                form.errors = errors;
                form.show_all = true;
            }
            Edit::ShowAll => form.show_all = true,
            Edit::Preview(body, check, key) if *body == form.body() => {
                form.judged((*check).clone());
                form.preview = Some(Preview { check: *check, key });
            }
            Edit::Preview(..) => return self,
            Edit::Mend => form.preview = None,
        }
        form.into()
    }
}

#[cfg(test)]
mod tests;
