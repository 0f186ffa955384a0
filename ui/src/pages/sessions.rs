use yew::prelude::*;

#[component(SessionsPage)]
pub fn page() -> Html {
    html! { <h1>{ "…" }</h1> }
}
