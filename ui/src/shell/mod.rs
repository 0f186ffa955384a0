//! What surrounds every page: skip link, masthead, navigation, notices about the connection.

pub mod brand;
mod guard;
mod link;
mod masthead;
mod nav;
mod theme;

pub use guard::Guard;

use crate::i18n::use_i18n;
use link::LinkNotice;
use masthead::Masthead;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ShellProps {
    pub children: Html,
}

/// What surrounds every page.
#[component(Shell)]
pub fn shell(props: &ShellProps) -> Html {
    let i18n = use_i18n();
    html! {
        <div class="relevo-page">
            <a class="pf-v6-c-button pf-m-primary relevo-skip" href="#main" data-testid="skip-link">
                { i18n.t("skip-link") }
            </a>
            <Masthead />
            <LinkNotice />
            <main class="relevo-main" id="main" tabindex="-1">{ props.children.clone() }</main>
        </div>
    }
}
