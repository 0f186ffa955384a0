//! Data of the API in a component, and waiting.

use crate::api::{self, ApiError};
use crate::browser;
use crate::link::use_link_up;
use gloo_timers::future::sleep;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// What the API answered to a `GET`, so far.
#[derive(Clone, PartialEq)]
pub struct Loaded<T> {
    /// The last good answer; stays while a new one is on its way.
    pub data: Option<T>,
    /// Why the last call came to nothing.
    pub error: Option<ApiError>,
    /// An answer to what is asked now is still to come.
    pub busy: bool,
    /// Asks again.
    pub reload: Callback<()>,
}

/// Reads `path`, and again whenever it changes.
#[hook]
pub fn use_loaded<T>(path: String) -> Loaded<T>
where
    T: DeserializeOwned + Clone + PartialEq + 'static,
{
    use_polled(path, None)
}

/// Reads `path`, whenever it changes, and then every so often while the page is seen.
#[hook]
pub fn use_polled<T>(path: String, every: Option<Duration>) -> Loaded<T>
where
    T: DeserializeOwned + Clone + PartialEq + 'static,
{
    let data = use_state_eq(|| None::<T>);
    let error = use_state_eq(|| None);
    let answered = use_state_eq(|| None::<(String, u32)>);
    let asked = use_state(|| 0_u32);
    {
        let (data, error, answered) = (data.setter(), error.setter(), answered.setter());
        use_effect_with((path.clone(), *asked), move |(path, asked)| {
            let ended = Rc::new(Cell::new(false));
            let watched = ended.clone();
            let question = (path.clone(), *asked);
            spawn_local(async move {
                let mut first = true;
                loop {
                    if first || browser::is_visible() {
                        first = false;
                        let answer = api::get::<T>(&question.0).await;
                        if watched.get() {
                            return;
                        }
                        match answer {
                            Ok(answer) => {
                                data.set(Some(answer));
                                error.set(None);
                            }
                            Err(problem) => error.set(Some(problem)),
                        }
                        answered.set(Some(question.clone()));
                    }
                    let Some(every) = every else { return };
                    sleep(every).await;
                    if watched.get() {
                        return;
                    }
                }
            });
            move || ended.set(true)
        });
    }
    let up = use_link_up();
    {
        // What the network kept from coming is asked for when it is back.
        let lost = *error == Some(ApiError::Network);
        let asked = asked.clone();
        use_effect_with(up, move |up| {
            if *up && lost {
                asked.set(*asked + 1);
            }
        });
    }
    let busy = answered
        .as_ref()
        .is_none_or(|(p, n)| *p != path || *n != *asked);
    let reload = Callback::from(move |()| asked.set(*asked + 1));
    Loaded {
        data: (*data).clone(),
        error: (*error).clone(),
        busy,
        reload,
    }
}

/// Calls `then` with a value that has stayed the same for a while.
#[hook]
pub fn use_settled<T>(value: T, pause: Duration, then: Callback<T>)
where
    T: Clone + PartialEq + 'static,
{
    use_effect_with(value, move |value| {
        let ended = Rc::new(Cell::new(false));
        let (watched, value) = (ended.clone(), value.clone());
        spawn_local(async move {
            sleep(pause).await;
            if !watched.get() {
                then.emit(value);
            }
        });
        move || ended.set(true)
    });
}
