//! Whether the server can be reached.

use crate::api;
use crate::browser;
use gloo_events::EventListener;
use gloo_timers::future::sleep;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How often a lost server is looked for.
const PROBE: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, PartialEq)]
struct Link {
    up: bool,
}

#[derive(Properties, PartialEq)]
pub struct ProviderProps {
    pub children: Html,
}

/// Learns from every call whether the server answers, and looks for it while it doesn't.
#[component(LinkProvider)]
pub fn link_provider(props: &ProviderProps) -> Html {
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
        <ContextProvider<Link> context={Link { up: *up }}>
            { props.children.clone() }
        </ContextProvider<Link>>
    }
}

/// Whether the last call was answered.
#[hook]
pub fn use_link_up() -> bool {
    use_context::<Link>().is_none_or(|link| link.up)
}
