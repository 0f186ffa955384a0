//! The way from page to page.

use crate::i18n::use_i18n;
use crate::key;
use crate::parts::{Glyph, Icon};
use crate::route::Route;
use yew::prelude::*;
use yew_router::prelude::*;

struct Entry {
    to: Route,
    label: &'static str,
    icon: Glyph,
    testid: &'static str,
}

const ENTRIES: [Entry; 4] = [
    Entry {
        to: Route::Home,
        label: key!("nav-home"),
        icon: Glyph::Home,
        testid: "nav-home",
    },
    Entry {
        to: Route::NewTicket,
        label: key!("nav-new-ticket"),
        icon: Glyph::Ticket,
        testid: "nav-new-ticket",
    },
    Entry {
        to: Route::History,
        label: key!("nav-history"),
        icon: Glyph::History,
        testid: "nav-history",
    },
    Entry {
        to: Route::Profiles,
        label: key!("nav-profiles"),
        icon: Glyph::Building,
        testid: "nav-profiles",
    },
];

#[derive(Properties, PartialEq)]
pub struct NavProps {
    /// On a phone: whether it is unfolded.
    pub open: bool,
    /// A link was followed.
    pub ondone: Callback<()>,
}

/// The pages' links; the one that is shown is marked.
#[component(Nav)]
pub fn nav(props: &NavProps) -> Html {
    let i18n = use_i18n();
    let route = use_route::<Route>();
    let done = props.ondone.reform(|_: MouseEvent| ());
    html! {
        <nav id="nav" class={classes!("relevo-nav", props.open.then_some("relevo-nav--open"))}
            aria-label={i18n.t("nav-label")} data-testid="nav" onclick={done}>
            <ul role="list">
                { for ENTRIES.iter().map(|entry| {
                    let current = route.as_ref() == Some(&entry.to);
                    html! {
                        <li key={entry.testid}>
                            <NavLink to={entry.to.clone()} {current} icon={entry.icon}
                                label={i18n.t(entry.label)} testid={entry.testid} />
                        </li>
                    }
                }) }
            </ul>
        </nav>
    }
}

#[derive(Properties, PartialEq)]
struct NavLinkProps {
    to: Route,
    current: bool,
    icon: Glyph,
    label: String,
    testid: &'static str,
}

#[component(NavLink)]
fn nav_link(props: &NavLinkProps) -> Html {
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
    html! {
        <a class="relevo-nav__link" href={props.to.to_path()} {onclick}
            aria-current={props.current.then_some("page")} data-testid={props.testid}>
            <Icon name={props.icon} /><span>{ &props.label }</span>
        </a>
    }
}
