//! The page: a single-page application in Yew.

use patternfly_yew::prelude::*;
use yew::prelude::*;

/// Mounts the page.
pub fn start() {
    yew::Renderer::<App>::new().render();
}

#[component(App)]
fn app() -> Html {
    html! { <Button label="hola" /> }
}
