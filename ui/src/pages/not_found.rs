use yew::prelude::*;

#[component(NotFoundPage)]
pub fn page() -> Html {
    html! { <h1>{ "…" }</h1> }
}
