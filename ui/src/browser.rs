//! The few things the page asks of the browser itself.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use gloo_timers::future::sleep;
use std::time::Duration;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Element, HtmlElement, Storage, Window};

/// The window. There is one wherever the page runs.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// The document.
pub fn document() -> Option<Document> {
    window()?.document()
}

/// `<html>`
pub fn root() -> Option<Element> {
    document()?.document_element()
}

/// What was stored under that name; nothing where storage is barred.
pub fn stored(name: &str) -> Option<String> {
    storage()?.get_item(name).ok()?
}

/// Stores a choice; where storage is barred it lasts as long as the page.
pub fn store(name: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(name, value);
    }
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

/// The browser's languages, the preferred first.
pub fn languages() -> Vec<String> {
    let Some(window) = window() else {
        return Vec::new();
    };
    let all = window.navigator().languages();
    all.iter().filter_map(|tag| tag.as_string()).collect()
}

/// Sets `<html lang>`.
pub fn set_language(tag: &str) {
    if let Some(root) = root() {
        let _ = root.set_attribute("lang", tag);
    }
}

/// Now, by the browser's clock.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(js_sys::Date::now() as i64).unwrap_or_default()
}

/// The wall clock's reading where the browser is.
pub fn local(at: DateTime<Utc>) -> NaiveDateTime {
    let date = js_sys::Date::new(&JsValue::from_f64(at.timestamp_millis() as f64));
    let behind = TimeDelta::minutes(date.get_timezone_offset() as i64);
    at.naive_utc() - behind
}

/// Path and query of the address shown.
pub fn path_and_query() -> String {
    let Some(location) = window().map(|w| w.location()) else {
        return "/".to_owned();
    };
    let path = location.pathname().unwrap_or_else(|_| "/".to_owned());
    path + &location.search().unwrap_or_default()
}

/// Leaves the page for another address.
pub fn go(address: &str) {
    if let Some(window) = window() {
        let _ = window.location().assign(address);
    }
}

/// A text as one value of a query string.
pub fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// Puts the focus on the first control that is wrong, once the page shows what is.
pub fn focus_first_invalid() {
    spawn_local(async {
        sleep(Duration::from_millis(50)).await;
        let found = document().and_then(|document| {
            let found = document.query_selector("[aria-invalid='true']");
            found.ok().flatten()
        });
        if let Some(control) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
            let _ = control.focus();
        }
    });
}

/// The page is seen: its tab is in front.
pub fn is_visible() -> bool {
    document().is_none_or(|d| d.visibility_state() == web_sys::VisibilityState::Visible)
}
