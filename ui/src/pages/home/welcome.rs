//! What a newcomer sees: the two steps to a first invoice.

use crate::i18n::use_i18n;
use crate::parts::{Glyph, Heading, Icon, LinkButton, Variant};
use crate::route::Route;
use patternfly_yew::prelude::{Level, Size, Title};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct WelcomeProps {
    /// The first step is done.
    pub has_profile: bool,
}

/// The two steps to a first invoice.
#[component(Welcome)]
pub fn welcome(props: &WelcomeProps) -> Html {
    let i18n = use_i18n();
    let done = props.has_profile;
    let weight = |first: bool| match first == done {
        true => Variant::Secondary,
        false => Variant::Primary,
    };
    html! {
        <div data-testid="welcome">
            <Heading title={i18n.t("welcome-title")} subtitle={i18n.t("welcome-subtitle")} />
            <ol class="relevo-steps" role="list">
                <li class="pf-v6-c-card relevo-step">
                    <div class="relevo-step__number" aria-hidden="true">
                        if done { <Icon name={Glyph::Tick} /> } else { { "1" } }
                    </div>
                    <div class="relevo-step__text">
                        <Title level={Level::H2} size={Size::Large}>{ i18n.t("welcome-profile") }</Title>
                        <p>{ i18n.t("welcome-profile-why") }</p>
                        <LinkButton to={Route::Profiles} variant={weight(true)}
                            label={i18n.t(if done { "welcome-profile-see" } else { "welcome-profile-add" })}
                            testid="welcome-profile" />
                    </div>
                </li>
                <li class="pf-v6-c-card relevo-step">
                    <div class="relevo-step__number" aria-hidden="true">{ "2" }</div>
                    <div class="relevo-step__text">
                        <Title level={Level::H2} size={Size::Large}>{ i18n.t("welcome-ticket") }</Title>
                        <p>{ i18n.t("welcome-ticket-why") }</p>
                        <LinkButton to={Route::NewTicket} variant={weight(false)}
                            label={i18n.t("nav-new-ticket")} testid="welcome-ticket" />
                    </div>
                </li>
            </ol>
        </div>
    }
}
