//! Pages that are for signed-in users only.

use crate::api::ApiError;
use crate::browser;
use crate::parts::Failed;
use crate::route::Route;
use crate::session::{SessionState, use_session_handle};
use yew::prelude::*;
use yew_router::prelude::*;

#[derive(Properties, PartialEq)]
pub struct GuardProps {
    pub children: Html,
}

/// Shows its children to a signed-in user, and takes anybody else to sign-in. Says so when the
/// server doesn't tell who it is.
#[component(Guard)]
pub fn guard(props: &GuardProps) -> Html {
    let handle = use_session_handle();
    let navigator = use_navigator();
    let state = handle.as_ref().map(|handle| handle.state.clone());
    let nobody = state == Some(SessionState::Nobody);
    use_effect_with(nobody, move |nobody| {
        if let (true, Some(navigator)) = (*nobody, navigator) {
            let back = browser::encoded(&browser::path_and_query());
            let query = format!("?return={back}");
            let _ = navigator.replace_with_query(&Route::SignIn, yew_router::query::Raw(query));
        }
    });
    match state {
        Some(SessionState::Somebody(_)) => props.children.clone(),
        Some(SessionState::Unknown) => html! {
            <Failed error={ApiError::Network} retry={Callback::from(move |()| {
                if let Some(handle) = &handle {
                    handle.ask_again();
                }
            })} />
        },
        _ => Html::default(),
    }
}
