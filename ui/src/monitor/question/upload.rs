//! A box for the invoice's files: XML, PDF or a ZIP of them, dropped or chosen.

use crate::api::{self, ApiError};
use crate::i18n::{I18n, use_i18n};
use crate::parts::{Alert, Button, Glyph, Icon, Variant, sentence};
use crate::toasts::Tone;
use domain::TaskId;
use schemas::rest::CommandAnswer;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, File, FileList, FormData, HtmlInputElement};
use yew::prelude::*;

/// The refusal that can be overruled.
const DOUBTFUL: &str = "invoice-doubtful";

#[derive(Properties, PartialEq)]
pub struct UploadProps {
    pub id: TaskId,
    /// Told the position at which the task was completed.
    pub reload: Callback<Option<u64>>,
}

/// What was chosen, and what became of it.
#[derive(Clone, PartialEq)]
struct Chosen {
    files: Vec<File>,
    error: Option<ApiError>,
    busy: bool,
    take: Callback<Vec<File>>,
    /// Sends what was chosen; true: doubts are accepted.
    send: Callback<bool>,
}

#[hook]
fn use_box(id: TaskId, reload: Callback<Option<u64>>) -> Chosen {
    let files = use_state(Vec::<File>::new);
    let error = use_state(|| None::<ApiError>);
    let busy = use_state_eq(|| false);
    let take = {
        let (files, error) = (files.setter(), error.setter());
        Callback::from(move |chosen: Vec<File>| {
            error.set(None);
            files.set(chosen);
        })
    };
    let send = {
        let (files, busy, error) = (files.clone(), busy.setter(), error.setter());
        Callback::from(move |accept_doubts: bool| {
            let (reload, form) = (reload.clone(), form(&files));
            let (busy, error) = (busy.clone(), error.clone());
            busy.set(true);
            error.set(None);
            spawn_local(async move {
                match post(id, form, accept_doubts).await {
                    Ok(answer) => reload.emit(Some(answer.position)),
                    Err(refusal) => error.set(Some(refusal)),
                }
                busy.set(false);
            });
        })
    };
    Chosen {
        files: (*files).clone(),
        error: (*error).clone(),
        busy: *busy,
        take,
        send,
    }
}

/// Takes files and sends them; what speaks against them can be accepted.
#[component(Upload)]
pub fn upload(props: &UploadProps) -> Html {
    let i18n = use_i18n();
    let own = use_box(props.id, props.reload.clone());
    let code = own.error.as_ref().and_then(ApiError::code);
    let doubtful = code == Some(DOUBTFUL);
    let tone = if doubtful {
        Tone::Warning
    } else {
        Tone::Danger
    };
    let send = |accept_doubts: bool| own.send.reform(move |()| accept_doubts);
    html! {
        <div class="relevo-upload">
            <Drop files={own.files.clone()} take={own.take.clone()} />
            <div role="alert">
                if let Some(error) = &own.error {
                    <Alert {tone} inline=true title={title(&i18n, error)}
                        body={reasons(&i18n, error)} testid="upload-refusal" />
                }
            </div>
            <div class="relevo-question__buttons">
                if doubtful {
                    <Button label={i18n.t("monitor-upload-accept")} testid="upload-accept"
                        variant={Variant::Secondary} busy={own.busy} onclick={send(true)} />
                } else {
                    <Button label={i18n.t("monitor-upload-send")} testid="upload-send"
                        busy={own.busy} disabled={own.files.is_empty()} onclick={send(false)} />
                }
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct DropProps {
    files: Vec<File>,
    take: Callback<Vec<File>>,
}

/// Where files are dropped or chosen, and which they are.
#[component(Drop)]
fn drop_box(props: &DropProps) -> Html {
    let i18n = use_i18n();
    let over = use_state_eq(|| false);
    let onchange = props.take.reform(|event: Event| {
        let input = event
            .target()
            .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
        let Some(input) = input else {
            return Vec::new();
        };
        let chosen = all(input.files());
        // Else the same file, mended meanwhile, could not be chosen again.
        input.set_value("");
        chosen
    });
    let drag = |on: bool| {
        let over = over.setter();
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            over.set(on);
        })
    };
    let ondrop = {
        let (over, take) = (over.setter(), props.take.clone());
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            over.set(false);
            take.emit(all(event.data_transfer().and_then(|data| data.files())));
        })
    };
    html! {
        <div class={classes!("relevo-upload__box", over.then_some("relevo-upload__box--over"))}
            ondragover={drag(true)} ondragleave={drag(false)} {ondrop} data-testid="upload-box">
            <p class="relevo-upload__label">
                <Icon name={Glyph::File} />{ " " }{ i18n.t("monitor-upload-label") }
            </p>
            <input id="upload-files" class="pf-v6-screen-reader" type="file" multiple=true
                {onchange} data-testid="upload-files"
                accept=".xml,.pdf,.zip,application/xml,text/xml,application/pdf,application/zip" />
            <label class="pf-v6-c-button pf-m-secondary" for="upload-files">
                <span class="pf-v6-c-button__text">{ i18n.t("monitor-upload-choose") }</span>
            </label>
            <ul class="relevo-upload__files" aria-live="polite">
                { for props.files.iter().map(|file| html! {
                    <li data-testid="upload-file">{ file.name() }</li>
                }) }
            </ul>
        </div>
    }
}

fn all(list: Option<FileList>) -> Vec<File> {
    let list = list.into_iter();
    list.flat_map(|list| (0..list.length()).filter_map(move |n| list.get(n)))
        .collect()
}

fn form(files: &[File]) -> Option<FormData> {
    let form = FormData::new().ok()?;
    for file in files {
        form.append_with_blob_and_filename("file", file, &file.name())
            .ok()?;
    }
    Some(form)
}

async fn post(
    id: TaskId,
    form: Option<FormData>,
    accept_doubts: bool,
) -> api::Answer<CommandAnswer> {
    let form = form.ok_or(ApiError::Network)?;
    let query = if accept_doubts {
        "?accept_doubts=true"
    } else {
        ""
    };
    api::upload(&format!("/tasks/{id}/artifacts{query}"), form).await
}

/// Doubts have a button beside them; what programs are told to do about them is left out.
fn title(i18n: &I18n, error: &ApiError) -> String {
    match error {
        ApiError::Problem(problem) if problem.code() == DOUBTFUL => problem.title.clone(),
        error => error.words(i18n),
    }
}

/// What speaks against the invoice.
fn reasons(i18n: &I18n, error: &ApiError) -> Html {
    let ApiError::Problem(problem) = error else {
        return Html::default();
    };
    let reasons = problem.extra.get("reasons").and_then(|r| r.as_array());
    let reasons: Vec<&str> = reasons
        .into_iter()
        .flatten()
        .filter_map(|r| r.as_str())
        .collect();
    if reasons.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <ul class="pf-v6-c-list">
                { for reasons.iter().map(|reason| html! { <li>{ sentence(reason) }</li> }) }
            </ul>
            <p>{ i18n.t("monitor-upload-doubts") }</p>
        </>
    }
}
