//! The history's rows.

use super::filters::Sort;
use crate::i18n::use_i18n;
use crate::key;
use crate::parts::{Chip, Files, Glyph, Icon};
use crate::route::Route;
use crate::words;
use schemas::rest::TaskView;
use yew::prelude::*;
use yew_router::prelude::*;

/// A column's title.
pub fn column_key(column: &str) -> &'static str {
    match column {
        "portal" => key!("history-portal"),
        "purchase_date" => key!("history-purchase"),
        "total" => key!("history-total"),
        "status" => key!("history-status"),
        _ => key!("history-created"),
    }
}

#[derive(Properties, PartialEq)]
pub struct TaskTableProps {
    pub tasks: Vec<TaskView>,
    pub sort: Sort,
    pub onsort: Callback<Sort>,
    /// Other rows are on their way.
    pub busy: bool,
}

/// The history's rows: a table, cards on a phone.
#[component(TaskTable)]
pub fn task_table(props: &TaskTableProps) -> Html {
    let i18n = use_i18n();
    let head = |column: &'static str| {
        let sorted = (props.sort.by == column).then_some(props.sort.descending);
        let (aria, icon) = match sorted {
            Some(true) => ("descending", Glyph::SortDown),
            Some(false) => ("ascending", Glyph::SortUp),
            None => ("none", Glyph::Sort),
        };
        let class = classes!(
            "pf-v6-c-table__th",
            "pf-v6-c-table__sort",
            sorted.map(|_| "pf-m-selected"),
            (column == "total").then_some("relevo-right"),
        );
        let next = props.sort.toggled(column);
        let onclick = props.onsort.reform(move |_: MouseEvent| next);
        html! {
            <th {class} scope="col" aria-sort={aria}>
                <button type="button" class="pf-v6-c-table__button" {onclick}
                    data-testid={format!("sort-{}", column.replace('_', "-"))}>
                    <span class="pf-v6-c-table__button-content">
                        <span class="pf-v6-c-table__text">{ i18n.t(column_key(column)) }</span>
                        <span class="pf-v6-c-table__sort-indicator"><Icon name={icon} /></span>
                    </span>
                </button>
            </th>
        }
    };
    let plain = |key: &str| {
        html! { <th class="pf-v6-c-table__th" scope="col">{ i18n.t(key) }</th> }
    };
    let class = classes!(
        "pf-v6-c-table",
        "pf-m-grid-lg",
        "pf-m-compact",
        "relevo-table",
        props.busy.then_some("relevo-table--busy"),
    );
    html! {
        <div class="relevo-table-box">
        <table {class} aria-label={i18n.t("nav-history")} aria-busy={props.busy.to_string()}
            data-testid="history">
            <thead class="pf-v6-c-table__thead">
                <tr class="pf-v6-c-table__tr">
                    { head("portal") }
                    { head("purchase_date") }
                    { head("total") }
                    { head("status") }
                    { head("created") }
                    { plain(key!("history-invoice")) }
                    { plain(key!("history-files")) }
                </tr>
            </thead>
            <tbody class="pf-v6-c-table__tbody">
                { for props.tasks.iter().map(|task| html! {
                    <TaskRow key={task.task_id.to_string()} task={task.clone()} />
                }) }
            </tbody>
        </table>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct TaskRowProps {
    task: TaskView,
}

#[component(TaskRow)]
fn task_row(props: &TaskRowProps) -> Html {
    let i18n = use_i18n();
    let task = &props.task;
    let (colour, icon) = words::look(task);
    let date = task.purchase_date.map(|date| i18n.naive_date(date));
    let total = task.total.map(|total| i18n.money(total));
    let uuid = task.invoice.as_ref().map(|invoice| invoice.uuid.clone());
    let cell = |key: &str, testid: &'static str, class: &'static str, content: Html| {
        html! {
            <td class={classes!("pf-v6-c-table__td", class)} data-label={i18n.t(key)}
                data-testid={testid}>
                { content }
            </td>
        }
    };
    let or_dash = |text: Option<String>| match text {
        Some(text) => html! { { text } },
        None => html! { <span class="relevo-subtle">{ i18n.t("none") }</span> },
    };
    html! {
        <tr class="pf-v6-c-table__tr" data-testid="history-row"
            data-task={task.task_id.to_string()}>
            { cell(key!("history-portal"), "row-portal", "", html! {
                <Link<Route> to={Route::Monitor { id: task.task_id }} classes="relevo-link">
                    { &task.portal_name }
                </Link<Route>>
            }) }
            { cell(key!("history-purchase"), "row-purchase", "relevo-nowrap", or_dash(date)) }
            { cell(key!("history-total"), "row-total", "relevo-number relevo-right",
                or_dash(total)) }
            { cell(key!("history-status"), "row-status", "", html! {
                <Chip label={words::status(&i18n, task)} {colour} {icon} testid="task-status"
                    value={task.status.clone()} />
            }) }
            { cell(key!("history-created"), "row-created", "relevo-nowrap",
                html! { { i18n.date_time(task.created_at) } }) }
            { cell(key!("history-invoice"), "row-uuid", "", html! {
                <span class="relevo-uuid">{ or_dash(uuid) }</span>
            }) }
            { cell(key!("history-files"), "row-files", "", match task.invoice {
                Some(_) => html! { <Files task={task.clone()} /> },
                None => or_dash(None),
            }) }
        </tr>
    }
}
