//! What happened, step by step.

use super::state::State;
use super::words::{Tone, duration, line};
use crate::browser;
use crate::i18n::use_i18n;
use crate::parts::Icon;
use schemas::PublicEvent;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use web_sys::Element;
use yew::prelude::*;

/// One is at the end when no more than this is left below.
const END_PIXELS: i32 = 24;

#[derive(Properties, PartialEq)]
pub struct TimelineProps {
    pub state: Rc<State>,
    /// The portal's words for its fields.
    pub labels: Rc<BTreeMap<String, String>>,
}

/// What happened, the newest last and in sight, unless one looks further up.
#[component(Timeline)]
pub fn timeline(props: &TimelineProps) -> Html {
    let i18n = use_i18n();
    let list = use_node_ref();
    // Whether new rows are followed, and how far down the list was.
    let follows = use_memo((), |()| Cell::new((true, 0)));
    let onscroll = {
        let (list, follows) = (list.clone(), follows.clone());
        Callback::from(move |_: Event| {
            if let Some(list) = list.cast::<Element>() {
                let (follow, before) = follows.get();
                let top = list.scroll_top();
                let below = list.scroll_height() - top - list.client_height();
                // Rows that come while it scrolls down don't end the following; going up does.
                follows.set((below <= END_PIXELS || follow && top >= before, top));
            }
        })
    };
    {
        let list = list.clone();
        use_effect_with(props.state.rows.len(), move |_| {
            if follows.get().0
                && let Some(list) = list.cast::<Element>()
            {
                list.set_scroll_top(list.scroll_height());
            }
        });
    }
    html! {
        <section class="pf-v6-c-card relevo-timeline" aria-labelledby="timeline-title">
            <div class="pf-v6-c-card__title">
                <h2 class="pf-v6-c-card__title-text" id="timeline-title">
                    { i18n.t("monitor-timeline") }
                </h2>
            </div>
            <div class="relevo-timeline__scroll" ref={list} {onscroll} tabindex="0" role="group"
                aria-labelledby="timeline-title" data-testid="timeline">
                <ol class="relevo-timeline__rows">
                    { for props.state.rows.iter().map(|event| html! {
                        <Row key={event.sequence} event={event.clone()}
                            labels={props.labels.clone()} />
                    }) }
                </ol>
            </div>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    event: Rc<PublicEvent>,
    labels: Rc<BTreeMap<String, String>>,
}

#[component(Row)]
fn row(props: &RowProps) -> Html {
    let i18n = use_i18n();
    let line = line(&i18n, &props.event, &props.labels);
    let tone = match line.tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Human => "human",
        Tone::Bad => "bad",
    };
    let at = props.event.at;
    html! {
        <li class={format!("relevo-timeline__row relevo-timeline__row--{tone}")}
            data-testid="timeline-row" data-event={props.event.event.clone()}
            data-sequence={props.event.sequence.to_string()}>
            <time class="relevo-timeline__time" datetime={at.to_rfc3339()}>
                { browser::local(at).format("%H:%M:%S").to_string() }
            </time>
            <span class="relevo-timeline__icon"><Icon name={line.icon} /></span>
            <span class="relevo-timeline__text">{ line.text }</span>
            if let Some(ms) = line.duration_ms.filter(|ms| *ms > 0) {
                <span class="relevo-timeline__took">{ duration(&i18n, ms) }</span>
            }
        </li>
    }
}
