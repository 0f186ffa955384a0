//! A message in its place.

use super::{Glyph, Icon};
use crate::i18n::use_i18n;
use crate::toasts::Tone;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct AlertProps {
    pub tone: Tone,
    pub title: String,
    /// Below the title.
    #[prop_or_default]
    pub body: Html,
    /// Inside the flow of a page, not over it.
    #[prop_or_default]
    pub inline: bool,
    pub testid: &'static str,
    /// What closes it, at its end.
    #[prop_or_default]
    pub children: Html,
}

/// A message in its place: an icon, a title, perhaps more, perhaps something to close it.
#[component(Alert)]
pub fn alert(props: &AlertProps) -> Html {
    let i18n = use_i18n();
    let glyph = match props.tone {
        Tone::Info => Glyph::Info,
        Tone::Success => Glyph::Check,
        Tone::Warning => Glyph::Warning,
        Tone::Danger => Glyph::Danger,
    };
    let class = classes!(
        "pf-v6-c-alert",
        props.tone.class(),
        props.inline.then_some("pf-m-inline")
    );
    html! {
        <div {class} data-testid={props.testid}>
            <div class="pf-v6-c-alert__icon"><Icon name={glyph} /></div>
            <p class="pf-v6-c-alert__title">
                <span class="pf-v6-screen-reader">{ i18n.t(props.tone.key()) }{ ": " }</span>
                { &props.title }
            </p>
            if props.children != Html::default() {
                <div class="pf-v6-c-alert__action">{ props.children.clone() }</div>
            }
            if props.body != Html::default() {
                <div class="pf-v6-c-alert__description">{ props.body.clone() }</div>
            }
        </div>
    }
}
