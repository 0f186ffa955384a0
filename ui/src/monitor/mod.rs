//! One task, live.

mod frames;
mod input;
mod link;
mod mapping;
mod state;

use domain::TaskId;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct MonitorProps {
    pub id: TaskId,
}

/// One task, live.
#[component(MonitorPage)]
pub fn monitor_page(props: &MonitorProps) -> Html {
    html! { <h1>{ props.id.to_string() }</h1> }
}
