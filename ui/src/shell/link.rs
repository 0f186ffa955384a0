//! A notice while the server can't be reached.

use crate::api;
use crate::browser;
use crate::i18n::use_i18n;
use crate::parts::{Glyph, Icon};
use gloo_events::EventListener;
use gloo_timers::future::sleep;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How often a lost server is looked for.
const PROBE: Duration = Duration::from_secs(3);

/// Says that the connection is lost, until an answer comes again.
#[component(LinkNotice)]
pub fn link_notice() -> Html {
    let i18n = use_i18n();
    let up = use_state_eq(|| true);
    {
        let up = up.setter();
        use_effect_with((), move |()| {
            let told = up.clone();
            api::on_link(Callback::from(move |is_up| told.set(is_up)));
            let listeners = browser::window().map(|window| {
                let online = EventListener::new(&window, "online", |_| spawn_local(api::probe()));
                let offline = EventListener::new(&window, "offline", move |_| up.set(false));
                (online, offline)
            });
            move || drop(listeners)
        });
    }
    use_effect_with(*up, |up| {
        let ended = Rc::new(Cell::new(*up));
        let watched = ended.clone();
        spawn_local(async move {
            while !watched.get() {
                sleep(PROBE).await;
                if !watched.get() {
                    api::probe().await;
                }
            }
        });
        move || ended.set(true)
    });
    html! {
        <div role="status">
            if !*up {
                <div class="pf-v6-c-banner pf-m-yellow relevo-link-lost" data-testid="link-lost">
                    <Icon name={Glyph::Offline} />{ " " }{ i18n.t("link-lost") }
                </div>
            }
        </div>
    }
}
