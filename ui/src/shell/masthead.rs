//! The bar at the top: where one is in the world, and who one is.

use super::brand::Brand;
use super::nav::Nav;
use super::theme::ThemeMenu;
use crate::i18n::{Language, use_i18n};
use crate::key;
use crate::parts::{Glyph, Icon, Item, Menu};
use crate::route::Route;
use crate::session::{SessionState, sign_out, use_session, use_session_handle};
use crate::toasts::use_toasts;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_router::prelude::*;

/// The bar at the top.
#[component(Masthead)]
pub fn masthead() -> Html {
    let i18n = use_i18n();
    let handle = use_session_handle();
    let open = use_state_eq(|| false);
    let signed_in = handle.is_some_and(|h| matches!(h.state, SessionState::Somebody(_)));
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let ondone = {
        let open = open.setter();
        Callback::from(move |()| open.set(false))
    };
    html! {
        <header class="relevo-masthead" data-testid="masthead">
            if signed_in {
                <button type="button" class="pf-v6-c-button pf-m-plain relevo-burger"
                    onclick={toggle} aria-expanded={open.to_string()} aria-controls="nav"
                    aria-label={i18n.t("nav-toggle")} data-testid="nav-toggle">
                    <Icon name={if *open { Glyph::Close } else { Glyph::Menu }} />
                </button>
            }
            <Link<Route> to={Route::Home} classes="relevo-brand"><Brand /></Link<Route>>
            if signed_in {
                <Nav open={*open} {ondone} />
            }
            <div class="relevo-tools">
                <LanguageMenu />
                <ThemeMenu />
                if signed_in {
                    <UserMenu />
                }
            </div>
        </header>
    }
}

/// In its own language, so that whoever needs it can read it.
const fn own_name(language: Language) -> &'static str {
    match language {
        Language::Spanish => "Español",
        Language::English => "English",
    }
}

#[component(LanguageMenu)]
fn language_menu() -> Html {
    let i18n = use_i18n();
    let items = Language::ALL.map(|language| {
        let choose = i18n.clone();
        Item {
            label: own_name(language).to_owned(),
            testid: match language {
                Language::Spanish => "language-es",
                Language::English => "language-en",
            },
            icon: None,
            selected: language == i18n.language(),
            onclick: Callback::from(move |()| choose.choose(language)),
        }
    });
    html! {
        <Menu label={i18n.t("language")} icon={Glyph::Language} testid="language-menu"
            items={items.to_vec()} />
    }
}

#[component(UserMenu)]
fn user_menu() -> Html {
    let i18n = use_i18n();
    let session = use_session();
    let navigator = use_navigator();
    let toasts = use_toasts();
    let called = session.called().map(str::to_owned);
    let sessions = Callback::from(move |()| {
        if let Some(navigator) = &navigator {
            navigator.push(&Route::Sessions);
        }
    });
    let out = {
        let i18n = i18n.clone();
        Callback::from(move |()| {
            let (toasts, i18n) = (toasts.clone(), i18n.clone());
            spawn_local(async move {
                if let Err(error) = sign_out().await {
                    toasts.error(error.words(&i18n));
                }
            });
        })
    };
    let item = |key: &str, testid, icon, onclick| Item {
        label: i18n.t(key),
        testid,
        icon: Some(icon),
        selected: false,
        onclick,
    };
    let items = vec![
        item(
            key!("nav-sessions"),
            "nav-sessions",
            Glyph::Laptop,
            sessions,
        ),
        item(key!("sign-out"), "sign-out", Glyph::SignOut, out),
    ];
    let email = session.email.filter(|email| Some(email) != called.as_ref());
    let head = html! {
        if let Some(called) = &called {
            <div class="relevo-menu__head">
                <strong data-testid="user-name">{ called }</strong>
                if let Some(email) = email {
                    <span class="relevo-subtle">{ email }</span>
                }
            </div>
        }
    };
    html! {
        <Menu label={i18n.t("user-menu")} icon={Glyph::User} text={called} testid="user-menu"
            {items} {head} />
    }
}
