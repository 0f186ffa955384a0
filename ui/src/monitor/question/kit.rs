//! By hand: everything one needs to get the invoice in one's own browser, and a box for its files.

use super::copy::Copy;
use super::upload::Upload;
use super::use_ticket;
use crate::i18n::use_i18n;
use crate::monitor::commands::{Command, Commands};
use crate::monitor::state::State;
use crate::monitor::words::plain;
use crate::parts::{Button, Failed, Glyph, Icon, Loading, Variant};
use domain::TaskId;
use schemas::rest::{TicketValue, TicketView};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct KitProps {
    pub id: TaskId,
    pub state: Rc<State>,
    pub commands: Commands,
    pub reload: Callback<Option<u64>>,
}

/// Reason, deadline, the portal, each value to copy, and the box for the files.
#[component(Kit)]
pub fn kit(props: &KitProps) -> Html {
    let i18n = use_i18n();
    let ticket = use_ticket(props.id, props.state.amended_position);
    let question = props.state.facts.question.as_ref();
    let title = match question {
        Some(question) => i18n.t(crate::words::reason(question.kind.as_str())),
        None => i18n.t("reason-delivery"),
    };
    let decline = question.map(|question| {
        let command = Command::Decline(question.id);
        let run = props.commands.run.clone();
        let busy = props.commands.is_busy(&command);
        let onclick = Callback::from(move |()| run.emit(command.clone()));
        html! {
            <Button label={i18n.t("monitor-kit-decline")} testid="decline" variant={Variant::Link}
                {busy} disabled={props.commands.busy.is_some()} {onclick} />
        }
    });
    html! {
        <section class="pf-v6-c-card relevo-kit" aria-labelledby="kit-title" data-testid="kit"
            data-kind={question.map_or("delivery", |q| q.kind.as_str())}>
            <div class="pf-v6-c-card__title">
                <h2 class="pf-v6-c-card__title-text" id="kit-title">
                    <Icon name={Glyph::Hand} />{ " " }{ title }
                </h2>
            </div>
            <div class="pf-v6-c-card__body">
                if let Some(question) = question {
                    <p class="relevo-question__guide" lang="es-MX" data-testid="kit-reason">
                        { &question.guide }
                    </p>
                }
                if let Some(ticket) = &ticket.data {
                    { view(&i18n, ticket) }
                } else if let Some(error) = ticket.error.clone() {
                    <Failed {error} retry={ticket.reload.clone()} />
                } else {
                    <Loading />
                }
                <h3 class="relevo-kit__step">{ i18n.t("monitor-kit-upload") }</h3>
                <Upload id={props.id} reload={props.reload.clone()} />
                { decline.unwrap_or_default() }
            </div>
        </section>
    }
}

fn view(i18n: &crate::i18n::I18n, ticket: &TicketView) -> Html {
    let value = |value: &TicketValue| {
        html! {
            <Copy key={value.name.clone()} label={value.label.clone()} value={plain(&value.value)}
                text={value.text.clone()} name={value.name.clone()} />
        }
    };
    let portal = &ticket.portal_name;
    html! {
        <>
            if let Some(until) = ticket.window_until {
                <p class="relevo-kit__deadline" data-testid="kit-deadline">
                    <Icon name={Glyph::Clock} />{ " " }
                    { i18n.tf("monitor-window", &[("at", i18n.date_time(until).into())]) }
                </p>
            }
            if let Some(entry) = &ticket.entry {
                <h3 class="relevo-kit__step">{ i18n.t("monitor-kit-open") }</h3>
                <a class="pf-v6-c-button pf-m-primary" href={entry.clone()} target="_blank"
                    rel="noopener noreferrer" data-testid="kit-portal">
                    <span class="pf-v6-c-button__text">
                        { i18n.tf("monitor-kit-portal", &[("portal", portal.clone().into())]) }
                    </span>
                </a>
            }
            <h3 class="relevo-kit__step">{ i18n.t("monitor-kit-values") }</h3>
            <dl class="relevo-kit__values">
                { for ticket.fields.iter().chain(&ticket.profile_values).map(value) }
            </dl>
        </>
    }
}
