//! The live browser: its picture, how old that is, and a human's hands on it.

use super::commands::Commands;
use super::control_bar::ControlBar;
use super::frame_age::FrameAge;
use super::hands::{Hands, Tools};
use super::link::Connection;
use super::state::State;
use super::wire::Wire;
use crate::browser;
use crate::i18n::{I18n, use_i18n};
use crate::parts::{Glyph, Icon};
use domain::task::{Status, WaitingFor};
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, HtmlTextAreaElement};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct LiveProps {
    pub state: Rc<State>,
    pub connection: Connection,
    /// A picture of the session there is was shown.
    pub has_picture: bool,
    pub wire: Rc<Wire>,
    pub canvas: NodeRef,
    /// Why input was refused last, by the server's code.
    pub refused: Option<String>,
    pub commands: Commands,
}

/// The live browser.
#[component(Live)]
pub fn live(props: &LiveProps) -> Html {
    let i18n = use_i18n();
    let look = use_state_eq(|| "none");
    let keys = use_node_ref();
    let facts = &props.state.facts;
    let drives = props.wire.driving().get().is_some();
    use_hands(&props.wire, &keys, drives);
    {
        // The canvas is new each time one comes back from the files or the end.
        let wire = props.wire.clone();
        use_effect_with((), move |()| wire.painter().repaint());
    }
    let veil = veil(&i18n, props);
    let portal = props
        .state
        .view
        .as_ref()
        .map_or("", |v| v.portal_name.as_str());
    let says = i18n.tf("monitor-canvas", &[("portal", portal.to_owned().into())]);
    let class = classes!(
        "relevo-live",
        "pf-v6-c-card",
        drives.then_some("relevo-live--driving"),
        matches!(*look, "cut" | "behind").then_some("relevo-live--stale"),
    );
    let on_look = {
        let look = look.setter();
        Callback::from(move |kind| look.set(kind))
    };
    html! {
        <section {class} aria-label={i18n.t("monitor-live")}>
            <div class="relevo-live__bar">
                <ConnectionLine connection={props.connection}
                    sees={facts.session && props.has_picture} />
                if facts.session && props.has_picture {
                    <FrameAge wire={props.wire.clone()} connected={is_live(props.connection)}
                        acted_ms={props.state.acted_ms} {on_look} />
                }
            </div>
            <ControlBar state={props.state.clone()} connection={props.connection}
                wire={props.wire.clone()} refused={props.refused.clone()}
                commands={props.commands.clone()} />
            <div class="relevo-live__stage">
                <canvas ref={props.canvas.clone()} class="relevo-live__canvas" role="img"
                    aria-label={says} data-testid="live-canvas"></canvas>
                <textarea ref={keys} class="relevo-live__keys" rows="1" disabled={!drives}
                    aria-label={i18n.t("monitor-keys")} aria-describedby="live-keys-help"
                    autocomplete="off" autocapitalize="off" spellcheck="false"
                    data-testid="live-keys" />
                if let Some((glyph, text)) = veil {
                    <div class="relevo-live__veil" data-testid="live-veil">
                        <span class="relevo-live__veil-icon"><Icon name={glyph} /></span>
                        <p>{ text }</p>
                    </div>
                }
            </div>
            <p class="relevo-live__help" id="live-keys-help">
                if drives { { i18n.t("monitor-keys-help") } }
            </p>
        </section>
    }
}

fn is_live(connection: Connection) -> bool {
    connection == Connection::Live
}

/// Hands on the canvas while the human drives.
#[hook]
fn use_hands(wire: &Rc<Wire>, keys: &NodeRef, drives: bool) {
    let (wire, keys) = (wire.clone(), keys.clone());
    use_effect_with(drives, move |drives| {
        let field = keys.cast::<HtmlTextAreaElement>().filter(|_| *drives);
        let hands = field.and_then(|field| {
            let sends = wire.clone();
            let tools = Tools {
                painter: wire.painter().clone(),
                driving: wire.driving().clone(),
                send: Callback::from(move |inputs| sends.input(inputs)),
                exit: Callback::from(|()| leave()),
            };
            Hands::new(tools, field)
        });
        if let Some(hands) = &hands {
            hands.focus();
        }
        move || drop(hands)
    });
}

/// The way out for who has only a keyboard: to the button that hands back.
fn leave() {
    let button = browser::document()
        .and_then(|d| d.query_selector("[data-testid=return-done]").ok().flatten())
        .and_then(|b| b.dyn_into::<HtmlElement>().ok());
    if let Some(button) = button {
        let _ = button.focus();
    }
}

/// What lies over the picture when there is none.
fn veil(i18n: &I18n, props: &LiveProps) -> Option<(Glyph, String)> {
    let facts = &props.state.facts;
    if facts.session {
        if props.has_picture {
            return None;
        }
        return Some((Glyph::Laptop, i18n.t("monitor-veil-picture")));
    }
    let (glyph, text) = match (facts.status, facts.waiting_for) {
        (Status::Pending, WaitingFor::Human) => (Glyph::Hand, i18n.t("monitor-veil-human")),
        (Status::Pending, _) => (Glyph::Clock, i18n.t("monitor-veil-pending")),
        (Status::Running, _) => (Glyph::Running, i18n.t("monitor-veil-opening")),
        _ => (Glyph::Clock, i18n.t("monitor-veil-parked")),
    };
    Some((glyph, text))
}

#[derive(Properties, PartialEq)]
struct ConnectionProps {
    connection: Connection,
    /// There is a live picture.
    sees: bool,
}

/// How the feed is. The count-down is for the eyes; a screen reader hears of the change only.
#[component(ConnectionLine)]
fn connection_line(props: &ConnectionProps) -> Html {
    let i18n = use_i18n();
    let (value, glyph, text) = match props.connection {
        Connection::Live if props.sees => ("live", Glyph::Check, i18n.t("monitor-live-on")),
        Connection::Live => ("live", Glyph::Check, i18n.t("monitor-connected")),
        Connection::Connecting => ("connecting", Glyph::Clock, i18n.t("monitor-connecting")),
        Connection::Lost { .. } => ("lost", Glyph::Offline, i18n.t("monitor-lost")),
        Connection::Erased => ("erased", Glyph::Offline, i18n.t("monitor-erased")),
        Connection::SignedOut => ("signed-out", Glyph::Offline, i18n.t("monitor-signed-out")),
    };
    let retry = match props.connection {
        Connection::Lost { retry_in_s: 0 } => Some(i18n.t("monitor-retrying")),
        Connection::Lost { retry_in_s } => {
            let n = retry_in_s.to_string();
            Some(i18n.tf("monitor-retry-in", &[("n", n.into())]))
        }
        _ => None,
    };
    html! {
        <span class={classes!("relevo-live__connection", format!("relevo-live__connection--{value}"))}
            data-testid="connection" data-value={value}>
            <Icon name={glyph} />
            <span role="status">{ text }</span>
            if let Some(retry) = retry {
                <span aria-hidden="true">{ " – " }{ retry }</span>
            }
        </span>
    }
}
