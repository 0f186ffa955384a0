//! An address that leads nowhere.

use crate::i18n::use_i18n;
use crate::parts::{Empty, Glyph, Heading, LinkButton};
use crate::route::Route;
use yew::prelude::*;

/// An address that leads nowhere.
#[component(NotFoundPage)]
pub fn not_found_page() -> Html {
    let i18n = use_i18n();
    html! {
        <>
            <Heading title={i18n.t("not-found-title")} />
            <Empty icon={Glyph::Search} title={i18n.t("not-found-what")}
                body={i18n.t("not-found-do")} testid="not-found">
                <LinkButton to={Route::Home} label={i18n.t("nav-home")} testid="go-home" />
            </Empty>
        </>
    }
}
