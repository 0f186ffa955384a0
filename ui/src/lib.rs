//! The page: sign in, hand tickets in, watch, take over, get invoices.
//!
//! A single-page application in Yew, compiled to WebAssembly. Adding a page: a variant in
//! [`route::Route`], a component in [`pages`], a line in [`app`], a title in the shell, its texts in
//! `i18n/*/page.ftl`. What can be decided without a browser is a plain function with a test; the
//! whole crate compiles and is tested on the host.

pub mod api;
mod app;
pub mod browser;
pub mod hooks;
pub mod i18n;
pub mod link;
mod monitor;
mod pages;
pub mod parts;
pub mod route;
pub mod session;
mod shell;
pub mod toasts;
pub mod words;

/// Mounts the page.
pub fn start() {
    yew::Renderer::<app::App>::new().render();
}
