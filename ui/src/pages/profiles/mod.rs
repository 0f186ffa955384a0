//! `/profiles`: the fiscal data that invoices are made out to.

mod card;
mod editor;
mod form;

use crate::api;
use crate::hooks::use_loaded;
use crate::i18n::use_i18n;
use crate::parts::{Button, Dialog, Empty, Failed, Glyph, Heading, Loading, Variant};
use crate::toasts::use_toasts;
use card::ProfileCard;
use editor::Editor;
use schemas::rest::{Page, ProfileView};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// What the page shows.
#[derive(Clone, PartialEq)]
enum View {
    List,
    Add,
    Edit(Box<ProfileView>),
}

/// The caller's fiscal profiles.
#[component(ProfilesPage)]
pub fn profiles_page() -> Html {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let view = use_state(|| View::List);
    let position = use_state_eq(|| 0_u64);
    let retiring = use_state(|| None::<ProfileView>);
    let busy = use_state_eq(|| false);
    let path = api::min_position("/profiles", *position);
    let profiles = use_loaded::<Page<ProfileView>>(path);

    let show = |to: View| {
        let view = view.setter();
        Callback::from(move |()| view.set(to.clone()))
    };
    let ondone = {
        let (view, position) = (view.setter(), position.setter());
        Callback::from(move |saved: Option<ProfileView>| {
            if let Some(saved) = saved {
                position.set(saved.position);
            }
            view.set(View::List);
        })
    };
    let edited = match &*view {
        View::List => None,
        View::Add => Some(None),
        View::Edit(profile) => Some(Some((**profile).clone())),
    };
    if let Some(profile) = edited {
        return html! { <Editor {profile} {ondone} /> };
    }

    let close = {
        let retiring = retiring.setter();
        Callback::from(move |()| retiring.set(None))
    };
    let retire = {
        let (retiring, busy, position) = (retiring.clone(), busy.setter(), position.setter());
        let i18n = i18n.clone();
        Callback::from(move |()| {
            let Some(profile) = (*retiring).clone() else {
                return;
            };
            let (retiring, busy, position) = (retiring.setter(), busy.clone(), position.clone());
            let (toasts, i18n) = (toasts.clone(), i18n.clone());
            spawn_local(async move {
                busy.set(true);
                let path = format!("/profiles/{}", profile.id);
                match api::delete::<ProfileView>(&path).await {
                    Ok(retired) => {
                        position.set(retired.position);
                        toasts.success(i18n.tf("profile-retired", &[("rfc", retired.rfc.into())]));
                    }
                    Err(error) => toasts.error(error.words(&i18n)),
                }
                busy.set(false);
                retiring.set(None);
            });
        })
    };
    let footer = html! {
        <>
            <Button label={i18n.t("profile-retire")} variant={Variant::Danger} busy={*busy}
                onclick={retire} testid="retire-confirm" />
            <Button label={i18n.t("cancel")} variant={Variant::Link} onclick={close.clone()}
                testid="retire-cancel" />
        </>
    };
    let active = profiles.data.as_ref().map(|page| {
        let active = page.items.iter().filter(|profile| !profile.retired);
        active.cloned().collect::<Vec<_>>()
    });
    let has_some = active.as_ref().is_some_and(|active| !active.is_empty());
    let add = html! {
        <Button label={i18n.t("profile-add")} icon={Glyph::Add} onclick={show(View::Add)}
            testid="profile-add" />
    };
    html! {
        <>
            <Heading title={i18n.t("nav-profiles")} subtitle={i18n.t("profiles-subtitle")}>
                if has_some { { add.clone() } }
            </Heading>
            if let Some(active) = active {
                if active.is_empty() {
                    <Empty icon={Glyph::Building} title={i18n.t("profiles-empty")}
                        body={i18n.t("profiles-empty-do")} testid="profiles-empty">
                        { add }
                    </Empty>
                } else {
                    <ul class="relevo-cards" role="list" data-testid="profiles">
                        { for active.into_iter().map(|profile| {
                            let onedit = show(View::Edit(Box::new(profile.clone())));
                            let onretire = {
                                let (retiring, profile) = (retiring.setter(), profile.clone());
                                Callback::from(move |()| retiring.set(Some(profile.clone())))
                            };
                            html! {
                                <ProfileCard key={profile.id.to_string()} {onedit} {onretire}
                                    profile={profile.clone()} />
                            }
                        }) }
                    </ul>
                }
            } else if let Some(error) = profiles.error.clone() {
                <Failed {error} retry={profiles.reload.clone()} />
            } else {
                <Loading />
            }
            if let Some(profile) = &*retiring {
                <Dialog testid="retire-dialog" onclose={close} {footer}
                    title={i18n.tf("profile-retire-title", &[("rfc", profile.rfc.clone().into())])}>
                    <p>{ i18n.t("profile-retire-what") }</p>
                </Dialog>
            }
        </>
    }
}
