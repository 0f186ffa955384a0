//! A short word with a colour: a status.

use super::{Glyph, Icon};
use yew::prelude::*;

/// What a status means at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Grey,
    Blue,
    Green,
    Orange,
    Red,
}

impl Colour {
    const fn class(self) -> Option<&'static str> {
        match self {
            Self::Grey => None,
            Self::Blue => Some("pf-m-blue"),
            Self::Green => Some("pf-m-green"),
            Self::Orange => Some("pf-m-orange"),
            Self::Red => Some("pf-m-red"),
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct ChipProps {
    pub label: String,
    pub colour: Colour,
    pub icon: Glyph,
    pub testid: &'static str,
    /// The code behind the word, for programs: `data-value`.
    #[prop_or_default]
    pub value: Option<String>,
}

/// A short word with a colour and an icon, so that the colour is never all there is.
#[component(Chip)]
pub fn chip(props: &ChipProps) -> Html {
    html! {
        <span class={classes!("pf-v6-c-label", "relevo-chip", props.colour.class())}
            data-testid={props.testid} data-value={props.value.clone()}>
            <span class="pf-v6-c-label__content">
                <span class="pf-v6-c-label__icon"><Icon name={props.icon} /></span>
                <span class="pf-v6-c-label__text">{ &props.label }</span>
            </span>
        </span>
    }
}
