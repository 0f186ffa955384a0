//! A notice while the server can't be reached.

use crate::i18n::use_i18n;
use crate::link::use_link_up;
use crate::parts::{Glyph, Icon};
use yew::prelude::*;

/// Says that the connection is lost, until an answer comes again.
#[component(LinkNotice)]
pub fn link_notice() -> Html {
    let i18n = use_i18n();
    let up = use_link_up();
    html! {
        <div role="status">
            if !up {
                <div class="pf-v6-c-banner pf-m-yellow relevo-link-lost" data-testid="link-lost">
                    <Icon name={Glyph::Offline} />{ " " }{ i18n.t("link-lost") }
                </div>
            }
        </div>
    }
}
