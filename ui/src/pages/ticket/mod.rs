//! `/tickets/new`: hand a ticket in.

mod again;
mod fields;
mod form;
mod portal;
mod preview;

use crate::api;
use crate::browser;
use crate::hooks::{use_loaded, use_settled};
use crate::i18n::use_i18n;
use crate::key;
use crate::parts::{Alert, Button, Empty, Failed, Glyph, Heading, LinkButton, Loading, sentence};
use crate::route::Route;
use crate::toasts::{Tone, use_toasts};
use again::Again;
use domain::TaskId;
use fields::{InvoiceFields, TicketFields};
use form::{Edit, Form, PORTAL};
use patternfly_yew::prelude::{Level, Size, Title};
use portal::PortalPicker;
use preview::PreviewPage;
use schemas::rest::{CommandAnswer, CreateTask, Page, PortalView, ProfileView, TicketCheck};
use std::time::Duration;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_router::prelude::*;

/// How long one must have stopped typing before the server is asked.
const PAUSE: Duration = Duration::from_millis(400);

/// Hands a ticket in: first what it needs, then the form.
#[component(NewTicketPage)]
pub fn new_ticket_page() -> Html {
    let i18n = use_i18n();
    let portals = use_loaded::<Vec<PortalView>>("/portals".to_owned());
    let profiles = use_loaded::<Page<ProfileView>>("/profiles".to_owned());
    if let (Some(portals), Some(profiles)) = (&portals.data, &profiles.data) {
        let active = profiles.items.iter().filter(|profile| !profile.retired);
        let active: Vec<ProfileView> = active.cloned().collect();
        if !active.is_empty() {
            return html! { <TicketForm portals={portals.clone()} profiles={active} /> };
        }
        return html! {
            <>
                <Heading title={i18n.t("nav-new-ticket")} />
                <Empty icon={Glyph::Building} title={i18n.t("ticket-no-profile")}
                    body={i18n.t("ticket-no-profile-do")} testid="ticket-no-profile">
                    <LinkButton to={Route::Profiles} label={i18n.t("profile-add")}
                        testid="to-profiles" />
                </Empty>
            </>
        };
    }
    let retry = {
        let both = [portals.reload.clone(), profiles.reload.clone()];
        Callback::from(move |()| both.iter().for_each(|reload| reload.emit(())))
    };
    html! {
        <>
            <Heading title={i18n.t("nav-new-ticket")} />
            if let Some(error) = portals.error.clone().or(profiles.error.clone()) {
                <Failed {error} {retry} />
            } else {
                <Loading />
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct TicketFormProps {
    portals: Vec<PortalView>,
    /// At least one.
    profiles: Vec<ProfileView>,
}

#[component(TicketForm)]
fn ticket_form(props: &TicketFormProps) -> Html {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let navigator = use_navigator();
    let form = use_reducer_eq(|| Form::first(&props.profiles));
    let failure = use_state_eq(|| None::<String>);
    let busy = use_state_eq(|| false);
    let before = use_state_eq(|| None::<TaskId>);
    let judge = {
        let form = form.dispatcher();
        Callback::from(move |(begun, body): (bool, CreateTask)| {
            // What was confirmed has been judged.
            if !begun || body.confirmed {
                return;
            }
            let form = form.clone();
            spawn_local(async move {
                let check = api::post::<_, TicketCheck>("/tasks/validate", &body).await;
                if let Ok(check) = check {
                    form.dispatch(Edit::Judged(Box::new(body), Box::new(check)));
                }
            });
        })
    };
    use_settled((form.is_begun(), form.body()), PAUSE, judge);

    let open = Callback::from(move |id: TaskId| {
        if let Some(navigator) = &navigator {
            navigator.push(&Route::Monitor { id });
        }
    });
    let check = {
        let (form, failure, busy) = (form.clone(), failure.setter(), busy.clone());
        let i18n = i18n.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            form.dispatch(Edit::ShowAll);
            if *busy {
                return;
            }
            if !form.is_begun() {
                failure.set(Some(i18n.t("form-mend")));
                browser::focus_first_invalid();
                return;
            }
            let (body, complete, form) = (form.body(), form.is_complete(), form.dispatcher());
            let (failure, busy, i18n) = (failure.clone(), busy.setter(), i18n.clone());
            spawn_local(async move {
                busy.set(true);
                failure.set(None);
                match api::post::<_, TicketCheck>("/tasks/validate", &body).await {
                    Ok(check) if check.valid && complete => {
                        let (body, check) = (Box::new(body), Box::new(check));
                        form.dispatch(Edit::Preview(body, check, Uuid::new_v4()));
                    }
                    Ok(check) => {
                        form.dispatch(Edit::Refused(check.errors));
                        failure.set(Some(i18n.t("form-mend")));
                        browser::focus_first_invalid();
                    }
                    Err(error) => failure.set(Some(error.words(&i18n))),
                }
                busy.set(false);
            });
        })
    };
    let confirm = {
        let (form, failure, busy) = (form.clone(), failure.setter(), busy.setter());
        let (before, open) = (before.setter(), open.clone());
        let (toasts, i18n) = (toasts.clone(), i18n.clone());
        Callback::from(move |()| {
            let Some(preview) = &form.preview else { return };
            let (body, key) = (form.body(), preview.key.to_string());
            let (form, failure, busy) = (form.dispatcher(), failure.clone(), busy.clone());
            let (before, open) = (before.clone(), open.clone());
            let (toasts, i18n) = (toasts.clone(), i18n.clone());
            spawn_local(async move {
                busy.set(true);
                failure.set(None);
                let answer = api::post_once::<_, CommandAnswer>("/tasks", &key, &body).await;
                busy.set(false);
                match answer {
                    Ok(answer) if answer.created => open.emit(answer.task_id),
                    Ok(answer) if answer.can_retry => before.set(Some(answer.task_id)),
                    Ok(answer) => {
                        toasts.info(i18n.t("ticket-known"));
                        open.emit(answer.task_id);
                    }
                    Err(error) if !error.fields().is_empty() => {
                        form.dispatch(Edit::Refused(error.fields().to_vec()));
                        failure.set(Some(i18n.t("form-mend")));
                        browser::focus_first_invalid();
                    }
                    Err(error) => failure.set(Some(error.words(&i18n))),
                }
            });
        })
    };
    let edit = {
        let form = form.dispatcher();
        Callback::from(move |edit: Edit| form.dispatch(edit))
    };
    if let (Some(preview), Some(portal)) = (&form.preview, &form.portal) {
        let onmend = {
            let failure = failure.setter();
            edit.reform(move |()| {
                failure.set(None);
                Edit::Mend
            })
        };
        return html! {
            <>
                <PreviewPage portal={portal.clone()} preview={preview.clone()} busy={*busy}
                    failure={(*failure).clone()} onconfirm={confirm} {onmend} />
                if let Some(task) = *before {
                    <Again {task} body={form.body()} {open} onclose={
                        let before = before.setter();
                        Callback::from(move |()| before.set(None))
                    } />
                }
            </>
        };
    }
    let portal_error = form.missing(PORTAL).map(|key| i18n.t(key));
    let legend = |number: &'static str, key: &str| {
        html! {
            <div class="relevo-step-title">
                <span class="relevo-step__number" aria-hidden="true">{ number }</span>
                <Title level={Level::H2} size={Size::Large}>{ i18n.t(key) }</Title>
            </div>
        }
    };
    html! {
        <>
            <Heading title={i18n.t("nav-new-ticket")} subtitle={i18n.t("ticket-subtitle")} />
            <form class="pf-v6-c-form relevo-form pf-v6-c-card" onsubmit={check} novalidate=true
                data-testid="ticket-form">
                <div role="alert">
                    if let Some(failure) = &*failure {
                        <Alert tone={Tone::Danger} inline=true title={failure.clone()}
                            testid="form-error" />
                    }
                    { for form.other_errors().into_iter().map(|error| html! {
                        <Alert tone={Tone::Danger} inline=true title={sentence(&error)}
                            testid="form-error-other" />
                    }) }
                </div>
                { legend("1", key!("ticket-portal")) }
                <PortalPicker portals={props.portals.clone()} chosen={form.portal.clone()}
                    error={portal_error.or_else(|| form.error(PORTAL))}
                    onchoose={edit.reform(Edit::Portal)} />
                if form.portal.is_some() {
                    { legend("2", key!("ticket-printed")) }
                    <TicketFields form={(*form).clone()} onedit={edit.clone()} />
                    { legend("3", key!("ticket-invoice")) }
                    <InvoiceFields form={(*form).clone()} profiles={props.profiles.clone()}
                        onedit={edit} />
                    <div class="relevo-actions">
                        <Button label={i18n.t("ticket-check")} submit=true busy={*busy}
                            testid="ticket-check" />
                    </div>
                }
            </form>
        </>
    }
}
