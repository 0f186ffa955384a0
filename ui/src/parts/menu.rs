//! A button that opens a short list of choices.

use super::{Glyph, Icon};
use gloo_events::EventListener;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, KeyboardEvent, Node};
use yew::prelude::*;

/// One line of a menu.
#[derive(Clone, PartialEq)]
pub struct Item {
    pub label: String,
    pub testid: &'static str,
    pub icon: Option<Glyph>,
    /// Of several, the one in force.
    pub selected: bool,
    pub onclick: Callback<()>,
}

#[derive(Properties, PartialEq)]
pub struct MenuProps {
    /// What the button is for.
    pub label: String,
    pub icon: Glyph,
    /// Beside the icon where there is room.
    #[prop_or_default]
    pub text: Option<String>,
    pub testid: &'static str,
    pub items: Vec<Item>,
    /// Above the items.
    #[prop_or_default]
    pub head: Html,
}

/// A button that opens a short list. Escape, a click elsewhere and leaving it by Tab close it.
#[component(Menu)]
pub fn menu(props: &MenuProps) -> Html {
    let open = use_state_eq(|| false);
    let node = use_node_ref();
    {
        let (setter, node) = (open.setter(), node.clone());
        use_effect_with(*open, move |open| {
            let document = open.then(crate::browser::document).flatten();
            let listener = document.map(|document| {
                EventListener::new(&document, "pointerdown", move |event| {
                    let target = event.target().and_then(|t| t.dyn_into::<Node>().ok());
                    let menu = node.cast::<Node>();
                    if menu.is_some_and(|menu| !menu.contains(target.as_ref())) {
                        setter.set(false);
                    }
                })
            });
            move || drop(listener)
        });
    }
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let onkeydown = {
        let (setter, node) = (open.setter(), node.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                setter.set(false);
                focus_toggle(&node);
            }
        })
    };
    let onfocusout = {
        let (setter, node) = (open.setter(), node.clone());
        Callback::from(move |event: FocusEvent| {
            let next = event
                .related_target()
                .and_then(|t| t.dyn_into::<Node>().ok());
            let menu = node.cast::<Node>();
            // Nothing takes the focus when a click lands on plain text.
            if next.is_some() && menu.is_some_and(|menu| !menu.contains(next.as_ref())) {
                setter.set(false);
            }
        })
    };
    let root = node.clone();
    let item = |item: &Item| {
        let (setter, chosen, node) = (open.setter(), item.onclick.clone(), root.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            setter.set(false);
            // The line that has the focus goes with the list.
            focus_toggle(&node);
            chosen.emit(());
        });
        html! {
            <li class="pf-v6-c-menu__list-item">
                <button type="button" class={classes!("pf-v6-c-menu__item", item.selected.then_some("pf-m-selected"))}
                    {onclick}
                    aria-pressed={item.selected.then_some("true")} data-testid={item.testid}>
                    <span class="pf-v6-c-menu__item-main">
                        if let Some(name) = item.icon {
                            <span class="pf-v6-c-menu__item-icon"><Icon {name} /></span>
                        }
                        <span class="pf-v6-c-menu__item-text">{ &item.label }</span>
                        if item.selected {
                            <span class="pf-v6-c-menu__item-select-icon">
                                <Icon name={Glyph::Tick} />
                            </span>
                        }
                    </span>
                </button>
            </li>
        }
    };
    // What is seen must be part of what is said.
    let says = match &props.text {
        Some(text) => format!("{text} · {}", props.label),
        None => props.label.clone(),
    };
    html! {
        <div class="relevo-menu" ref={node} {onkeydown} {onfocusout}>
            <button type="button" class="pf-v6-c-button pf-m-plain relevo-menu__toggle"
                onclick={toggle} aria-expanded={open.to_string()} aria-label={says}
                data-testid={props.testid}>
                <Icon name={props.icon} />
                if let Some(text) = &props.text {
                    <span class="relevo-menu__text">{ text }</span>
                }
            </button>
            if *open {
                <div class="pf-v6-c-menu relevo-menu__list">
                    { props.head.clone() }
                    <div class="pf-v6-c-menu__content">
                        <ul class="pf-v6-c-menu__list" aria-label={props.label.clone()}>
                            { for props.items.iter().map(item) }
                        </ul>
                    </div>
                </div>
            }
        </div>
    }
}

/// Puts the focus back on the button that opens the list.
fn focus_toggle(menu: &NodeRef) {
    let root = menu.cast::<HtmlElement>();
    let button = root.and_then(|r| r.query_selector("button").ok().flatten());
    if let Some(button) = button.and_then(|b| b.dyn_into::<HtmlElement>().ok()) {
        let _ = button.focus();
    }
}
