//! What stands where data will be, would be, or should have been.

use super::{Alert, Button, Glyph, Icon, Variant};
use crate::api::ApiError;
use crate::i18n::use_i18n;
use crate::toasts::Tone;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct LoadingProps {
    #[prop_or("loading")]
    pub testid: &'static str,
}

/// Data is on its way. Shows after a moment only, so that quick answers don't flicker.
#[component(Loading)]
pub fn loading(props: &LoadingProps) -> Html {
    let i18n = use_i18n();
    html! {
        <div class="relevo-loading" role="status" data-testid={props.testid}>
            <svg class="pf-v6-c-spinner pf-m-lg" viewBox="0 0 100 100" aria-hidden="true">
                <circle class="pf-v6-c-spinner__path" cx="50" cy="50" r="45" fill="none" />
            </svg>
            <span>{ i18n.t("loading") }</span>
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct FailedProps {
    pub error: ApiError,
    pub retry: Callback<()>,
    #[prop_or("failed")]
    pub testid: &'static str,
}

/// Data didn't come: why, and a button to ask again.
#[component(Failed)]
pub fn failed(props: &FailedProps) -> Html {
    let i18n = use_i18n();
    let again = html! {
        <Button label={i18n.t("try-again")} variant={Variant::Link} icon={Glyph::Retry}
            testid="try-again" onclick={props.retry.clone()} />
    };
    html! {
        <Alert tone={Tone::Danger} inline=true title={props.error.words(&i18n)} body={again}
            testid={props.testid} />
    }
}

#[derive(Properties, PartialEq)]
pub struct EmptyProps {
    pub icon: Glyph,
    pub title: String,
    pub body: String,
    pub testid: &'static str,
    /// What to do about it.
    #[prop_or_default]
    pub children: Html,
}

/// There is nothing yet, and what one can do.
#[component(Empty)]
pub fn empty(props: &EmptyProps) -> Html {
    html! {
        <div class="pf-v6-c-empty-state pf-m-sm" data-testid={props.testid}>
            <div class="pf-v6-c-empty-state__content">
                <div class="pf-v6-c-empty-state__header">
                    <div class="pf-v6-c-empty-state__icon"><Icon name={props.icon} /></div>
                    <div class="pf-v6-c-empty-state__title">
                        <p class="pf-v6-c-empty-state__title-text">{ &props.title }</p>
                    </div>
                </div>
                <div class="pf-v6-c-empty-state__body">{ &props.body }</div>
                if props.children != Html::default() {
                    <div class="pf-v6-c-empty-state__footer">
                        <div class="pf-v6-c-empty-state__actions">{ props.children.clone() }</div>
                    </div>
                }
            </div>
        </div>
    }
}
