use yew::prelude::*;

#[component(HomePage)]
pub fn page() -> Html {
    html! { <h1>{ "…" }</h1> }
}
