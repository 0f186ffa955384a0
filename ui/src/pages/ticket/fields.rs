//! The ticket's own fields, as the portal's adapter names them, and how the invoice is to be.

use super::form::{Edit, Form, PAYMENT, PROFILE, USE, path_of};
use crate::i18n::use_i18n;
use crate::parts::{Choice, SelectField, TextField};
use domain::fiscal::{FormaPago, RegimenFiscal, Rfc, UsoCfdi};
use schemas::adapter::{FieldKind, TicketField};
use schemas::rest::ProfileView;
use yew::prelude::*;

/// The uses a profile's tickets may have.
pub fn uses(profile: &ProfileView) -> Vec<Choice> {
    let (Ok(regimen), Ok(rfc)) = (
        RegimenFiscal::parse(&profile.regimen),
        Rfc::parse(&profile.rfc),
    ) else {
        return Vec::new();
    };
    let fitting = UsoCfdi::for_tickets(regimen, rfc.kind()).into_iter();
    fitting.map(|u| Choice::code(u.code(), u.text())).collect()
}

#[derive(Properties, PartialEq)]
pub struct FieldsProps {
    pub form: Form,
    pub onedit: Callback<Edit>,
}

/// What is printed on the ticket.
#[component(TicketFields)]
pub fn ticket_fields(props: &FieldsProps) -> Html {
    let i18n = use_i18n();
    let form = &props.form;
    let Some(portal) = &form.portal else {
        return Html::default();
    };
    let field = |field: &TicketField| {
        let name = field.name.clone();
        let path = path_of(&name);
        let id = format!("field-{}", name.replace('_', "-"));
        let value = form.fields.get(&name).cloned().unwrap_or_default();
        let error = form.error(&path);
        let set = {
            let name = name.clone();
            props
                .onedit
                .reform(move |value| Edit::Field(name.clone(), value))
        };
        let leave = props.onedit.reform(move |()| Edit::Leave(name.clone()));
        if field.kind == FieldKind::Choice {
            let choices = field.options.iter();
            let choices: Vec<_> = choices.map(|o| Choice::new(o.clone(), o.clone())).collect();
            return html! {
                <SelectField key={id.clone()} id={id.clone()} label={field.label.clone()} {value} {choices}
                    onchange={set} {error} hint={field.help.clone()} empty={i18n.t("choose")}
                    required={field.required} />
            };
        }
        let (placeholder, inputmode) = match field.kind {
            FieldKind::Date => (Some(i18n.t("date-example")), "numeric"),
            FieldKind::Money => (Some(i18n.t("money-example")), "decimal"),
            _ => (None, "text"),
        };
        html! {
            <TextField key={id.clone()} id={id.clone()} label={field.label.clone()} {value} oninput={set}
                onblur={leave} {error} warning={form.warning(&path)} hint={field.help.clone()}
                {placeholder} inputmode={Some(inputmode)} required={field.required} />
        }
    };
    html! { <>{ for portal.fields.iter().map(field) }</> }
}

#[derive(Properties, PartialEq)]
pub struct InvoiceFieldsProps {
    pub form: Form,
    pub profiles: Vec<ProfileView>,
    pub onedit: Callback<Edit>,
}

/// Whose invoice it is, for what use, and how the purchase was paid.
#[component(InvoiceFields)]
pub fn invoice_fields(props: &InvoiceFieldsProps) -> Html {
    let i18n = use_i18n();
    let form = &props.form;
    let missing = |path: &str| form.missing(path).map(|key| i18n.t(key));
    let chosen = props.profiles.iter().find(|p| Some(p.id) == form.profile);
    let profiles = props.profiles.iter();
    let profiles: Vec<_> = profiles
        .map(|p| Choice::new(p.id.to_string(), format!("{} · {}", p.rfc, p.name)))
        .collect();
    let payments = FormaPago::for_tickets().iter();
    let payments: Vec<_> = payments.map(|p| Choice::code(p.code(), p.text())).collect();
    let onprofile = {
        let (edit, all) = (props.onedit.clone(), props.profiles.clone());
        Callback::from(move |id: String| {
            if let Some(profile) = all.iter().find(|p| p.id.to_string() == id) {
                edit.emit(Edit::Profile(profile.id, profile.default_use.clone()));
            }
        })
    };
    html! {
        <>
            <SelectField id="profile" label={i18n.t("ticket-profile")}
                value={form.profile.map(|id| id.to_string()).unwrap_or_default()}
                choices={profiles} onchange={onprofile}
                empty={form.profile.is_none().then(|| i18n.t("choose"))}
                error={missing(PROFILE).or_else(|| form.error(PROFILE))} required=true />
            <SelectField id="uso-cfdi" label={i18n.t("ticket-use")} value={form.uso_cfdi.clone()}
                choices={chosen.map(uses).unwrap_or_default()}
                empty={chosen.is_none().then(|| i18n.t("ticket-use-first-profile"))}
                onchange={props.onedit.reform(Edit::Use)} error={form.error(USE)} required=true />
            <SelectField id="forma-pago" label={i18n.t("ticket-payment")}
                value={form.forma_pago.clone()} choices={payments}
                onchange={props.onedit.reform(Edit::Payment)} empty={i18n.t("choose")}
                error={missing(PAYMENT).or_else(|| form.error(PAYMENT))}
                hint={i18n.t("ticket-payment-hint")} required=true />
        </>
    }
}
