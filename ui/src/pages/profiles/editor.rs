//! A profile's form.

use super::form::{self, Check, Edit, Field, Form};
use crate::api;
use crate::browser;
use crate::hooks::use_settled;
use crate::i18n::use_i18n;
use crate::key;
use crate::parts::{Alert, Button, Heading, SelectField, TextField, Variant};
use crate::toasts::{Tone, use_toasts};
use domain::fiscal::FiscalDataInput;
use schemas::rest::ProfileView;
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How long one must have stopped typing before the server is asked.
const PAUSE: Duration = Duration::from_millis(350);

#[derive(Properties, PartialEq)]
pub struct EditorProps {
    /// What is edited; nothing for a new one.
    pub profile: Option<ProfileView>,
    /// Done: what was saved, or nothing.
    pub ondone: Callback<Option<ProfileView>>,
}

/// A profile's form, judged by the server as one types.
#[component(Editor)]
pub fn editor(props: &EditorProps) -> Html {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let form = use_reducer_eq(|| props.profile.as_ref().map_or_else(Form::default, Form::of));
    let failure = use_state_eq(|| None::<String>);
    let busy = use_state_eq(|| false);
    let judge = {
        let form = form.dispatcher();
        Callback::from(move |input: FiscalDataInput| {
            let form = form.clone();
            spawn_local(async move {
                let check = api::post::<_, Check>("/profiles/validate", &input).await;
                // Saving judges again; a lost judgement costs nothing.
                if let Ok(check) = check {
                    form.dispatch(Edit::Judged(input, check));
                }
            });
        })
    };
    use_settled(form.input.clone(), PAUSE, judge);

    let onsubmit = {
        let (form, failure, busy) = (form.clone(), failure.setter(), busy.clone());
        let (ondone, id) = (props.ondone.clone(), props.profile.as_ref().map(|p| p.id));
        let i18n = i18n.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *busy {
                return;
            }
            let (form, failure, busy) = (form.clone(), failure.clone(), busy.setter());
            let (ondone, toasts, i18n) = (ondone.clone(), toasts.clone(), i18n.clone());
            spawn_local(async move {
                busy.set(true);
                failure.set(None);
                form.dispatch(Edit::ShowAll);
                let input = form.input.clone();
                let answer = match id {
                    Some(id) => api::put(&format!("/profiles/{id}"), &input).await,
                    None => api::post("/profiles", &input).await,
                };
                busy.set(false);
                match answer {
                    Ok(saved) => {
                        toasts.success(i18n.t("profile-saved"));
                        ondone.emit(Some(saved));
                    }
                    Err(error) if !error.fields().is_empty() => {
                        let check = Check {
                            errors: error.fields().to_vec(),
                            ..Check::default()
                        };
                        form.dispatch(Edit::Judged(input, check));
                        failure.set(Some(i18n.t("form-mend")));
                        browser::focus_first_invalid();
                    }
                    Err(error) => failure.set(Some(error.words(&i18n))),
                }
            });
        })
    };
    let oninput = |field: Field| {
        let form = form.dispatcher();
        Callback::from(move |value: String| form.dispatch(Edit::Set(field, value)))
    };
    let onblur = |field: Field| {
        let form = form.dispatcher();
        Callback::from(move |()| form.dispatch(Edit::Leave(field)))
    };
    let text = |field: Field, id: &str, label: &str, hint: &str, autocomplete, inputmode| {
        html! {
            <TextField id={id.to_owned()} label={i18n.t(label)} hint={i18n.t(hint)}
                value={form.value(field).to_owned()} oninput={oninput(field)}
                onblur={onblur(field)} error={form.error(field)} warning={form.warning(field)}
                {autocomplete} inputmode={Some(inputmode)} required=true />
        }
    };
    let cancel = props.ondone.reform(|()| None);
    let title = match props.profile {
        Some(_) => i18n.t("profile-edit-title"),
        None => i18n.t("profile-add-title"),
    };
    html! {
        <>
            <Heading {title} subtitle={i18n.t("profile-form-subtitle")} />
            <form class="pf-v6-c-form relevo-form pf-v6-c-card" {onsubmit} novalidate=true
                data-testid="profile-form">
                if let Some(failure) = &*failure {
                    <div role="alert">
                        <Alert tone={Tone::Danger} inline=true title={failure.clone()}
                            testid="form-error" />
                    </div>
                }
                { text(form::RFC, "rfc", key!("profile-rfc"), key!("profile-rfc-hint"), "off", "text") }
                { text(form::NAME, "name", key!("profile-name"), key!("profile-name-hint"), "off", "text") }
                { text(form::POSTAL_CODE, "postal-code", key!("profile-postal-code"),
                    key!("profile-postal-code-hint"), "postal-code", "numeric") }
                <SelectField id="regimen" label={i18n.t("profile-regimen")}
                    value={form.value(form::REGIMEN).to_owned()} choices={form.regimes()}
                    onchange={oninput(form::REGIMEN)} empty={i18n.t("choose")}
                    error={form.error(form::REGIMEN)} hint={i18n.t("profile-regimen-hint")}
                    required=true />
                <SelectField id="default-use" label={i18n.t("profile-use")}
                    value={form.value(form::USE).to_owned()} choices={form.uses()}
                    onchange={oninput(form::USE)} empty={i18n.t("profile-use-first-regimen")}
                    error={form.error(form::USE)} hint={i18n.t("profile-use-hint")}
                    required=true />
                { text(form::EMAIL, "email", key!("profile-email"), key!("profile-email-hint"), "email",
                    "email") }
                <div class="pf-v6-c-form__group pf-m-action">
                    <div class="pf-v6-c-form__actions">
                        <Button label={i18n.t("save")} submit=true busy={*busy}
                            testid="profile-save" />
                        <Button label={i18n.t("cancel")} variant={Variant::Link} onclick={cancel}
                            testid="profile-cancel" />
                    </div>
                </div>
            </form>
        </>
    }
}
