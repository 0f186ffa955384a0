//! A page's heading: what the page is, and what one can do there.

use crate::browser;
use std::cell::RefCell;
use web_sys::HtmlElement;
use yew::prelude::*;

thread_local! {
    /// Where the last heading stood; nowhere when the first page has yet to show.
    static LAST_PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
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

/// Whether the visitor came here by a link within the page.
fn comes_from_another_page() -> bool {
    let here = browser::window().and_then(|window| window.location().pathname().ok());
    let before = LAST_PLACE.with_borrow_mut(|place| std::mem::replace(place, here.clone()));
    before.is_some() && before != here
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
            // A page that only puts another heading in its place leaves the focus where it is.
            if comes_from_another_page()
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
