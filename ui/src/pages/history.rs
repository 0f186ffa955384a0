use yew::prelude::*;

#[component(HistoryPage)]
pub fn page() -> Html {
    html! { <h1>{ "…" }</h1> }
}
