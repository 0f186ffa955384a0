//! A page's heading: what the page is, and what one can do there.

use crate::browser;
use std::cell::Cell;
use web_sys::HtmlElement;
use yew::prelude::*;

thread_local! {
    /// A page was shown before this one: its visitor came by a link within the page.
    static SHOWN_BEFORE: Cell<bool> = const { Cell::new(false) };
}

#[derive(Properties, PartialEq)]
pub struct HeadingProps {
    pub title: String,
    #[prop_or_default]
    pub subtitle: Option<String>,
    /// Buttons at the end of the line.
    #[prop_or_default]
    pub children: Html,
}

/// The page's one `h1`. Names the document, and takes the focus when one comes from another page,
/// so that a screen reader says where one is.
#[component(Heading)]
pub fn heading(props: &HeadingProps) -> Html {
    let node = use_node_ref();
    use_effect_with(props.title.clone(), |title| {
        if let Some(document) = browser::document() {
            document.set_title(&format!("{title} · Relevo"));
        }
    });
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            if SHOWN_BEFORE.replace(true)
                && let Some(heading) = node.cast::<HtmlElement>()
            {
                let _ = heading.focus();
                if let Some(window) = browser::window() {
                    window.scroll_to_with_x_and_y(0.0, 0.0);
                }
            }
        });
    }
    html! {
        <header class="relevo-heading">
            <div class="relevo-heading__text">
                <h1 ref={node} tabindex="-1" class="pf-v6-c-title pf-m-2xl" data-testid="heading">
                    { &props.title }
                </h1>
                if let Some(subtitle) = &props.subtitle {
                    <p class="relevo-subtle">{ subtitle }</p>
                }
            </div>
            if props.children != Html::default() {
                <div class="relevo-heading__actions">{ props.children.clone() }</div>
            }
        </header>
    }
}
