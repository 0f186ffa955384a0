//! One profile.

use crate::i18n::use_i18n;
use crate::key;
use crate::parts::{Alert, Button, Glyph, Variant, sentence};
use crate::toasts::Tone;
use domain::fiscal::{RegimenFiscal, UsoCfdi};
use patternfly_yew::prelude::{DescriptionGroup, DescriptionList, Level, Size, Title};
use schemas::rest::ProfileView;
use yew::prelude::*;

/// A regime's code and name.
pub fn regimen(code: &str) -> String {
    match RegimenFiscal::parse(code) {
        Ok(regimen) => format!("{regimen} · {}", regimen.text()),
        Err(_) => code.to_owned(),
    }
}

/// A use's code and name.
pub fn uso(code: &str) -> String {
    match UsoCfdi::parse(code) {
        Ok(uso) => format!("{uso} · {}", uso.text()),
        Err(_) => code.to_owned(),
    }
}

#[derive(Properties, PartialEq)]
pub struct ProfileCardProps {
    pub profile: ProfileView,
    pub onedit: Callback<()>,
    pub onretire: Callback<()>,
}

/// One profile, whole, with what can be done with it.
#[component(ProfileCard)]
pub fn profile_card(props: &ProfileCardProps) -> Html {
    let i18n = use_i18n();
    let profile = &props.profile;
    let fact = |key: &str, value: &str, testid: &'static str| {
        html! {
            <DescriptionGroup term={i18n.t(key)}>
                <span class="relevo-fact" data-testid={testid}>{ value }</span>
            </DescriptionGroup>
        }
    };
    let rfc = || ("rfc", profile.rfc.clone().into());
    html! {
        <li class="pf-v6-c-card relevo-card" data-testid="profile"
            data-profile={profile.id.to_string()}>
            <div class="relevo-card__head">
                <Title level={Level::H2} size={Size::Large}>
                    <span data-testid="profile-rfc">{ &profile.rfc }</span>
                </Title>
                <div class="relevo-card__actions">
                    <Button label={i18n.t("edit")} describes={i18n.tf("profile-edit-one", &[rfc()])}
                        variant={Variant::Link} icon={Glyph::Edit} small=true
                        onclick={props.onedit.clone()} testid="profile-edit" />
                    <Button label={i18n.t("profile-retire")}
                        describes={i18n.tf("profile-retire-one", &[rfc()])}
                        variant={Variant::Link} icon={Glyph::Trash} small=true
                        onclick={props.onretire.clone()} testid="profile-retire" />
                </div>
            </div>
            <DescriptionList id={format!("facts-{}", profile.id)} compact=true>
                { fact(key!("profile-name"), &profile.name, "profile-name") }
                { fact(key!("profile-regimen"), &regimen(&profile.regimen), "profile-regimen") }
                { fact(key!("profile-postal-code"), &profile.postal_code, "profile-postal-code") }
                { fact(key!("profile-use"), &uso(&profile.default_use), "profile-use") }
                if let Some(email) = &profile.email {
                    { fact(key!("profile-email"), email, "profile-email") }
                }
            </DescriptionList>
            { for profile.warnings.iter().map(|warning| html! {
                <Alert key={format!("{} {}", warning.field, warning.code)} tone={Tone::Warning} inline=true
                    title={sentence(&warning.message)} testid="profile-warning" />
            }) }
        </li>
    }
}
