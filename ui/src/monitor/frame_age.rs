//! How old the picture is.

use super::frames::{self, Look, Times};
use super::wire::Wire;
use crate::i18n::use_i18n;
use crate::parts::{Glyph, Icon};
use gloo_timers::callback::Interval;
use std::rc::Rc;
use yew::prelude::*;

const EVERY_MS: u32 = 200;

#[derive(Properties, PartialEq)]
pub struct FrameAgeProps {
    pub wire: Rc<Wire>,
    pub connected: bool,
    pub acted_ms: Option<u64>,
    /// Told what kind of look it is, when that changes.
    pub on_look: Callback<&'static str>,
}

/// How old the picture is, counting.
#[component(FrameAge)]
pub fn frame_age(props: &FrameAgeProps) -> Html {
    let i18n = use_i18n();
    let look = use_state_eq(|| Look::None);
    {
        let look = look.setter();
        let (wire, connected, acted_ms) = (props.wire.clone(), props.connected, props.acted_ms);
        use_effect_with((connected, acted_ms), move |_| {
            let tick = Interval::new(EVERY_MS, move || {
                let times = Times {
                    now_ms: wire.server_now_ms(),
                    shown_ms: wire.painter().shown().map(|shown| shown.at_ms),
                    acted_ms,
                };
                look.set(rounded(frames::look(times, connected)));
            });
            move || drop(tick)
        });
    }
    let kind = match *look {
        Look::None => "none",
        Look::Fresh(_) => "fresh",
        Look::Still => "still",
        Look::Behind(_) => "behind",
        Look::Cut(_) => "cut",
    };
    {
        let on_look = props.on_look.clone();
        use_effect_with(kind, move |kind| on_look.emit(kind));
    }
    let aged = |key: &str, ms: u64| {
        let n = format!("{:.1}", frames::tenths(ms));
        i18n.tf(key, &[("n", n.into())])
    };
    let (glyph, text) = match *look {
        Look::None => return Html::default(),
        Look::Fresh(ms) => (Glyph::Eye, aged("monitor-age-fresh", ms)),
        Look::Still => (Glyph::Eye, i18n.t("monitor-age-still")),
        Look::Behind(ms) => (Glyph::Warning, aged("monitor-age-behind", ms)),
        Look::Cut(ms) => (Glyph::Warning, aged("monitor-age-cut", ms)),
    };
    html! {
        <span class={format!("relevo-live__age relevo-live__age--{kind}")}
            data-testid="frame-age" data-value={kind}>
            <Icon name={glyph} />{ text }
        </span>
    }
}

/// To tenths of a second while that says something, then to seconds.
fn rounded(look: Look) -> Look {
    let to = |ms: u64| {
        if ms < 10_000 {
            ms / 100 * 100
        } else {
            ms / 1_000 * 1_000
        }
    };
    match look {
        Look::Fresh(ms) => Look::Fresh(to(ms)),
        Look::Behind(ms) => Look::Behind(to(ms)),
        Look::Cut(ms) => Look::Cut(to(ms)),
        other => other,
    }
}
