use yew::prelude::*;

#[component(ProfilesPage)]
pub fn page() -> Html {
    html! { <h1>{ "…" }</h1> }
}
