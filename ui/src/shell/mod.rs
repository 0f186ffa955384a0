//! What surrounds every page.

mod guard;

pub use guard::Guard;

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ShellProps {
    pub children: Html,
}

/// What surrounds every page.
#[component(Shell)]
pub fn shell(props: &ShellProps) -> Html {
    html! { <main>{ props.children.clone() }</main> }
}
