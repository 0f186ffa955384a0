//! Every value the portal would be given.

use super::use_ticket;
use crate::i18n::use_i18n;
use crate::monitor::words::plain;
use crate::parts::{Failed, Loading};
use domain::TaskId;
use schemas::rest::TicketValue;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ValuesProps {
    pub id: TaskId,
    /// Where it was amended last.
    pub amended: u64,
}

/// The preview before the irreversible step.
#[component(Values)]
pub fn values(props: &ValuesProps) -> Html {
    let i18n = use_i18n();
    let ticket = use_ticket(props.id, props.amended);
    if let Some(view) = &ticket.data {
        let all = view.fields.iter().chain(&view.profile_values);
        return html! {
            <table class="pf-v6-c-table pf-m-compact relevo-values" data-testid="confirm-values">
                <caption class="pf-v6-screen-reader">{ i18n.t("monitor-values") }</caption>
                <tbody class="pf-v6-c-table__tbody">
                    { for all.map(row) }
                </tbody>
            </table>
        };
    }
    match ticket.error {
        Some(error) => html! { <Failed {error} retry={ticket.reload} /> },
        None => html! { <Loading /> },
    }
}

fn row(value: &TicketValue) -> Html {
    html! {
        <tr class="pf-v6-c-table__tr" data-testid="confirm-value" data-name={value.name.clone()}>
            <th scope="row" class="pf-v6-c-table__th">{ &value.label }</th>
            <td class="pf-v6-c-table__td">{ shown(value) }</td>
        </tr>
    }
}

/// A code with its words, or the value.
fn shown(value: &TicketValue) -> String {
    match &value.text {
        Some(text) => format!("{} · {text}", value.value),
        None => plain(&value.value),
    }
}
