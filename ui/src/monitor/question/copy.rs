//! A value with a button that copies it.

use crate::browser;
use crate::i18n::use_i18n;
use crate::parts::{Glyph, Icon};
use gloo_timers::future::sleep;
use std::time::Duration;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::prelude::*;

/// How long the button says that it did.
const SAID: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, PartialEq)]
enum Did {
    Nothing,
    Copied,
    /// The browser doesn't let a page copy: the text is there to be selected.
    Failed,
}

#[derive(Properties, PartialEq)]
pub struct CopyProps {
    pub label: String,
    /// What is copied.
    pub value: String,
    /// Beside it, such as a code's words.
    #[prop_or_default]
    pub text: Option<String>,
    pub name: String,
}

/// Label, value, and a button that copies the value.
#[component(Copy)]
pub fn copy(props: &CopyProps) -> Html {
    let i18n = use_i18n();
    let did = use_state_eq(|| Did::Nothing);
    let onclick = {
        let (value, did) = (props.value.clone(), did.setter());
        Callback::from(move |_: MouseEvent| {
            let (value, did) = (value.clone(), did.clone());
            spawn_local(async move {
                did.set(if write(&value).await {
                    Did::Copied
                } else {
                    Did::Failed
                });
                sleep(SAID).await;
                did.set(Did::Nothing);
            });
        })
    };
    let (glyph, word) = match *did {
        Did::Nothing => (Glyph::Copy, i18n.t("monitor-copy")),
        Did::Copied => (Glyph::Tick, i18n.t("monitor-copied")),
        Did::Failed => (Glyph::Warning, i18n.t("monitor-copy-failed")),
    };
    html! {
        <div class="relevo-copy" data-testid="kit-value" data-name={props.name.clone()}>
            <dt class="relevo-copy__label">{ &props.label }</dt>
            <dd class="relevo-copy__value">
                <span data-testid="kit-text">{ &props.value }</span>
                if let Some(text) = &props.text {
                    <span class="relevo-subtle">{ " · " }{ text }</span>
                }
            </dd>
            <dd class="relevo-copy__button">
                <button type="button" class="pf-v6-c-button pf-m-secondary pf-m-small" {onclick}
                    data-testid="kit-copy">
                    <span class="pf-v6-c-button__icon pf-m-start"><Icon name={glyph} /></span>
                    <span class="pf-v6-c-button__text" aria-live="polite">
                        { word }<span class="pf-v6-screen-reader">{ ": " }{ &props.label }</span>
                    </span>
                </button>
            </dd>
        </div>
    }
}

async fn write(text: &str) -> bool {
    let Some(window) = browser::window() else {
        return false;
    };
    // Without a secure origin there is no clipboard at all.
    let navigator = window.navigator();
    let clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into());
    if clipboard.map_or(true, |c| c.is_undefined()) {
        return false;
    }
    JsFuture::from(navigator.clipboard().write_text(text))
        .await
        .is_ok()
}
