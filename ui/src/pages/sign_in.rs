use yew::prelude::*;

#[component(SignInPage)]
pub fn page() -> Html {
    html! { <h1>{ "…" }</h1> }
}
