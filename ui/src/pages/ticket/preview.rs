//! Every value that will be typed into the portal, to be confirmed.

use super::form::Preview;
use crate::i18n::use_i18n;
use crate::parts::{Alert, Button, Glyph, Heading, Variant, sentence};
use crate::toasts::Tone;
use domain::fiscal::Money;
use patternfly_yew::prelude::{
    DescriptionGroup, DescriptionList, DescriptionListMode, WithBreakpointExt as _,
};
use schemas::adapter::FieldKind;
use schemas::rest::{PortalView, TicketValue};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct PreviewPageProps {
    pub portal: PortalView,
    pub preview: Preview,
    pub busy: bool,
    pub failure: Option<String>,
    pub onconfirm: Callback<()>,
    pub onmend: Callback<()>,
}

/// Every value that will be typed into the portal, to be confirmed.
#[component(PreviewPage)]
pub fn preview_page(props: &PreviewPageProps) -> Html {
    let i18n = use_i18n();
    let check = &props.preview.check;
    let portal = || ("portal", props.portal.name.clone().into());
    let shown = |value: &TicketValue| {
        let field = props.portal.fields.iter().find(|f| f.name == value.name);
        match field.map(|field| field.kind) {
            Some(FieldKind::Date) => value.value.parse().ok().map(|day| i18n.naive_date(day)),
            Some(FieldKind::Money) => Money::parse_mxn(&value.value).ok().map(|m| i18n.money(m)),
            _ => None,
        }
        .unwrap_or_else(|| value.value.clone())
    };
    let row = |value: &TicketValue| {
        html! {
            <DescriptionGroup key={value.name.clone()} term={value.label.clone()}>
                <span class="relevo-fact"
                    data-testid={format!("preview-{}", value.name.replace('_', "-"))}>
                    <span class="relevo-value">{ shown(value) }</span>
                    if let Some(text) = &value.text {
                        <span class="relevo-subtle">{ " · " }{ text }</span>
                    }
                </span>
            </DescriptionGroup>
        }
    };
    html! {
        <>
            <Heading title={i18n.t("preview-title")}
                subtitle={i18n.tf("preview-subtitle", &[portal()])} />
            <div class="pf-v6-c-card relevo-form" data-testid="preview">
                <DescriptionList id="preview-values" compact=true
                    mode={DescriptionListMode::Horizontal.sm()}>
                    { for check.preview.iter().map(row) }
                </DescriptionList>
                { for check.warnings.iter().map(|warning| html! {
                    <Alert key={format!("{} {}", warning.field, warning.code)} tone={Tone::Warning} inline=true
                        title={sentence(&warning.message)} testid="preview-warning" />
                }) }
                if let Some(until) = check.window_until {
                    <p class="relevo-subtle" data-testid="preview-window">
                        { i18n.tf("preview-window", &[("at", i18n.date_time(until).into())]) }
                    </p>
                }
                if let Some(from) = check.not_before {
                    <Alert tone={Tone::Info} inline=true testid="preview-not-before"
                        title={i18n.tf("preview-not-before", &[
                            portal(),
                            ("at", i18n.date_time(from).into()),
                        ])} />
                }
                <div role="alert">
                    if let Some(failure) = &props.failure {
                        <Alert tone={Tone::Danger} inline=true title={failure.clone()}
                            testid="form-error" />
                    }
                </div>
                <div class="relevo-actions">
                    <Button label={i18n.t("preview-confirm")} icon={Glyph::Tick} busy={props.busy}
                        onclick={props.onconfirm.clone()} testid="ticket-confirm" />
                    <Button label={i18n.t("preview-mend")} variant={Variant::Secondary}
                        disabled={props.busy} onclick={props.onmend.clone()}
                        testid="ticket-mend" />
                </div>
            </div>
        </>
    }
}
