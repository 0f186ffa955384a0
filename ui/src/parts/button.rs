//! Buttons, and links that look like buttons.

use super::{Glyph, Icon};
use crate::route::Route;
use yew::prelude::*;
use yew_router::prelude::*;

/// How much weight a button has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Variant {
    #[default]
    Primary,
    Secondary,
    Danger,
    Link,
}

impl Variant {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "pf-m-primary",
            Self::Secondary => "pf-m-secondary",
            Self::Danger => "pf-m-danger",
            Self::Link => "pf-m-link",
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct ButtonProps {
    pub label: String,
    pub testid: &'static str,
    #[prop_or_default]
    pub variant: Variant,
    #[prop_or_default]
    pub icon: Option<Glyph>,
    /// Shows that what it started goes on, and can't be pressed meanwhile.
    #[prop_or_default]
    pub busy: bool,
    #[prop_or_default]
    pub disabled: bool,
    /// Sends its form.
    #[prop_or_default]
    pub submit: bool,
    #[prop_or_default]
    pub small: bool,
    /// What a screen reader says where the label alone isn't enough, as in a row.
    #[prop_or_default]
    pub describes: Option<String>,
    #[prop_or_default]
    pub onclick: Callback<()>,
}

/// A button.
#[component(Button)]
pub fn button(props: &ButtonProps) -> Html {
    let class = classes!(
        "pf-v6-c-button",
        props.variant.class(),
        props.small.then_some("pf-m-small"),
        props
            .busy
            .then_some(["pf-m-progress", "pf-m-in-progress"].as_slice()),
    );
    let onclick = {
        let (emit, submit) = (props.onclick.clone(), props.submit);
        Callback::from(move |_: MouseEvent| {
            if !submit {
                emit.emit(());
            }
        })
    };
    html! {
        <button type={if props.submit { "submit" } else { "button" }} {class} {onclick}
            disabled={props.disabled || props.busy} aria-label={props.describes.clone()}
            data-testid={props.testid}>
            if props.busy {
                <span class="pf-v6-c-button__progress">
                    <svg class="pf-v6-c-spinner pf-m-md" role="img" viewBox="0 0 100 100"
                        aria-hidden="true">
                        <circle class="pf-v6-c-spinner__path" cx="50" cy="50" r="45" fill="none" />
                    </svg>
                </span>
            } else if let Some(name) = props.icon {
                <span class="pf-v6-c-button__icon pf-m-start"><Icon {name} /></span>
            }
            <span class="pf-v6-c-button__text">{ &props.label }</span>
        </button>
    }
}

#[derive(Properties, PartialEq)]
pub struct LinkButtonProps {
    pub to: Route,
    pub label: String,
    pub testid: &'static str,
    #[prop_or_default]
    pub variant: Variant,
    #[prop_or_default]
    pub icon: Option<Glyph>,
    #[prop_or_default]
    pub small: bool,
    #[prop_or_default]
    pub describes: Option<String>,
}

/// A link to another page that looks like a button.
#[component(LinkButton)]
pub fn link_button(props: &LinkButtonProps) -> Html {
    let navigator = use_navigator();
    let onclick = {
        let to = props.to.clone();
        Callback::from(move |event: MouseEvent| {
            let elsewhere = event.ctrl_key() || event.meta_key() || event.shift_key();
            if let (false, Some(navigator)) = (elsewhere, &navigator) {
                event.prevent_default();
                navigator.push(&to);
            }
        })
    };
    let class = classes!(
        "pf-v6-c-button",
        props.variant.class(),
        props.small.then_some("pf-m-small"),
    );
    html! {
        <a href={props.to.to_path()} {class} {onclick} aria-label={props.describes.clone()}
            data-testid={props.testid}>
            if let Some(name) = props.icon {
                <span class="pf-v6-c-button__icon pf-m-start"><Icon {name} /></span>
            }
            <span class="pf-v6-c-button__text">{ &props.label }</span>
        </a>
    }
}
