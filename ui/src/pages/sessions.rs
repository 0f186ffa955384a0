//! `/sessions`: where one is signed in.

use crate::api;
use crate::hooks::use_loaded;
use crate::i18n::use_i18n;
use crate::key;
use crate::parts::{Button, Chip, Colour, Dialog, Failed, Glyph, Heading, Loading, Variant};
use crate::session::sign_out;
use crate::toasts::use_toasts;
use schemas::rest::SessionInfo;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Where one is signed in, and how to end it.
#[component(SessionsPage)]
pub fn sessions_page() -> Html {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let sessions = use_loaded::<Vec<SessionInfo>>("/auth/sessions".to_owned());
    let asked = use_state(|| None::<SessionInfo>);
    let busy = use_state_eq(|| false);
    let out = {
        let (toasts, i18n) = (toasts.clone(), i18n.clone());
        Callback::from(move |()| {
            let (toasts, i18n) = (toasts.clone(), i18n.clone());
            spawn_local(async move {
                if let Err(error) = sign_out().await {
                    toasts.error(error.words(&i18n));
                }
            });
        })
    };
    let revoke = {
        let (asked, busy, i18n) = (asked.clone(), busy.setter(), i18n.clone());
        let reload = sessions.reload.clone();
        Callback::from(move |()| {
            let Some(session) = (*asked).clone() else {
                return;
            };
            let (asked, busy) = (asked.setter(), busy.clone());
            let (toasts, i18n, reload) = (toasts.clone(), i18n.clone(), reload.clone());
            spawn_local(async move {
                busy.set(true);
                match api::delete::<()>(&format!("/auth/sessions/{}", session.id)).await {
                    Ok(()) => toasts.success(i18n.t("sessions-revoked")),
                    Err(error) => toasts.error(error.words(&i18n)),
                }
                busy.set(false);
                asked.set(None);
                reload.emit(());
            });
        })
    };
    let unknown = i18n.t("sessions-unknown-program");
    let row = |session: &SessionInfo| {
        let program = session
            .user_agent
            .clone()
            .unwrap_or_else(|| unknown.clone());
        let ask = {
            let (asked, session) = (asked.setter(), session.clone());
            Callback::from(move |()| asked.set(Some(session.clone())))
        };
        let describes = i18n.tf(
            "sessions-revoke-one",
            &[("program", program.clone().into())],
        );
        html! {
            <li key={session.id.to_string()} class="relevo-row" data-testid="session">
                <div class="relevo-row__main">
                    <p class="relevo-row__title" data-testid="session-program">{ program }</p>
                    <p class="relevo-row__meta">
                        if session.current {
                            <Chip label={i18n.t("sessions-current")} colour={Colour::Green}
                                icon={Glyph::Check} testid="session-current" />
                        }
                        <span>
                            { i18n.tf("sessions-since",
                                &[("at", i18n.date_time(session.created_at).into())]) }
                        </span>
                        <span>
                            { i18n.tf("sessions-seen",
                                &[("ago", i18n.ago(session.last_seen_at).into())]) }
                        </span>
                    </p>
                </div>
                <div class="relevo-row__actions">
                    if session.current {
                        <Button label={i18n.t("sign-out")} icon={Glyph::SignOut}
                            variant={Variant::Secondary} onclick={out.clone()}
                            testid="session-sign-out" />
                    } else {
                        <Button label={i18n.t("sessions-revoke")} variant={Variant::Secondary}
                            {describes} onclick={ask} testid="session-revoke" />
                    }
                </div>
            </li>
        }
    };
    let close = {
        let asked = asked.setter();
        Callback::from(move |()| asked.set(None))
    };
    let footer = html! {
        <>
            <Button label={i18n.t(key!("sessions-revoke"))} variant={Variant::Danger} busy={*busy}
                onclick={revoke} testid="session-revoke-confirm" />
            <Button label={i18n.t("cancel")} variant={Variant::Link} onclick={close.clone()}
                testid="session-revoke-cancel" />
        </>
    };
    html! {
        <>
            <Heading title={i18n.t("nav-sessions")} subtitle={i18n.t("sessions-subtitle")} />
            if let Some(list) = &sessions.data {
                <ul class="relevo-rows" role="list" data-testid="sessions">
                    { for list.iter().map(row) }
                </ul>
            } else if let Some(error) = sessions.error.clone() {
                <Failed {error} retry={sessions.reload.clone()} />
            } else {
                <Loading />
            }
            if asked.is_some() {
                <Dialog title={i18n.t("sessions-revoke-title")} onclose={close} {footer}
                    testid="session-revoke-dialog">
                    <p>{ i18n.t("sessions-revoke-what") }</p>
                </Dialog>
            }
        </>
    }
}
