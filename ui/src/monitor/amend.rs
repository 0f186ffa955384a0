//! Mending what was typed: the ticket's values, the profile, use and payment.

use super::words::plain;
use crate::api::{self, ApiError};
use crate::hooks::use_loaded;
use crate::i18n::use_i18n;
use crate::parts::{
    Alert, Button, Choice, Dialog, Failed, Loading, SelectField, TextField, Variant,
};
use crate::toasts::Tone;
use domain::TaskId;
use domain::fiscal::{FormaPago, UsoCfdi};
use schemas::adapter::{FieldKind, TicketField};
use schemas::rest::{
    AmendTask, CommandAnswer, Page, PortalView, ProfileView, TaskView, TicketView,
};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct AmendProps {
    pub id: TaskId,
    pub task: Rc<TaskView>,
    pub onclose: Callback<()>,
    pub reload: Callback<Option<u64>>,
}

/// The form as it is typed; what is not touched stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
struct Typed {
    fields: BTreeMap<String, String>,
    profile: Option<String>,
    uso_cfdi: Option<String>,
    forma_pago: Option<String>,
}

impl Typed {
    fn body(&self) -> AmendTask {
        AmendTask {
            profile: self.profile.as_ref().and_then(|id| id.parse().ok()),
            fields: (!self.fields.is_empty()).then(|| self.fields.clone()),
            uso_cfdi: self.uso_cfdi.clone(),
            forma_pago: self.forma_pago.clone().filter(|code| !code.is_empty()),
        }
    }
}

/// A dialog that mends the ticket.
#[component(Amend)]
pub fn amend(props: &AmendProps) -> Html {
    let i18n = use_i18n();
    let ticket = use_loaded::<TicketView>(format!("/tasks/{}/ticket", props.id));
    let portal = use_loaded::<PortalView>(format!("/portals/{}", props.task.portal));
    let profiles = use_loaded::<Page<ProfileView>>("/profiles".to_owned());
    let typed = use_state(Typed::default);
    let error = use_state(|| None::<ApiError>);
    let busy = use_state_eq(|| false);
    let save = {
        let (id, typed) = (props.id, typed.clone());
        let (busy, error) = (busy.setter(), error.setter());
        let (onclose, reload) = (props.onclose.clone(), props.reload.clone());
        Callback::from(move |()| {
            let body = typed.body();
            let (busy, error) = (busy.clone(), error.clone());
            let (onclose, reload) = (onclose.clone(), reload.clone());
            busy.set(true);
            spawn_local(async move {
                let path = format!("/tasks/{id}");
                match api::patch::<_, CommandAnswer>(&path, &body).await {
                    Ok(answer) => {
                        reload.emit(Some(answer.position));
                        onclose.emit(());
                    }
                    Err(refusal) => error.set(Some(refusal)),
                }
                busy.set(false);
            });
        })
    };
    let footer = html! {
        <>
            <Button label={i18n.t("monitor-amend-save")} testid="amend-save" busy={*busy}
                disabled={*typed == Typed::default()} onclick={save} />
            <Button label={i18n.t("monitor-amend-close")} testid="amend-close"
                variant={Variant::Link} onclick={props.onclose.clone()} />
        </>
    };
    let body = match (&ticket.data, &ticket.error) {
        (Some(ticket), _) => {
            let known = portal.data.as_ref().map_or(&[][..], |p| &p.fields);
            let profiles = profiles.data.as_ref().map_or(&[][..], |p| &p.items);
            html! {
                <AmendForm ticket={ticket.clone()} known={known.to_vec()}
                    profiles={profiles.to_vec()} {typed} error={(*error).clone()} />
            }
        }
        (None, Some(error)) => {
            html! { <Failed error={error.clone()} retry={ticket.reload.clone()} /> }
        }
        (None, None) => html! { <Loading /> },
    };
    html! {
        <Dialog title={i18n.t("monitor-amend-title")} testid="amend-dialog"
            onclose={props.onclose.clone()} {footer}>
            if let Some(error) = &*error {
                <div role="alert">
                    <Alert tone={Tone::Danger} inline=true title={error.words(&i18n)}
                        testid="amend-refusal" />
                </div>
            }
            { body }
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct FormProps {
    ticket: TicketView,
    known: Vec<TicketField>,
    profiles: Vec<ProfileView>,
    typed: UseStateHandle<Typed>,
    error: Option<ApiError>,
}

#[component(AmendForm)]
fn amend_form(props: &FormProps) -> Html {
    let i18n = use_i18n();
    let set = |change: fn(&mut Typed, String)| {
        let typed = props.typed.clone();
        Callback::from(move |value: String| {
            let mut next = (*typed).clone();
            change(&mut next, value);
            typed.set(next);
        })
    };
    let misfit = |path: &str| {
        let fields = props.error.as_ref().map_or(&[][..], ApiError::fields);
        fields
            .iter()
            .find(|f| f.field == path)
            .map(|f| f.message.clone())
    };
    let chosen = |typed: &Option<String>, now: String| typed.clone().unwrap_or(now);
    let profile = |p: &ProfileView| {
        let usable = !p.retired || p.id == props.ticket.profile;
        usable.then(|| Choice::new(p.id.to_string(), format!("{} · {}", p.rfc, p.name)))
    };
    let uses = UsoCfdi::all()
        .iter()
        .map(|u| Choice::code(u.code(), u.text()));
    let ways = FormaPago::all()
        .iter()
        .map(|f| Choice::code(f.code(), f.text()));
    html! {
        <div class="pf-v6-c-form">
            { for names(props).into_iter().map(|(name, field)| ticket_field(props, &name, field)) }
            <SelectField id="amend-profile" label={i18n.t("monitor-amend-profile")} required=true
                value={chosen(&props.typed.profile, props.ticket.profile.to_string())}
                choices={props.profiles.iter().filter_map(profile).collect::<Vec<_>>()}
                error={misfit("profile")} onchange={set(|t, v| t.profile = Some(v))} />
            <SelectField id="amend-uso_cfdi" label={i18n.t("monitor-field-use")} required=true
                value={chosen(&props.typed.uso_cfdi, props.ticket.uso_cfdi.clone())}
                choices={uses.collect::<Vec<_>>()} error={misfit("uso_cfdi")}
                onchange={set(|t, v| t.uso_cfdi = Some(v))} />
            <SelectField id="amend-forma_pago" label={i18n.t("monitor-field-payment")}
                value={chosen(&props.typed.forma_pago, props.ticket.forma_pago.clone().unwrap_or_default())}
                empty={i18n.t("monitor-amend-no-payment")} choices={ways.collect::<Vec<_>>()}
                error={misfit("forma_pago")} onchange={set(|t, v| t.forma_pago = Some(v))} />
        </div>
    }
}

/// The portal's fields in its order, else those that were handed in.
fn names(props: &FormProps) -> Vec<(String, Option<&TicketField>)> {
    match props.known.is_empty() {
        false => props
            .known
            .iter()
            .map(|f| (f.name.clone(), Some(f)))
            .collect(),
        true => {
            let handed_in = props.ticket.fields.iter();
            handed_in.map(|value| (value.name.clone(), None)).collect()
        }
    }
}

fn ticket_field(props: &FormProps, name: &str, field: Option<&TicketField>) -> Html {
    let now = props.ticket.fields.iter().find(|value| value.name == name);
    let typed = props.typed.fields.get(name).cloned();
    let value = typed
        .or_else(|| now.map(|v| plain(&v.value)))
        .unwrap_or_default();
    let label = field.map(|f| &f.label).or(now.map(|v| &v.label));
    let label = label.map_or_else(|| name.to_owned(), Clone::clone);
    let set = {
        let (typed, name) = (props.typed.clone(), name.to_owned());
        Callback::from(move |value: String| {
            let mut next = (*typed).clone();
            next.fields.insert(name.clone(), value);
            typed.set(next);
        })
    };
    let path = format!("fields.{name}");
    let misfits = props.error.as_ref().map_or(&[][..], ApiError::fields);
    let error = misfits
        .iter()
        .find(|f| f.field == path)
        .map(|f| f.message.clone());
    let id = format!("amend-{name}");
    let required = field.is_none_or(|f| f.required);
    match field {
        Some(field) if field.kind == FieldKind::Choice => {
            let options = field.options.iter();
            let choices: Vec<_> = options.map(|o| Choice::new(o.clone(), o.clone())).collect();
            html! {
                <SelectField {id} {label} {value} {choices} {required} {error} onchange={set} />
            }
        }
        _ => html! {
            <TextField {id} {label} {value} {required} {error} oninput={set}
                hint={field.and_then(|f| f.help.clone())} />
        },
    }
}

#[cfg(test)]
mod tests {
    use super::Typed;

    #[test]
    fn only_what_was_touched_is_sent() {
        let mut typed = Typed::default();
        assert_eq!(typed.body(), Default::default());
        typed.fields.insert("total".to_owned(), "10.00".to_owned());
        typed.forma_pago = Some(String::new());
        let body = typed.body();
        assert_eq!(body.fields.map(|f| f.len()), Some(1));
        assert_eq!((body.forma_pago, body.profile), (None, None));
    }
}
