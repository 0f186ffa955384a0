//! How it ended: the invoice's facts and files, or why there is none.

use super::state::State;
use crate::api;
use crate::i18n::{I18n, use_i18n};
use crate::key;
use crate::parts::{Alert, Glyph, Icon, sentence};
use crate::toasts::Tone;
use domain::ArtifactId;
use domain::fiscal::UsoCfdi;
use domain::task::Status;
use schemas::rest::{FailureView, InvoiceView, TaskView};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct OutcomeProps {
    pub state: Rc<State>,
}

/// How the task ended.
#[component(Outcome)]
pub fn outcome(props: &OutcomeProps) -> Html {
    let i18n = use_i18n();
    let Some(task) = props.state.view.as_deref() else {
        return Html::default();
    };
    match (&task.invoice, &props.state.facts.failure) {
        (Some(invoice), _) => invoice_card(&i18n, task, invoice),
        (None, Some(failure)) if props.state.facts.status == Status::Failed => {
            failure_card(&i18n, failure)
        }
        // Completed, and the invoice is being opened.
        _ => html! { <crate::parts::Loading /> },
    }
}

fn invoice_card(i18n: &I18n, task: &TaskView, invoice: &InvoiceView) -> Html {
    html! {
        <section class="pf-v6-c-card relevo-outcome" aria-labelledby="outcome-title"
            data-testid="invoice">
            <div class="pf-v6-c-card__title">
                <h2 class="pf-v6-c-card__title-text" id="outcome-title">
                    <Icon name={Glyph::Check} />{ " " }{ i18n.t("monitor-invoice-title") }
                </h2>
            </div>
            <div class="pf-v6-c-card__body">
                <div class="relevo-outcome__files">
                    { download(i18n, task, invoice.xml, "XML", "download-xml", true) }
                    if let Some(pdf) = invoice.pdf {
                        { download(i18n, task, pdf, "PDF", "download-pdf", false) }
                    }
                </div>
                { signature(i18n, invoice) }
                { for task.warnings.iter().map(|warning| html! {
                    <Alert tone={Tone::Warning} inline=true title={sentence(warning)}
                        testid="invoice-warning" />
                }) }
                <dl class="pf-v6-c-description-list pf-m-horizontal relevo-outcome__facts">
                    { for facts(i18n, invoice) }
                </dl>
                <p class="relevo-subtle" data-testid="invoice-delivered-by">
                    { i18n.t(delivered_by(&invoice.delivered_by)) }
                </p>
            </div>
        </section>
    }
}

/// What the invoice says, as terms and descriptions.
fn facts(i18n: &I18n, invoice: &InvoiceView) -> Vec<Html> {
    let issuer = format!("{} · {}", invoice.issuer_name, invoice.issuer_rfc);
    let number = [&invoice.series, &invoice.folio];
    let number: Vec<&str> = number.into_iter().flatten().map(String::as_str).collect();
    let issued = invoice.issued_at.format("%d/%m/%Y %H:%M").to_string();
    let money = |amount| i18n.money(amount);
    let facts = [
        (key!("monitor-invoice-issuer"), "invoice-issuer", issuer),
        (
            key!("monitor-invoice-number"),
            "invoice-number",
            number.join(" "),
        ),
        (
            key!("monitor-invoice-uuid"),
            "invoice-uuid",
            invoice.uuid.clone(),
        ),
        (key!("monitor-invoice-issued"), "invoice-issued", issued),
        (
            key!("monitor-invoice-subtotal"),
            "invoice-subtotal",
            money(invoice.subtotal),
        ),
        (
            key!("monitor-invoice-taxes"),
            "invoice-taxes",
            money(invoice.taxes),
        ),
        (
            key!("monitor-invoice-total"),
            "invoice-total",
            money(invoice.total),
        ),
        (
            key!("monitor-invoice-use"),
            "invoice-use",
            use_in_words(&invoice.uso_cfdi),
        ),
    ];
    let shown = facts.into_iter().filter(|(.., value)| !value.is_empty());
    shown
        .map(|(key, testid, value)| fact(&i18n.t(key), testid, &value))
        .collect()
}

fn fact(term: &str, testid: &'static str, value: &str) -> Html {
    html! {
        <div class="pf-v6-c-description-list__group">
            <dt class="pf-v6-c-description-list__term">
                <span class="pf-v6-c-description-list__text">{ term }</span>
            </dt>
            <dd class="pf-v6-c-description-list__description">
                <div class="pf-v6-c-description-list__text" data-testid={testid}>{ value }</div>
            </dd>
        </div>
    }
}

/// The SAT's words beside its code.
fn use_in_words(code: &str) -> String {
    let known = UsoCfdi::all().iter().find(|u| u.code() == code);
    known.map_or_else(|| code.to_owned(), |u| format!("{code} · {}", u.text()))
}

fn download(
    i18n: &I18n,
    task: &TaskView,
    file: ArtifactId,
    kind: &'static str,
    testid: &'static str,
    first: bool,
) -> Html {
    let variant = if first {
        "pf-m-primary"
    } else {
        "pf-m-secondary"
    };
    html! {
        <a class={classes!("pf-v6-c-button", variant)} download=""
            href={api::artifact(task.task_id, file)} data-testid={testid}>
            <span class="pf-v6-c-button__icon pf-m-start"><Icon name={Glyph::Download} /></span>
            <span class="pf-v6-c-button__text">
                { i18n.tf("monitor-download", &[("kind", kind.into())]) }
            </span>
        </a>
    }
}

fn signature(i18n: &I18n, invoice: &InvoiceView) -> Html {
    let (tone, key) = match invoice.signature.as_str() {
        "valid" => (Tone::Success, key!("monitor-signature-valid")),
        "not_checked" => (Tone::Info, key!("monitor-signature-not-checked")),
        _ => (Tone::Warning, key!("monitor-signature-other")),
    };
    html! { <Alert {tone} inline=true title={i18n.t(key)} testid="invoice-signature" /> }
}

fn delivered_by(channel: &str) -> &'static str {
    match channel {
        "email" => key!("monitor-delivered-email"),
        "user" => key!("monitor-delivered-user"),
        _ => key!("monitor-delivered-portal"),
    }
}

fn failure_card(i18n: &I18n, failure: &FailureView) -> Html {
    let cancelled = failure.class == "cancelled";
    let title = i18n.t(crate::words::failure(failure));
    let tone = if cancelled { Tone::Info } else { Tone::Danger };
    html! {
        <section class="pf-v6-c-card relevo-outcome" aria-labelledby="outcome-title"
            data-testid="failure" data-class={failure.class.clone()}>
            <div class="pf-v6-c-card__title">
                <h2 class="pf-v6-c-card__title-text" id="outcome-title">
                    { i18n.t("monitor-failed-title") }
                </h2>
            </div>
            <div class="pf-v6-c-card__body">
                <Alert {tone} inline=true {title} testid="failure-reason"
                    body={html! {
                        <p lang="es-MX" data-testid="failure-next-step">{ &failure.next_step }</p>
                    }} />
                <p class="relevo-subtle" data-testid="failure-retry">
                    if failure.retryable {
                        { i18n.t("monitor-retryable") }
                    } else {
                        { i18n.t("monitor-not-retryable") }
                    }
                </p>
            </div>
        </section>
    }
}
