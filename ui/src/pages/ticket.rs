use yew::prelude::*;

#[component(NewTicketPage)]
pub fn page() -> Html {
    html! { <h1>{ "…" }</h1> }
}
