//! A profile being typed. Pure: what the fields hold, what the server said of them, what is shown.

use crate::parts::Choice;
use domain::fiscal::{FiscalDataInput, PersonKind, RegimenFiscal, Rfc, UsoCfdi};
use schemas::FieldProblem;
use schemas::rest::ProfileView;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::rc::Rc;
use yew::Reducible;

/// `POST /api/v1/profiles/validate`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Check {
    pub valid: bool,
    pub errors: Vec<FieldProblem>,
    pub warnings: Vec<FieldProblem>,
}

/// A field, named as the API names it.
pub type Field = &'static str;

pub const RFC: Field = "rfc";
pub const NAME: Field = "name";
pub const POSTAL_CODE: Field = "postal_code";
pub const REGIMEN: Field = "regimen";
pub const USE: Field = "default_use";
pub const EMAIL: Field = "email";

/// A profile being typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    pub input: FiscalDataInput,
    check: Check,
    /// Fields that were left, or whose errors were asked for.
    shown: BTreeSet<String>,
}

/// What happens to the form.
pub enum Edit {
    Set(Field, String),
    Leave(Field),
    /// The server's judgement of that input; stale ones are dropped.
    Judged(FiscalDataInput, Check),
    /// All that is wrong is to be seen.
    ShowAll,
}

impl Form {
    /// As the profile is now.
    pub fn of(profile: &ProfileView) -> Self {
        Self {
            input: FiscalDataInput {
                rfc: profile.rfc.clone(),
                name: profile.name.clone(),
                postal_code: profile.postal_code.clone(),
                regimen: profile.regimen.clone(),
                default_use: Some(profile.default_use.clone()),
                email: profile.email.clone().unwrap_or_default(),
            },
            ..Self::default()
        }
    }

    /// What a field holds.
    pub fn value(&self, field: Field) -> &str {
        match field {
            RFC => &self.input.rfc,
            NAME => &self.input.name,
            POSTAL_CODE => &self.input.postal_code,
            REGIMEN => &self.input.regimen,
            EMAIL => &self.input.email,
            _ => self.input.default_use.as_deref().unwrap_or_default(),
        }
    }

    /// What is wrong with a field, once it is time to say so.
    pub fn error(&self, field: Field) -> Option<String> {
        let shown = self.shown.contains(field);
        shown.then(|| message(&self.check.errors, field)).flatten()
    }

    /// What is doubtful about a field.
    pub fn warning(&self, field: Field) -> Option<String> {
        message(&self.check.warnings, field)
    }

    /// The regimes there are for this kind of person; all while that isn't known.
    pub fn regimes(&self) -> Vec<Choice> {
        let kind = self.kind();
        let all = RegimenFiscal::all().iter();
        let fitting = all.filter(|regimen| kind.is_none_or(|kind| regimen.allows(kind)));
        fitting.map(|r| Choice::code(r.code(), r.text())).collect()
    }

    /// The uses that go with the regime.
    pub fn uses(&self) -> Vec<Choice> {
        let Ok(regimen) = RegimenFiscal::parse(&self.input.regimen) else {
            return Vec::new();
        };
        let fitting = UsoCfdi::for_tickets(regimen, self.kind_in(regimen));
        let fitting = fitting.into_iter();
        fitting.map(|u| Choice::code(u.code(), u.text())).collect()
    }

    fn kind(&self) -> Option<PersonKind> {
        Rfc::parse(&self.input.rfc).ok().map(|rfc| rfc.kind())
    }

    fn kind_in(&self, regimen: RegimenFiscal) -> PersonKind {
        self.kind()
            .unwrap_or(match regimen.allows(PersonKind::Fisica) {
                true => PersonKind::Fisica,
                false => PersonKind::Moral,
            })
    }

    fn set(&mut self, field: Field, value: String) {
        match field {
            RFC => self.input.rfc = value.to_uppercase(),
            NAME => self.input.name = value,
            POSTAL_CODE => self.input.postal_code = value,
            REGIMEN => self.input.regimen = value,
            EMAIL => self.input.email = value,
            _ => self.input.default_use = Some(value),
        }
        if matches!(field, REGIMEN | RFC) {
            self.fit_use();
        }
    }

    /// A use that no longer goes with the regime gives way to the regime's usual one.
    fn fit_use(&mut self) {
        let Ok(regimen) = RegimenFiscal::parse(&self.input.regimen) else {
            return;
        };
        let chosen = UsoCfdi::parse(self.value(USE));
        let kind = self.kind_in(regimen);
        if !chosen.is_ok_and(|uso| uso.allowed_for(regimen, kind)) {
            let usual = UsoCfdi::default_for(regimen);
            self.input.default_use = Some(usual.code().to_owned());
        }
    }
}

fn message(problems: &[FieldProblem], field: &str) -> Option<String> {
    let problem = problems.iter().find(|problem| problem.field == field)?;
    Some(problem.message.clone())
}

impl Reducible for Form {
    type Action = Edit;

    fn reduce(self: Rc<Self>, edit: Edit) -> Rc<Self> {
        let mut form = (*self).clone();
        match edit {
            Edit::Set(field, value) => {
                form.set(field, value);
                if matches!(field, REGIMEN | USE) {
                    form.shown.insert(field.to_owned());
                }
            }
            Edit::Leave(field) => {
                if !form.value(field).is_empty() {
                    form.shown.insert(field.to_owned());
                }
            }
            Edit::Judged(input, check) if input == form.input => form.check = check,
            Edit::Judged(..) => return self,
            Edit::ShowAll => {
                let all = [RFC, NAME, POSTAL_CODE, REGIMEN, USE, EMAIL];
                form.shown = all.into_iter().map(str::to_owned).collect();
            }
        }
        form.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(edits: Vec<Edit>) -> Rc<Form> {
        let form = Rc::new(Form::default());
        edits.into_iter().fold(form, |form, edit| form.reduce(edit))
    }

    fn set(field: Field, value: &str) -> Edit {
        Edit::Set(field, value.to_owned())
    }

    fn wrong(field: Field) -> Check {
        let problem = FieldProblem {
            field: field.to_owned(),
            code: "x".to_owned(),
            message: "mal".to_owned(),
        };
        Check {
            errors: vec![problem],
            ..Check::default()
        }
    }

    #[test]
    fn an_error_is_shown_once_its_field_was_left() {
        let input = FiscalDataInput {
            rfc: "X".to_owned(),
            ..FiscalDataInput::default()
        };
        let judged = || Edit::Judged(input.clone(), wrong(RFC));
        let typing = after(vec![set(RFC, "x"), judged()]);
        assert_eq!(typing.error(RFC), None);
        let left = after(vec![set(RFC, "x"), judged(), Edit::Leave(RFC)]);
        assert_eq!(left.error(RFC), Some("mal".to_owned()));
        let empty = after(vec![Edit::Leave(RFC)]);
        assert_eq!(empty.shown.len(), 0);
    }

    #[test]
    fn a_judgement_of_what_was_typed_before_is_dropped() {
        let stale = Edit::Judged(FiscalDataInput::default(), wrong(RFC));
        let form = after(vec![set(RFC, "X"), stale, Edit::ShowAll]);
        assert_eq!(form.error(RFC), None);
    }

    #[test]
    fn regimes_follow_the_kind_of_person_and_uses_the_regime() {
        let person = after(vec![set(RFC, "COSC8001137NA"), set(REGIMEN, "605")]);
        let has = |choices: &[Choice], code: &str| choices.iter().any(|c| c.value == code);
        assert!(has(&person.regimes(), "605") && !has(&person.regimes(), "601"));
        assert!(has(&person.uses(), "D01") && !has(&person.uses(), "G03"));
        let company = after(vec![set(RFC, "EKU9003173C9")]);
        assert!(has(&company.regimes(), "601") && !has(&company.regimes(), "605"));
        assert_eq!(after(vec![]).regimes().len(), 19);
        assert!(after(vec![]).uses().is_empty());
    }

    #[test]
    fn a_use_that_no_longer_fits_gives_way() {
        let form = after(vec![set(RFC, "COSC8001137NA"), set(REGIMEN, "612")]);
        assert_eq!(form.value(USE), "G03");
        let kept = form
            .clone()
            .reduce(set(USE, "S01"))
            .reduce(set(REGIMEN, "605"));
        assert_eq!(kept.value(USE), "S01");
        assert_ne!(form.reduce(set(REGIMEN, "605")).value(USE), "G03");
    }
}
