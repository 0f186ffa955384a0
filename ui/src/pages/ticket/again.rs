//! A ticket that was handed in before and failed.

use crate::api::{self, ApiError};
use crate::i18n::use_i18n;
use crate::parts::{Button, Dialog, Glyph, Variant};
use crate::toasts::use_toasts;
use domain::TaskId;
use schemas::rest::{AmendTask, CommandAnswer, CreateTask};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// The refusal of an amendment that comes too late.
const TAKEN: &str = "submit-already-taken";

#[derive(Properties, PartialEq)]
pub struct AgainProps {
    /// The task that this ticket had, and that failed.
    pub task: TaskId,
    /// What was typed now.
    pub body: CreateTask,
    /// Goes to that task.
    pub open: Callback<TaskId>,
    pub onclose: Callback<()>,
}

/// All that may have been corrected since.
fn amendment(body: &CreateTask) -> AmendTask {
    AmendTask {
        profile: Some(body.profile),
        fields: Some(body.fields.clone()),
        uso_cfdi: body.uso_cfdi.clone(),
        forma_pago: body.forma_pago.clone(),
    }
}

/// Tries again with what was typed now; with the old values where the portal may have taken them.
async fn again_with(task: TaskId, amendment: &AmendTask) -> Result<CommandAnswer, ApiError> {
    let path = format!("/tasks/{task}");
    match api::patch::<_, CommandAnswer>(&path, amendment).await {
        Err(error) if error.code() != Some(TAKEN) => Err(error),
        _ => api::post_empty(&format!("{path}/retry")).await,
    }
}

/// The ticket was handed in before and failed: try again?
#[component(Again)]
pub fn again(props: &AgainProps) -> Html {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let busy = use_state_eq(|| false);
    let task = props.task;
    let see = props.open.reform(move |()| task);
    let retry = {
        let (open, busy, i18n) = (props.open.clone(), busy.setter(), i18n.clone());
        let amendment = amendment(&props.body);
        Callback::from(move |()| {
            let (open, busy, amendment) = (open.clone(), busy.clone(), amendment.clone());
            let (toasts, i18n) = (toasts.clone(), i18n.clone());
            spawn_local(async move {
                busy.set(true);
                match again_with(task, &amendment).await {
                    Ok(_) => open.emit(task),
                    Err(error) => {
                        toasts.error(error.words(&i18n));
                        busy.set(false);
                    }
                }
            });
        })
    };
    let footer = html! {
        <>
            <Button label={i18n.t("ticket-retry")} icon={Glyph::Retry} busy={*busy}
                onclick={retry} testid="ticket-retry" />
            <Button label={i18n.t("ticket-see")} variant={Variant::Secondary} onclick={see}
                testid="ticket-see" />
            <Button label={i18n.t("cancel")} variant={Variant::Link}
                onclick={props.onclose.clone()} testid="ticket-again-cancel" />
        </>
    };
    html! {
        <Dialog title={i18n.t("ticket-again-title")} onclose={props.onclose.clone()} {footer}
            testid="ticket-again">
            <p>{ i18n.t("ticket-again-what") }</p>
        </Dialog>
    }
}
